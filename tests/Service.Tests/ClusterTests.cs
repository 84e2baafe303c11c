using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Service.Cluster;

namespace Service.Tests;

/// <summary>A test that starts Redis; it is skipped where that is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RedisFactAttribute : FactAttribute
{
    /// <summary>Why Redis cannot be started; null where it can.</summary>
    public static readonly string? Missing =
        ChildProcess.Find(RedisServer.Program) is null ? $"There is no {RedisServer.Program}; see CONTRIBUTING.md." : null;

    public RedisFactAttribute() => Skip = Missing;
}

/// <summary>A test that starts Redis and drives a browser.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RedisChromiumFactAttribute : FactAttribute
{
    public RedisChromiumFactAttribute() => Skip = RedisFactAttribute.Missing ?? Chromium.Missing;
}

/// <summary>The program over a cluster, as users start it, without a browser.</summary>
public sealed class ClusterTests : TemporaryFolder
{
    private const int Sensors = 40;

    /// <summary>
    /// As of one process: a reading that was lost, or read twice, would change every output after it. Each is compared with that of a model
    /// that has read the sensor without interruption.
    /// </summary>
    [RedisFact]
    public async Task Silos_are_killed_and_every_sensor_goes_on_as_if_they_had_not_been()
    {
        TrainedModel.WriteTo(At("data"));
        string[] arguments = ["cluster", "--data", At("data"), "--sensors", $"{Sensors}"];
        List<int> left = [];
        using (ServiceProcess service = await ServiceProcess.StartAsync([.. arguments, "--rate", "2000", "--kill", "1"]))
        {
            JsonElement killed = await service.NewsAsync(
                "each silo was killed",
                static s => s.GetProperty("silos").EnumerateArray().All(static i => i.GetProperty("kills").GetInt32() > 0));
            // It goes on after the last kill, too.
            await service.TokensAsync(ServiceProcess.TokensOf(killed) + 10 * Sensors);
            Assert.Equal(0, await service.StopAsync());
            Assert.Empty(service.Errors);
        }

        // The next start finds all in Redis; slowly, so that a sensor stays where it is while it is looked at.
        using (ServiceProcess service = await ServiceProcess.StartAsync([.. arguments, "--rate", "1", "--kill", "0"]))
        {
            await service.NewsAsync("the first two days are read", static s => s.GetProperty("warmUp").GetDouble() == 1);
            using HttpClient client = service.Client(service.Key);
            Assert.Equal("Healthy", await client.GetStringAsync("/health"));
            await CheckDashboardAsync(service, client);
            for (int sensor = 0; sensor < Sensors; sensor++)
            {
                JsonElement stream = await client.GetFromJsonAsync<JsonElement>($"/streams/{Fleet.IdOf(sensor)}");
                long sequence = stream.GetProperty("sequence").GetInt64();
                Assert.InRange(sequence, Fleet.HealthyReadings, long.MaxValue);
                var life = new SensorLife(TrainedModel.Model, sensor);
                life.ReadTo(sequence);
                Assert.Equal(life.Output, stream.GetProperty("output").EnumerateArray().Select(static v => v.GetSingle()).ToArray());
            }
            // As a machine that ends: silos and Redis end with it.
            left.Add(RedisOf(At("data")).Id);
            await service.KillAsync();
        }
        using (ServiceProcess service = await ServiceProcess.StartAsync([.. arguments, "--rate", "1", "--kill", "0"]))
        {
            Assert.InRange(service.Before, Sensors * (long)Fleet.HealthyReadings, long.MaxValue);
            Process redis = RedisOf(At("data"));
            Assert.Equal(0, await service.StopAsync());
            Assert.True(redis.WaitForExit(TimeSpan.FromMinutes(1)));
        }
        Assert.DoesNotContain(Process.GetProcesses(), p => left.Contains(p.Id));
    }

    /// <summary>As of a machine whose memory is full: the program cannot end its processes any more, also while they start.</summary>
    [RedisFact]
    public async Task Its_processes_end_with_the_program_however_that_ends()
    {
        TrainedModel.WriteTo(At("data"));
        string[] arguments = ["cluster", "--data", At("data"), "--sensors", "10", "--port", "0"];
        using (ServiceProcess service = await ServiceProcess.StartAsync(arguments))
        {
            Assert.Equal(4, Processes().Count);
            await service.KillAsync();
            await Wait.UntilAsync("all processes have ended", () => Processes().Count == 0);
        }
        foreach (bool isKill in (bool[])[true, false])
        {
            using ServiceProcess service = ServiceProcess.Begin(arguments);
            // The program, Redis and silos that have begun to start.
            await Wait.UntilAsync("there are four processes", () => Processes().Count == 4);
            if (isKill)
            {
                await service.KillAsync();
            }
            else
            {
                service.Interrupt();
                service.Interrupt();
                Assert.Equal(130, await service.EndAsync());
                Assert.Equal("Stopped.", service.Errors.Trim());
            }
            await Wait.UntilAsync("all processes have ended", () => Processes().Count == 0);
        }
    }

