using System.Diagnostics;
using System.Globalization;
using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Interop;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>The code that tests run in a separate process: <c>dotnet AarenGen.Cuda.Tests.dll COMMAND ARGUMENTS</c>.</summary>
internal static class Program
{
    /// <summary>The exit code that says that something is not on this machine. What it writes says what, to people alone.</summary>
    public const int Unavailable = 3;

    public static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["list-devices"]:
                CudaDeviceQuery query = CudaDeviceInfo.Query();
                Console.Write($"{query.Devices.Count} devices\n{query.Message}");
                return Try(static () => NativeLibraries.Driver.Load()) is null ? 0 : Unavailable;
            case ["start-compiler"]:
                string? missing = Try(static () => Console.Write($"NVRTC {CompilerSearch.First().Version}"));
                Console.Write(missing);
                return missing is null ? 0 : Unavailable;
            case ["look-for", string requirement]:
                string? reasonToSkip = Requirements.Find(Enum.Parse<Requirement>(requirement));
                Console.Write(reasonToSkip);
                return reasonToSkip is null ? 0 : Unavailable;
            case ["compile-kernel", string architecture]:
                Console.Write(RuntimeCompilerTests.Compiled(Number(architecture)));
                return 0;
            case ["compile-ahead", string folder, .. string[] architectures]:
                CudaKernels.Compile<GoldenPre>(folder, architectures.Select(Number));
                return 0;
            case ["train"]:
                Console.Write(FallbackTests.Train());
                return 0;
            case ["fault"]:
                Console.Write(DeviceTests.Fault());
                return 0;
            case ["translate-kernels", string folder, string share, string shares]:
                KernelTranslation.Write(folder, Number(share), Number(shares));
                return 0;
            case ["fill-default-cache"]:
                KernelCache.Open().Add(KernelCacheTests.KeyOf(1), KernelCacheTests.CodeOf(1));
                return 0;
            case ["fill-cache", string folder, string count]:
                var cache = new KernelCache(folder);
                for (int i = 0; i < Number(count); i++)
                {
                    KernelCacheTests.GetOrAdd(cache, i % 8, out _);
                }
                return 0;
            default:
                Console.Error.Write("This program is started by the tests alone.");
                return 1;
        }
    }

    /// <summary>Runs this program with other environment variables (null takes one away) and gives what it wrote.</summary>
    public static async Task<string> StartAsync(string[] arguments, params (string Name, string? Value)[] environment)
    {
        Outcome outcome = await RunAsync(arguments, environment);
        Assert.True(
            outcome.ExitCode == 0, $"{string.Join(' ', arguments)} ended with {outcome.ExitCode}:\n{outcome.Output}\n{outcome.Errors}");
        return outcome.Output;
    }

    /// <summary><see cref="StartAsync"/>, with any exit code.</summary>
    public static async Task<Outcome> RunAsync(string[] arguments, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            ["exec", typeof(Program).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new(process.ExitCode, output, await errors);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Why something is not on this machine; null where it is.</summary>
    private static string? Try(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (CudaUnavailableException e)
        {
            return e.Message;
        }
    }

    /// <summary>How a process ended, and what it wrote.</summary>
    internal sealed record Outcome(int ExitCode, string Output, string Errors);
}
