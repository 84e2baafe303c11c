using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;

namespace AarenGen.Soak;

/// <summary>A server in a process of its own, seen from outside.</summary>
internal sealed class Server : IDisposable
{
    private readonly Process process;
    private readonly HttpClient client;

    private Server(Process process, string[] addresses)
    {
        this.process = process;
        (Http, Grpc) = (new(addresses[0]), new(addresses[1]));
        client = new() { BaseAddress = Http };
    }

    /// <summary>The address of HTTP/1.1.</summary>
    public Uri Http { get; }

    /// <summary>The address of HTTP/2.</summary>
    public Uri Grpc { get; }

    /// <summary>Starts it on the store of a folder, with the garbage collection that servers have.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="disk">How slow its disk is; see <see cref="ServerHost.RunAsync"/>.</param>
    public static Server Start(string folder, string disk = "")
    {
        Process process = ChildProcess.Start(
            ["env", "DOTNET_gcServer=1", "DOTNET_gcConcurrent=1"], redirectInput: true, ServerHost.Command, folder, disk);
        string? addresses = process.StandardOutput.ReadLine();
        return addresses is null ? throw new SoakException($"The server failed: {process.StandardError.ReadToEnd()}")
            : new(process, addresses.Split(' '));
    }

    /// <summary>What it says of itself.</summary>
    public async Task<ServerInfo> InfoAsync() => (await client.GetFromJsonAsync<ServerInfo>(ServerHost.InfoPath))!;

    /// <summary>The bytes of its memory that are resident, and those of them that are no pages of files.</summary>
    public (long Resident, long Anonymous) Memory()
    {
        if (!OperatingSystem.IsLinux())
        {
            process.Refresh();
            return (process.WorkingSet64, process.WorkingSet64);
        }
        string[] lines = File.ReadAllLines($"/proc/{process.Id}/status");
        return (Kilobytes("VmRSS:") << 10, Kilobytes("RssAnon:") << 10);

        long Kilobytes(string name) => long.Parse(
            lines.First(l => l.StartsWith(name, StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture);
    }

    /// <summary>How many files and connections it has open; 0 where the system does not say it.</summary>
    public int OpenFiles() => OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries($"/proc/{process.Id}/fd").Length : 0;

    /// <summary>Stops it as a host is stopped.</summary>
    /// <exception cref="SoakException">It did not end well.</exception>
    public void Stop()
    {
        process.StandardInput.Close();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 || error.Length > 0)
        {
            throw new SoakException($"The server ended with {process.ExitCode}: {error}");
        }
    }

    /// <summary>Ends it at once (SIGKILL).</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        client.Dispose();
        if (!process.HasExited)
        {
            Kill();
        }
        process.Dispose();
    }
}
