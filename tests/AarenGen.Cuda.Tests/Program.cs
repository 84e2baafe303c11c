using System.Diagnostics;
using System.Globalization;
using AarenGen.Cuda.Compilation;

namespace AarenGen.Cuda.Tests;

/// <summary>What tests run in a process of its own: <c>dotnet AarenGen.Cuda.Tests.dll COMMAND ARGUMENTS</c>.</summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["list-devices"]:
                Console.Write($"{CudaDeviceInfo.List(out string? reason).Count} devices\n{reason}");
                return 0;
            case ["start-compiler"]:
                Console.Write(Try(static () => $"NVRTC {new RuntimeCompiler(new(null)).Version}"));
                return 0;
            case ["compile-kernel", string architecture]:
                Console.Write(RuntimeCompilerTests.Compiled(Number(architecture)));
                return 0;
            case ["fault"]:
                Console.Write(DeviceTests.Fault());
                return 0;
            case ["translate-kernels", string folder, string share, string shares]:
                KernelTranslation.Write(folder, Number(share), Number(shares));
                return 0;
            case ["fill-default-cache"]:
                KernelCache.Open().GetOrAdd(KernelCacheTests.KeyOf(1), static () => KernelCacheTests.CodeOf(1), out _);
                return 0;
            case ["fill-cache", string folder, string count]:
                var cache = new KernelCache(folder);
                for (int i = 0; i < Number(count); i++)
                {
                    cache.GetOrAdd(KernelCacheTests.KeyOf(i % 8), () => KernelCacheTests.CodeOf(i % 8), out _);
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
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Program).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}\n{await errors}");
        return output;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Try(Func<string> action)
    {
        try
        {
            return action();
        }
        catch (CudaUnavailableException e)
        {
            return e.Message;
        }
    }
}
