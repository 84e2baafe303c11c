using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using AarenGen.Serving.Sqlite;
using Xunit.Abstractions;

namespace Service.Tests;

/// <summary>The program as users start it, without a browser.</summary>
public sealed partial class ServiceTests(ITestOutputHelper output) : TemporaryFolder
{
    private const int TokenWidth = 3;

    [Fact]
    public void On_a_new_account_the_folder_is_not_the_current_one()
    {
        const string Variable = "XDG_DATA_HOME";
        string? before = Environment.GetEnvironmentVariable(Variable);
        try
        {
            Environment.SetEnvironmentVariable(Variable, At("not there yet"));
            Assert.All([false, true], static c => Assert.True(Path.IsPathRooted(Settings.DefaultFolder(c)), Settings.DefaultFolder(c)));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, before);
        }
    }

    /// <summary>
    /// A reading that was lost, read twice, or read by a state that had missed one would change every output after it: each is compared
    /// with that of a model that has read the sensor without interruption.
    /// </summary>
    [Fact]
    public async Task Killed_again_and_again_it_goes_on_as_if_it_had_never_been()
    {
        const int Sensors = 60, Kills = 4;
        string folder = At("data");
        TrainedModel.WriteTo(folder);
        string[] arguments = ["--data", folder, "--sensors", $"{Sensors}", "--rate", "3000"];
        long seen = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            using ServiceProcess service = await ServiceProcess.StartAsync(arguments);
            Assert.Equal(kill == 0, service.Before == 0);
            // What a page has seen was acknowledged.
            Assert.InRange(service.Before, seen, long.MaxValue);
            seen = await service.TokensAsync(service.Before + (kill == 0 ? 500 : 8000));
            await service.KillAsync();
        }
        using (ServiceProcess service = await ServiceProcess.StartAsync(arguments))
        {
            Assert.InRange(service.Before, seen, long.MaxValue);
            seen = await service.TokensAsync(Math.Max(service.Before, Sensors * (Fleet.HealthyReadings + 100)));
            Assert.Equal(0, await service.StopAsync());
            Assert.Contains("Stopped; the next start goes on from here.", service.Output, StringComparison.Ordinal);
            Assert.Empty(service.Errors);
        }

        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(Path.Combine(folder, "streams"));
        await using var streams = await StreamService<Forecaster>.StartAsync(TrainedModel.Model, store);
        using var history = new History(Path.Combine(folder, "history.bin"), Sensors);
        long total = 0;
        var found = new float[Forecaster.OutputWidth];
        for (int sensor = 0; sensor < Sensors; sensor++)
        {
            StreamInfo info = (await streams.FindAsync(Fleet.IdOf(sensor), found))!.Value;
            total += info.Sequence;
            Assert.Equal(info.Sequence, info.TokenCount);
            var life = new SensorLife(TrainedModel.Model, sensor);
            var points = new List<Point>();
            while (life.Record.Reading < info.Sequence)
            {
                points.Add(life.Next());
            }
            Assert.Equal(life.Output, found);
            // The last reading may have been judged, and not sent any more.
            SensorRecord record = history.Read(sensor);
            Assert.InRange(record.Reading, info.Sequence, info.Sequence + 1);
            while (life.Record.Reading < record.Reading)
            {
                points.Add(life.Next());
            }
            Assert.Equal(life.Record.LastAlarm with { Time = 0 }, record.LastAlarm with { Time = 0 });
            Assert.Equal(life.Record.Detector, record.Detector);
            long first = 1;
            Assert.Equal(points[^Math.Min(points.Count, History.Kept)..], history.Points(sensor, ref first));
        }
        Assert.InRange(total, seen, long.MaxValue);
        output.WriteLine($"{total} readings of {Sensors} sensors, {Kills} kills");
    }

    [Fact]
    public async Task Without_the_key_nobody_reads_writes_or_resets()
    {
        TrainedModel.WriteTo(At("data"));
        using ServiceProcess service = await ServiceProcess.StartAsync("--data", At("data"), "--sensors", "50");
        (HttpMethod Method, string Path)[] requests =
        [
            (HttpMethod.Get, "/live"), (HttpMethod.Get, "/streams"), (HttpMethod.Post, "/streams"), (HttpMethod.Get, "/streams/own"),
            (HttpMethod.Post, "/streams/own"), (HttpMethod.Post, "/streams/own/reset"), (HttpMethod.Delete, "/streams/own"),
            (HttpMethod.Get, "/streams/own/events"), (HttpMethod.Get, "/"),
        ];
        string cookie = $"aarengen-service-{service.Address.Port}=";
        (string? Key, string? Cookie)[] strangers =
        [
            (null, null), ("", null), ("0000", null), (service.Key[..^1], null), (service.Key + "0", null), (null, cookie),
            (null, cookie + "0000"),
        ];
        foreach ((string? key, string? given) in strangers)
        {
            using HttpClient client = service.Client(key);
            foreach ((HttpMethod method, string path) in requests)
            {
                using HttpResponseMessage answer = await SendAsync(client, method, path, given);
                Assert.Equal((path, HttpStatusCode.Unauthorized), (path, answer.StatusCode));
            }
        }
        using HttpClient none = service.Client(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await none.GetAsync("/?key=0000")).StatusCode);
        Assert.Contains("needs the key", await (await none.GetAsync("/")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await none.GetAsync("/health")).StatusCode);

        // The address with the key gives a cookie that no script can read, and does not stay in the address.
        using HttpResponseMessage entered = await none.GetAsync($"/?key={service.Key}");
        Assert.Equal((HttpStatusCode.Redirect, "/"), (entered.StatusCode, entered.Headers.Location?.OriginalString));
        string set = Assert.Single(entered.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", set, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", set, StringComparison.OrdinalIgnoreCase);
        string mine = set[..set.IndexOf(';', StringComparison.Ordinal)];
        using HttpResponseMessage page = await SendAsync(none, HttpMethod.Get, "/", mine);
        Assert.Contains("picked-id", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // A cookie reads, but does not write.
        using HttpResponseMessage read = await SendAsync(none, HttpMethod.Get, "/streams/sensor-00001", mine);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        foreach ((HttpMethod method, string path) in requests.Where(static r => r.Method != HttpMethod.Get))
        {
            using HttpResponseMessage answer = await SendAsync(none, method, path, mine);
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, answer.StatusCode));
        }

        // With the key a stream of one's own lives beside the sensors.
        using HttpClient owner = service.Client(service.Key);
        using HttpResponseMessage stepped = await SendAsync(owner, HttpMethod.Post, "/streams/own", null);
        JsonElement result = await stepped.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(1, result.GetProperty("sequence").GetInt64());
        Assert.Equal(Forecaster.OutputWidth, result.GetProperty("output").GetArrayLength());
        using HttpResponseMessage reset = await owner.PostAsync("/streams/own/reset", null);
        Assert.Equal(HttpStatusCode.OK, reset.StatusCode);
        using HttpResponseMessage removed = await owner.DeleteAsync("/streams/own");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        using HttpResponseMessage unknown = await owner.GetAsync("/live?sensor=50");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains("sensor-00049", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sensors_whose_stream_somebody_removes_begin_anew()
    {
        TrainedModel.WriteTo(At("data"));
        using ServiceProcess service = await ServiceProcess.StartAsync("--data", At("data"), "--sensors", "20", "--rate", "2000");
        await service.TokensAsync(20 * (Fleet.HealthyReadings + 20));
        using HttpClient owner = service.Client(service.Key);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.DeleteAsync("/streams/sensor-00007")).StatusCode);
        long all = await service.TokensAsync(0);
        await service.TokensAsync(all + 20 * 10);
        JsonElement stream = await owner.GetFromJsonAsync<JsonElement>("/streams/sensor-00007");
        Assert.InRange(stream.GetProperty("sequence").GetInt64(), 1, Fleet.HealthyReadings);
        Assert.Equal(0, await service.StopAsync());
        Assert.Empty(service.Errors);
    }

    [Fact]
    public async Task Pages_beyond_the_limit_are_told_so_and_leave_when_they_close()
    {
        TrainedModel.WriteTo(At("data"));
        using ServiceProcess service = await ServiceProcess.StartAsync("--data", At("data"), "--sensors", "10");
        using HttpClient client = service.Client(service.Key);
        var open = new List<HttpResponseMessage>();
        for (int i = 0; i < 100; i++)
        {
            open.Add(await client.GetAsync("/live", HttpCompletionOption.ResponseHeadersRead));
        }
        Assert.All(open, static r => Assert.Equal(HttpStatusCode.OK, r.StatusCode));
        using HttpResponseMessage refused = await client.GetAsync("/live", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        open.ForEach(static r => r.Dispose());
        await Wait.UntilAsync("there is room for a page", async () =>
        {
            using HttpResponseMessage again = await client.GetAsync("/live", HttpCompletionOption.ResponseHeadersRead);
            return again.IsSuccessStatusCode;
        });
    }

    [Fact]
    public async Task The_short_form_says_what_happened_and_a_later_start_loads_what_it_left()
    {
        string folder = At("data");
        (int code, string text, string errors) = await ServiceProcess.RunAsync(
            "--short", "--data", folder, "--sensors", "200", "--port", "0");
        output.WriteLine(text);
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("Epoch 20 of 20", text, StringComparison.Ordinal);
        Assert.Contains(
            $"{200 * (Fleet.HealthyReadings + 8 * Fleet.ReadingsPerDay):N0} readings are acknowledged.", text, StringComparison.Ordinal);
        long[] found = [.. FoundLine().Matches(text).Select(static m => Number(m.Groups["found"].Value))];
        long[] planted = [.. FoundLine().Matches(text).Select(static m => Number(m.Groups["planted"].Value))];
        Assert.Equal(4, found.Length);
        Assert.InRange(found.Sum(), 1, planted.Sum());
        Assert.InRange(planted.Sum() - found.Sum(), 0, 2);
        Assert.Matches("False alarms: [0-3]\r?\n", text);

        (code, text, errors) = await ServiceProcess.RunAsync("--short", "--data", folder, "--sensors", "210", "--port", "0");
        Assert.Equal((0, ""), (code, errors));
        Assert.DoesNotContain("Epoch", text, StringComparison.Ordinal);
        Assert.Contains(
            $"{210 * (Fleet.HealthyReadings + 16 * Fleet.ReadingsPerDay):N0} readings are acknowledged.", text, StringComparison.Ordinal);
    }

    /// <summary>The check of the short form takes seconds, whatever its folder has, and Ctrl-C ends it.</summary>
    [Theory]
    [InlineData(400, 960, 400)]
    [InlineData(400, 100_000, 40)]
    [InlineData(400, 5_000_000, 1)]
    [InlineData(1, 1, 1)]
    public void Of_a_long_past_some_sensors_are_checked(int sensors, long readings, int expected)
    {
        int[] found = ServiceHost.SensorsToCheck(sensors, readings);
        Assert.Equal(expected, found.Length);
        Assert.Equal(found.Distinct(), found);
        Assert.All(found, s => Assert.InRange(s, 0, sensors - 1));
        // From everywhere.
        Assert.InRange(found[^1], sensors - 1 - sensors / expected, sensors - 1);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var life = new SensorLife(TrainedModel.Model, sensor: 0);
        Assert.Throws<OperationCanceledException>(() => life.ReadTo(readings, stop.Token));
    }

    [Theory]
    [InlineData("'0' is not a whole number from 1 to 100000", "--sensors", "0")]
    [InlineData("'x' is not a whole number from 1 to 1000000", "--rate", "x")]
    [InlineData("'70000' is not a whole number from 0 to 65535", "--port", "70000")]
    [InlineData("'--nonsense'", "--nonsense")]
    public async Task A_wrong_option_is_one_line(string expected, params string[] arguments)
    {
        (int code, string text, string errors) = await ServiceProcess.RunAsync(arguments);
        Assert.Equal((2, ""), (code, text));
        Assert.Matches(@"^error: [^\n]*\n$", errors);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_or_a_port_that_cannot_be_had_is_one_line()
    {
        string file = Write("file", "x"), folder = At("data");
        (int code, _, string errors) = await ServiceProcess.RunAsync("--data", file);
        Assert.Equal(2, code);
        Assert.Matches(@"^error: [^\n]*it is a file[^\n]*--data[^\n]*\n$", errors);

        TrainedModel.WriteTo(folder);
        using ServiceProcess service = await ServiceProcess.StartAsync("--data", folder, "--sensors", "10");
        (code, _, errors) = await ServiceProcess.RunAsync("--data", folder, "--sensors", "10", "--port", "0");
        Assert.Equal(2, code);
        Assert.Matches(@"^error: [^\n]*another run of this program[^\n]*--data[^\n]*\n$", errors);

        if (!OperatingSystem.IsWindows())
        {
            // A lock that cannot be opened for another reason: where it is to be, there is no folder.
            TrainedModel.WriteTo(At("astray"));
            File.CreateSymbolicLink(Path.Combine(At("astray"), "lock"), Path.Combine(At("nowhere"), "lock"));
            (code, _, errors) = await ServiceProcess.RunAsync("--data", At("astray"), "--sensors", "10", "--port", "0");
            Assert.Equal(2, code);
            Assert.Matches(@"^error: Could not find [^\n]*lock[^\n]*\n$", errors);
        }

        TrainedModel.WriteTo(At("other"));
        (code, _, errors) = await ServiceProcess.RunAsync(
            "--data", At("other"), "--sensors", "10", "--port", $"{service.Address.Port}");
        Assert.Equal(2, code);
        Assert.Matches(@"^error: Port \d+ cannot be had: Address already in use\. Name another one by --port[^\n]*\n$", errors);

        File.WriteAllText(Path.Combine(At("other"), "forecaster.safetensors"), "no weights");
        (code, _, errors) = await ServiceProcess.RunAsync("--data", At("other"), "--port", "0");
        Assert.Equal(2, code);
        Assert.Matches(@"^error: [^\n]*forecaster\.safetensors[^\n]*\n$", errors);
    }

    [Fact]
    public async Task The_key_is_the_users_alone_and_stays()
    {
        TrainedModel.WriteTo(At("data"));
        string key;
        using (ServiceProcess service = await ServiceProcess.StartAsync("--data", At("data"), "--sensors", "10"))
        {
            key = service.Key;
        }
        using ServiceProcess again = await ServiceProcess.StartAsync("--data", At("data"), "--sensors", "10");
        Assert.Equal(key, again.Key);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(At("data"), "key.txt")));
            // Where there was no folder, nobody else can look into it.
            string own = At("own");
            (int code, _, _) = await ServiceProcess.RunAsync("--short", "--sensors", "10", "--data", own);
            Assert.Equal(0, code);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(own));
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string? cookie)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post && path == "/streams/own")
        {
            request.Content = JsonContent.Create(new { token = new float[TokenWidth] });
        }
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(Spike|Stuck|Drift|Dropout): (?<found>\d+) of (?<planted>\d+) found", RegexOptions.Multiline)]
    private static partial Regex FoundLine();
}
