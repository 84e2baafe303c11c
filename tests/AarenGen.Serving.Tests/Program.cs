using System.Diagnostics;
using System.Reflection;

namespace AarenGen.Serving.Tests;

/// <summary>What tests run in a process of its own, so that it can be killed, or its disk be full.</summary>
internal static class Program
{
    /// <summary>For people: <c>kills 100</c> kills services 100 times. The others are what tests start.</summary>
    private static readonly Dictionary<string, Func<string, Task>> Commands = new()
    {
        [nameof(StoreChild.AppendForever)] = StoreChild.AppendForever,
        [nameof(StoreChild.WriteForever)] = StoreChild.WriteForever,
        [nameof(StoreChild.FillDisk)] = StoreChild.FillDisk,
        [nameof(StoreChild.OpenOnly)] = StoreChild.OpenOnly,
        [nameof(ServiceChild.ServeForever)] = ServiceChild.ServeForever,
        [nameof(ServiceChild.ServeOnFullDisk)] = ServiceChild.ServeOnFullDisk,
        ["kills"] = ServiceKills.Run,
    };

    public static async Task<int> Main(string[] arguments)
    {
        try
        {
            await Commands[arguments[0]](arguments[1]);
            return 0;
        }
        catch (Exception e) when (e is not KeyNotFoundException)
        {
            await Console.Error.WriteLineAsync(e.ToString());
            return 1;
        }
    }

    /// <summary>Starts a command of this program.</summary>
    /// <param name="launcher">A program and its arguments that run what follows them; may be empty.</param>
    /// <param name="command">The command.</param>
    /// <param name="argument">Its argument.</param>
    public static Process Start(IEnumerable<string> launcher, string command, string argument)
    {
        // The host of the tests may be another program than dotnet.
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] words = [.. launcher, host, "exec", Assembly.GetExecutingAssembly().Location, command, argument];
        return Process.Start(new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
    }
}
