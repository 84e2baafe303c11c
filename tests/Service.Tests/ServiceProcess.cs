using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Service.Tests;

/// <summary>The program in a process of its own.</summary>
internal sealed partial class ServiceProcess : IDisposable
{
    /// <summary>Of a machine that is busy with other tests; a start takes a second on an idle one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly Process process;
    private readonly StringBuilder output = new(), errors = new();
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(string[] arguments)
    {
        // The host of the tests may be another program than dotnet.
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        process = new()
        {
            StartInfo = new(host, ["exec", typeof(Forecaster).Assembly.Location, .. arguments])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            },
            EnableRaisingEvents = true,
        };
        process.OutputDataReceived += (_, e) => Add(output, e.Data);
        process.ErrorDataReceived += (_, e) => Add(errors, e.Data);
        process.Exited += (_, _) => started.TrySetResult();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its address, without a path.</summary>
    public Uri Address { get; private set; } = null!;

    public string Key { get; private set; } = "";

    /// <summary>The address that it prints for the page.</summary>
    public string Page => $"{Address}?key={Key}";

    /// <summary>Readings that were acknowledged before it started.</summary>
    public long Before { get; private set; }

    public string Output => Read(output);

    public string Errors => Read(errors);

    /// <summary>Starts it, and waits until it serves.</summary>
    public static async Task<ServiceProcess> StartAsync(params string[] arguments)
    {
        var started = new ServiceProcess(arguments.Contains("--port") ? arguments : [.. arguments, "--port", "0"]);
        await started.started.Task.WaitAsync(Patience);
        Match page = PageLine().Match(started.Output);
        Assert.True(page.Success, started.Output + started.Errors);
        started.Address = new(page.Groups["address"].Value);
        started.Key = page.Groups["key"].Value;
        started.Before = long.Parse(
            BeforeLine().Match(started.Output).Groups["count"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        return started;
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var run = new ServiceProcess(arguments);
        return (await run.EndAsync(), run.Output, run.Errors);
    }

    /// <summary>A client, with the key or without.</summary>
    public HttpClient Client(string? key)
    {
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }
        return client;
    }

    /// <summary>Ends it as if its machine had: no code of it runs any more.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await EndAsync();
    }

    /// <summary>Asks it to stop, as a service manager does.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> StopAsync()
    {
        Assert.Equal(0, SendSignal(process.Id, 15));
        return EndAsync();
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }
        process.Dispose();
    }

    private async Task<int> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    private void Add(StringBuilder text, string? line)
    {
        if (line is null)
        {
            return;
        }
        lock (text)
        {
            text.AppendLine(line);
        }
        if (line.StartsWith("Streams: ", StringComparison.Ordinal))
        {
            started.TrySetResult();
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int process, int signal);

    [GeneratedRegex(@"^Page: (?<address>http://localhost:\d+/)\?key=(?<key>[0-9a-f]{48})\r?$", RegexOptions.Multiline)]
    private static partial Regex PageLine();

    [GeneratedRegex(@"^(?<count>[\d,]+) readings were acknowledged before", RegexOptions.Multiline)]
    private static partial Regex BeforeLine();
}