    [RedisFact]
    public async Task A_silo_that_somebody_stops_is_started_again_and_a_second_run_disturbs_nothing()
    {
        TrainedModel.WriteTo(At("data"));
        string[] arguments = ["cluster", "--data", At("data"), "--sensors", "10", "--rate", "1000"];
        using ServiceProcess service = await ServiceProcess.StartAsync([.. arguments, "--kill", "0"]);
        (int code, _, string errors) = await ServiceProcess.RunAsync([.. arguments, "--port", "0"]);
        Assert.Equal(2, code);
        Assert.Matches(@"^error: [^\n]*another run of this program[^\n]*--data[^\n]*\n$", errors);

        JsonElement all = await service.NewsAsync("the first two days are read", static s => s.GetProperty("warmUp").GetDouble() == 1);
        int first = ProcessOf(all, 0), second = ProcessOf(all, 1);
        ServiceProcess.Terminate(first);
        JsonElement one = await service.NewsAsync("the silo is down", static s => StateOf(s, 0) == "down");
        Assert.Equal("running", StateOf(one, 1));
        JsonElement again = await service.NewsAsync("it runs again", s => StateOf(s, 0) == "running" && ProcessOf(s, 0) != first);
        Assert.Equal((second, "running"), (ProcessOf(again, 1), StateOf(again, 1)));
        Assert.All(again.GetProperty("silos").EnumerateArray(), static s => Assert.Equal(0, s.GetProperty("kills").GetInt32()));
        await service.TokensAsync(ServiceProcess.TokensOf(again) + 1000);
        Assert.Equal(0, await service.StopAsync());
        Assert.Empty(service.Errors);
    }

    [RedisFact]
    public async Task The_short_form_says_what_happened()
    {
        TrainedModel.WriteTo(At("data"));
        (int code, string output, string errors) = await ServiceProcess.RunAsync(
            "cluster", "--short", "--data", At("data"), "--sensors", $"{Sensors}", "--kill", "1");
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("Kills of silo-1: 1", output, StringComparison.Ordinal);
        Assert.Contains("Kills of silo-2: 1", output, StringComparison.Ordinal);
        Assert.Contains("no reading is missing", output, StringComparison.Ordinal);
        Assert.Matches("\n[0-9,]+ readings are acknowledged\\.", output);
    }

    /// <summary>Its sensors wait for both silos, which would never be there.</summary>
    [RedisFact]
    public async Task The_short_form_ends_where_a_silo_does_not_start_again()
    {
        TrainedModel.WriteTo(At("data"));
        using ServiceProcess service = await ServiceProcess.StartAsync(
            "cluster", "--short", "--data", At("data"), "--sensors", "10", "--kill", "1");
        // A silo reads them when it starts.
        Write(Path.Combine("data", "forecaster.safetensors"), "no weights");
        Assert.Equal(2, await service.EndAsync());
        Assert.Matches(@"^error: silo-1 does not start; it says: [^\n]+\n$", service.Errors);
        await Wait.UntilAsync("all processes have ended", () => Processes().Count == 0);
    }

    [Fact]
    public async Task Without_Redis_a_line_says_how_to_get_it()
    {
        TrainedModel.WriteTo(At("data"));
        (int code, _, string errors) = await ServiceProcess.RunAsync(
            path: AppContext.BaseDirectory, ["cluster", "--short", "--data", At("data")]);
        Assert.Equal(2, code);
        Assert.StartsWith("error: redis-server is not on the PATH. Install it", errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
    }

    /// <summary>Orleans' dashboard: its grains are those of the streams, and without the key nobody sees any of it.</summary>
    private static async Task CheckDashboardAsync(ServiceProcess service, HttpClient client)
    {
        using HttpClient stranger = service.Client(null);
        foreach (string path in (string[])["", "index.min.js", "version", "DashboardCounters", "ClusterStats", "Trace"])
        {
            using HttpResponseMessage answer = await stranger.GetAsync($"/orleans/{path}", HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, answer.StatusCode));
        }
        Assert.Contains("Orleans", await client.GetStringAsync("/orleans/"), StringComparison.Ordinal);
        // A silo counts for some seconds before it tells.
        await Wait.UntilAsync("Orleans' dashboard lists the shards", async () =>
            (await client.GetStringAsync("/orleans/DashboardCounters")).Contains("AarenGen.Orleans.ShardGrain", StringComparison.Ordinal));
    }

    private static int ProcessOf(JsonElement news, int silo) => news.GetProperty("silos")[silo].GetProperty("process").GetInt32();

    private static string? StateOf(JsonElement news, int silo) => news.GetProperty("silos")[silo].GetProperty("state").GetString();

    /// <summary>The program, its silos and its Redis.</summary>
    private List<int> Processes()
    {
        List<int> found =
        [
            .. Process.GetProcesses().Select(static p => p.Id).Where(id => CommandOf(id).Contains(At("data"), StringComparison.Ordinal)),
        ];
        string file = Path.Combine(At("data"), "redis", "redis.pid");
        if (File.Exists(file) && int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out int redis)
            && CommandOf(redis).Contains(RedisServer.Program, StringComparison.Ordinal))
        {
            found.Add(redis);
        }
        return found;
    }

    private static string CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            // It has ended.
            return "";
        }
    }

    private static Process RedisOf(string data) =>
        Process.GetProcessById(int.Parse(File.ReadAllText(Path.Combine(data, "redis", "redis.pid")), CultureInfo.InvariantCulture));
}
