using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace AarenGen.Serving.Tests;

/// <summary>A service whose process is killed, or whose disk is full; AARENGEN_KILLS says how often it is killed.</summary>
public sealed class ServiceProcessTests(ITestOutputHelper log)
{
    [Fact]
    public async Task No_acknowledged_token_is_lost_or_read_twice_when_the_process_is_killed()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("AARENGEN_KILLS") ?? "10", CultureInfo.InvariantCulture);
        using var kills = new ServiceKills(log.WriteLine);
        await kills.RunAsync(count);
    }

    [SmallDiskFact]
    public void A_full_disk_refuses_tokens_until_there_is_space()
    {
        using var folder = new StoreFolder();
        using Process process = Program.Start(SmallDisk.Launcher(folder.Path), nameof(ServiceChild.ServeOnFullDisk), folder.Path);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal("", error);
        Assert.Equal(0, process.ExitCode);
    }
}
