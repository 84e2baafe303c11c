using System.Diagnostics;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Service.Tests;

/// <summary>The program in a process of its own.</summary>
internal sealed partial class ServiceProcess : IDisposable
{
    private const int InterruptSignal = 2, DefaultHandler = 0, IgnoringHandler = 1;

    private readonly Process process;
    private readonly StringBuilder output = new(), errors = new();
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A shell that runs tests in the background lets them ignore Ctrl-C, and with them all that they start.</summary>
    static ServiceProcess()
    {
        if (!OperatingSystem.IsWindows())
        {
            nint before = SetHandler(InterruptSignal, DefaultHandler);
            if (before != IgnoringHandler)
            {
                SetHandler(InterruptSignal, before);
            }
        }
    }

    private ServiceProcess(string[] arguments, string? path = null)
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
        if (path is not null)
        {
            process.StartInfo.Environment["PATH"] = path;
        }
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
        await started.started.Task.WaitAsync(Wait.Patience);
        Match page = PageLine().Match(started.Output);
        Assert.True(page.Success, started.Output + started.Errors);
        started.Address = new(page.Groups["address"].Value);
        started.Key = page.Groups["key"].Value;
        started.Before = long.Parse(
            BeforeLine().Match(started.Output).Groups["count"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        return started;
    }

    /// <summary>Starts it, and does not wait.</summary>
    public static ServiceProcess Begin(params string[] arguments) => new(arguments);

    /// <summary>Runs it to its end.</summary>
    public static Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    /// <summary>Runs it to its end, with another PATH.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(string? path, string[] arguments)
    {
        using var run = new ServiceProcess(arguments, path);
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

    /// <summary>Follows what a page is told of all sensors.</summary>
    /// <param name="what">What is waited for, in words.</param>
    /// <param name="isWanted">Whether these news are.</param>
    /// <returns>The first news that are wanted.</returns>
    public async Task<JsonElement> NewsAsync(string what, Func<JsonElement, bool> isWanted)
    {
        using HttpClient client = Client(Key);
        using var patience = new CancellationTokenSource(Wait.Patience);
        JsonElement last = default;
        try
        {
            await using Stream events = await client.GetStreamAsync("/live", patience.Token);
            await foreach (SseItem<string> item in SseParser.Create(events).EnumerateAsync(patience.Token))
            {
                if (item.EventType == "status" && isWanted(last = JsonSerializer.Deserialize<JsonElement>(item.Data)))
                {
                    return last;
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            Assert.Fail($"Not within {Wait.Patience.TotalMinutes} minutes: {what}. The last news: {last}");
        }
        throw new EndOfStreamException($"The program ended its news before this: {what}. The last ones: {last}");
    }

    /// <summary>Waits until so many readings were acknowledged.</summary>
    /// <returns>How many were.</returns>
    public async Task<long> TokensAsync(long enough) =>
        TokensOf(await NewsAsync($"{enough} readings are acknowledged", s => TokensOf(s) >= enough));

    /// <summary>How many readings were acknowledged when these news were made.</summary>
    public static long TokensOf(JsonElement news) => news.GetProperty("tokens").GetInt64();

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
        Terminate(process.Id);
        return EndAsync();
    }

    /// <summary>Asks a process to stop.</summary>
    public static void Terminate(int process) => Assert.Equal(0, SendSignal(process, 15));

    /// <summary>Presses Ctrl-C.</summary>
    public void Interrupt() => Assert.Equal(0, SendSignal(process.Id, InterruptSignal));

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }
        process.Dispose();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        using var patience = new CancellationTokenSource(Wait.Patience);
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

    [LibraryImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SetHandler(int signal, nint handler);

    [GeneratedRegex(@"^Page: (?<address>http://localhost:\d+/)\?key=(?<key>[0-9a-f]{48})\r?$", RegexOptions.Multiline)]
    private static partial Regex PageLine();

    [GeneratedRegex(@"^(?<count>[\d,]+) readings were acknowledged before", RegexOptions.Multiline)]
    private static partial Regex BeforeLine();
}
