using System.Diagnostics;

namespace Service.Cluster;

/// <summary>A process that this one has started and ends.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly Task ended;

    /// <param name="program">The program; a path, or a name on the PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="said">Receives each line that it writes.</param>
    /// <param name="folder">Where it works; null: where this process does.</param>
    /// <param name="environment">What it gets beyond this process's environment; it is not shown to others, as arguments are.</param>
    public ChildProcess(
        string program, string[] arguments, Action<string> said, string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        // In a session of its own: Ctrl-C in a terminal is this process's alone, which ends the others in their order.
        string? session = Find("setsid");
        var start = new ProcessStartInfo(session ?? program, session is null ? arguments : [program, .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Say(line.Data);
        process.ErrorDataReceived += (_, line) => Say(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        ended = process.WaitForExitAsync(CancellationToken.None);

        void Say(string? line)
        {
            if (line is not null)
            {
                said(line);
            }
        }
    }

    public int Id => process.Id;

    public bool HasExited => ended.IsCompleted;

    /// <summary>Where a program is on the PATH; null: nowhere.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Closes its input, which asks it to stop.</summary>
    public void CloseInput() => process.StandardInput.Close();

    /// <summary>Writes a line to its input; where it has ended, nobody reads it.</summary>
    public void Tell(string line)
    {
        try
        {
            process.StandardInput.WriteLine(line);
        }
        catch (IOException)
        {
        }
    }

    /// <summary>Ends it as if its machine had ended: no code of it runs any more.</summary>
    public Task KillAsync()
    {
        process.Kill();
        return ended;
    }

    /// <summary>Waits until it has ended, as it was asked to, and ends it where that takes too long.</summary>
    public async Task EndAsync()
    {
        if (await Task.WhenAny(ended, Task.Delay(Patience)) != ended)
        {
            await KillAsync();
        }
    }

    public void Dispose() => process.Dispose();
}
