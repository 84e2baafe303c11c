using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AarenGen.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;

namespace AarenGen.AspNetCore.Tests;

/// <summary>Streams of records over HTTP.</summary>
public sealed class RecordHttpTests
{
    private static readonly DateTimeOffset Begin = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Ways = ["left", "stay", "right"];

    private static Task<StreamsApp> StartAsync(Action<JsonOptions>? json = null, StreamEndpointOptions? options = null) =>
        StreamsApp.StartAsync(
            add: s =>
            {
                s.AddRecordStreams<LoadModel, Reading>(static _ => LoadModel.Create(seed: 1)).KeepInMemory();
                s.AddRecordStreams<MoveModel, Move>(static _ => MoveModel.Create(seed: 2)).KeepInMemory();
                s.AddRecordStreams<VisitModel, Visit>(static _ => VisitModel.Create(seed: 3)).KeepInMemory();
                s.AddRecordStreams<SoundModel, Sound>(static _ => SoundModel.Create(seed: 4)).KeepInMemory();
                s.AddRecordStreams<BeatModel, Beat>(static _ => BeatModel.Create(seed: 5)).KeepInMemory();
                s.Configure(json ?? (static _ => { }));
            },
            map: app =>
            {
                app.UseRouting();
                app.MapRecordStreams<LoadModel, Reading>("/load", options);
                app.MapRecordStreams<MoveModel, Move>("/moves");
                app.MapRecordStreams<VisitModel, Visit>("/visits");
                app.MapRecordStreams<SoundModel, Sound>("/sounds");
                app.MapRecordStreams<BeatModel, Beat>("/beats", type: BeatJson.Default.Beat);
            });

    private static Reading Record(int hour, double? load = 1, string sensor = "a", float? outdoor = null) =>
        new() { Sensor = sensor, Time = Begin.AddHours(hour), Load = load, Outdoor = outdoor };

    private static async Task<RecordAnswer> Post<TRequest>(StreamsApp app, string path, TRequest request)
    {
        HttpResponseMessage response = await app.Client.PostAsJsonAsync(path, request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize<RecordAnswer>(text, JsonSerializerOptions.Web)!;
    }

    /// <summary>Whether JSON is a forecast, to the last bit.</summary>
    private static void AssertIs(LoadModel.Forecast? forecast, JsonElement? output)
    {
        if (forecast is not { } expected)
        {
            Assert.Equal(JsonValueKind.Null, output?.ValueKind ?? JsonValueKind.Null);
            return;
        }
        JsonElement load = output!.Value.GetProperty("targets").GetProperty("Load");
        Assert.Equal(expected.Origin, output.Value.GetProperty("origin").GetDateTimeOffset());
        for (int step = 0; step < 3; step++)
        {
            Assert.Equal(expected.TimeOf(step), output.Value.GetProperty("times")[step].GetDateTimeOffset());
            Assert.Equal(expected.Load[step].Median, load.GetProperty("median")[step].GetDouble());
            Assert.Equal(expected.Load[step].Quantile(0.1), load.GetProperty("quantiles").GetProperty("0.1")[step].GetDouble());
            Assert.Equal(expected.Load[step].Quantile(0.9), load.GetProperty("quantiles").GetProperty("0.9")[step].GetDouble());
        }
        JsonElement anomaly = load.GetProperty("anomaly");
        Assert.Equal(expected.Load.Anomaly, anomaly.ValueKind == JsonValueKind.Null ? double.NaN : anomaly.GetDouble());
        Assert.Equal(
            expected.Load.AnomalyTime,
            load.GetProperty("anomalyTime") is { ValueKind: JsonValueKind.String } time ? time.GetDateTimeOffset() : null);
    }

    [Fact]
    public async Task Forecasts_are_those_of_the_model_to_the_last_bit()
    {
        await using StreamsApp app = await StartAsync();
        LoadModel model = LoadModel.Create(seed: 1);
        SeriesState<LoadModel> state = model.CreateSeriesState("a");
        var random = new Random(1);
        for (int i = 0, hour = 0; i < 40; i++, hour += i % 9 == 0 ? 4 : 1)
        {
            Reading record = Record(hour, i % 5 == 0 ? null : random.NextDouble() * 9);
            Reading[] ahead = i % 3 == 0 ? [Record(hour + 1, null, "a", random.NextSingle()), Record(hour + 3, null, "a", 2)] : [];
            RecordAnswer answer = await Post(
                app, "/load/a", new RecordRequest<Reading> { Record = record, Sequence = i + 1, Ahead = ahead });
            Assert.Equal((StepStatus.Accepted, i + 1, null), (answer.Status, answer.Sequence, answer.Message));
            AssertIs(model.Step(state, record, ahead), answer.Output);
        }
        RecordAnswer again = await Post(app, "/load/a", new RecordRequest<Reading> { Record = Record(0), Sequence = 40 });
        Assert.Equal(StepStatus.Repeated, again.Status);
        AssertIs(model.GetForecast(state), again.Output);
        DateTimeOffset now = model.GetForecast(state)!.Value.Origin.AddHours(5);
        RecordAnswer advanced = await Post(app, "/load/a/advance", new AdvanceRequest { Time = now });
        Assert.Equal((StepStatus.Accepted, 40), (advanced.Status, advanced.Sequence));
        AssertIs(model.Advance(state, now), advanced.Output);
        RecordAnswer same = await Post(app, "/load/a/advance", new AdvanceRequest { Time = now });
        Assert.Equal((StepStatus.Repeated, 40), (same.Status, same.Sequence));
        AssertIs(model.GetForecast(state), same.Output);
        // The next record of the sender is read.
        Reading next = Record((int)(now - Begin).TotalHours + 1);
        RecordAnswer answered = await Post(app, "/load/a", new RecordRequest<Reading> { Record = next, Sequence = 41 });
        Assert.Equal((StepStatus.Accepted, 41), (answered.Status, answered.Sequence));
        AssertIs(model.Step(state, next, []), answered.Output);
        var details = await app.Client.GetFromJsonAsync<RecordStreamDetails>("/load/a");
        Assert.Equal(("a", 41, 41), (details!.Id, details.Sequence, details.RecordCount));
        Assert.Equal(HttpStatusCode.NotFound, (await app.Post("/load/b/advance", """{"time":"2026-06-01T00:00:00Z"}""")).StatusCode);
        Assert.Equal(model.WeightFingerprint, details.WeightFingerprint);
        AssertIs(model.GetForecast(state), details.Output);
    }

    [Fact]
    public async Task A_batch_has_a_result_for_each_record_in_order()
    {
        await using StreamsApp app = await StartAsync();
        HttpResponseMessage response = await app.Client.PostAsJsonAsync("/load", new RecordBatchRequest<Reading>
        {
            Records =
            [
                new() { Record = Record(0) }, new() { Record = Record(1), Sequence = 2 }, new() { Record = Record(0, sensor: "b") },
                new() { Record = Record(0) }, new() { Record = Record(2), Sequence = 9 }, new() { Record = Record(2), Id = "b" },
                new() { Record = Record(2, sensor: "") }, new() { Record = Record(2, 1e300) }, new() { Record = Record(2), Id = "a" },
            ],
        });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        RecordBatchResponse answer = (await response.Content.ReadFromJsonAsync<RecordBatchResponse>())!;
        Assert.Equal(
            [
                (StepStatus.Accepted, 1L), (StepStatus.Accepted, 2), (StepStatus.Accepted, 1), (StepStatus.Invalid, 2), (StepStatus.Gap, 2),
                (StepStatus.Invalid, 0), (StepStatus.Invalid, 0), (StepStatus.Invalid, 0), (StepStatus.Accepted, 3),
            ],
            answer.Results.Select(static r => (r.Status, r.Sequence)));
        Assert.All(answer.Results, static r => Assert.Equal(r.Status == StepStatus.Accepted, r.Message is null));
        Assert.Contains("is of an interval that is complete", answer.Results[3].Message, StringComparison.Ordinal);
        Assert.Contains("came to the state of the series 'b'", answer.Results[5].Message!.Replace('"', '\''), StringComparison.Ordinal);
        LoadModel model = LoadModel.Create(seed: 1);
        SeriesState<LoadModel> state = model.CreateSeriesState("a");
        AssertIs(model.Step(state, Record(0), []), answer.Results[0].Output);
        AssertIs(model.Step(state, Record(1), []), answer.Results[1].Output);
        AssertIs(model.Step(state, Record(2), []), answer.Results[8].Output);
    }

    [Theory]
    [InlineData("/load/a", "", "does not contain any JSON")]
    [InlineData("/load/a", "[]", "an object with the property \"record\"")]
    [InlineData("/load/a", "{}", "no property \"record\"")]
    [InlineData("/load/a", """{"record":null}""", "an object, the record")]
    [InlineData("/load/a", """{"record":[1]}""", "an object, the record")]
    [InlineData("/load/a", """{"record":{}}""", "missing required properties")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z"},"sequense":1}""", "The property is unknown")]
    [InlineData("/load/a", """{"id":"a","record":{"sensor":"a","time":"2026-06-01T00:00:00Z"}}""", "The property is unknown")]
    [InlineData("/load/a", """{"sequence":1,"sequence":1}""", "there twice")]
    [InlineData("/load/a", """{"sequence":-1,"record":{"sensor":"a","time":"2026-06-01T00:00:00Z"}}""", "a whole number from 0")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"yesterday"}}""", "$.time")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","load":"much"}}""", "$.load")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","load":"Infinity"}}""", "is not finite as a float")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","load":NaN}}""", "")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","load":1e999}}""", "")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","load":1e200}}""", "is not finite as a float")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","load":1e20}}""", "from -1e15 to 1e15")]
    [InlineData("/load/a", """{"record":{"sensor":null,"time":"2026-06-01T00:00:00Z"}}""", "Sensor of a record is null")]
    [InlineData("/load/a", """{"record":{"sensor":"b","time":"2026-06-01T00:00:00Z"}}""", "each series has a state of its own")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"0001-01-01T00:00:00Z"}}""", "beyond the calendar")]
    [InlineData("/load/a", """{"record":{"sensor":"\ud800","time":"2026-06-01T00:00:00Z"}}""", "")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z"},"ahead":{}}""", "records of later times")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z"},"ahead":[null]}""", "an object, the record")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z"},"reward":1}""", "does not decide")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z"},"reward":"1"}""", "a number, the reward")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z"}} {}""", "")]
    [InlineData("/load/a", """{"sequence":2,"record":{"sensor":"a","time":"2026-06-01T00:00:00Z"}}""", "expects record 1")]
    [InlineData("/load/a/advance", "{}", "no property \"time\"")]
    [InlineData("/load/a/advance", """{"time":1}""", "a time with its zone")]
    [InlineData("/load/a/advance", """{"time":"2026-06-01T00:00:00"}""", "a time with its zone")]
    [InlineData("/load/a/advance", """{"time":"2026-06-01T00:00:00Z","now":1}""", "The property is unknown")]
    [InlineData("/load/a/advance", """{"time":"2026-06-01T00:00:00Z","sequence":1}""", "The property is unknown")]
    [InlineData("/load/a/advance", """{"time":"9999-12-31T23:59:59.9999999-14:00"}""", "a time with its zone")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00"}}""", "$.time")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01"}}""", "$.time")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":null}}""", "$.time")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"9999-12-31T23:59:59.9999999-14:00"}}""", "$.time")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"9999-12-31T23:59:59.9999999Z"}}""", "beyond the calendar")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","loat":1}}""", "loat")]
    [InlineData("/load/a", """{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","load":1,"load":2}}""", "load")]
    [InlineData("/load", """{"records":[{"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","loat":1}}]}""", "loat")]
    [InlineData("/load/a/advance", """{"time":[]}""", "")]
    [InlineData("/load", """{"records":[{"record":{"sensor":"a"}}]}""", "missing required properties")]
    [InlineData("/load", """{"records":{}}""", "an array of records")]
    [InlineData("/load", """{"tokens":[]}""", "The property is unknown")]
    [InlineData("/load", "{}", "no property \"records\"")]
    [InlineData("/moves/g", """{"record":{"game":"g","cell":-1}}""", "must be a non-negative value")]
    [InlineData("/moves/g", """{"record":{"game":"g","cell":7},"targetReturn":1}""", "is none of its 7 categories")]
    [InlineData("/moves/g", """{"record":{"game":"g","cell":1}}""", "has no episode")]
    [InlineData("/moves/g", """{"record":{"game":"g","cell":1},"targetReturn":1e300}""", "more than 1e15")]
    [InlineData("/moves/g", """{"record":{"game":"g","cell":1},"targetReturn":1,"reward":1}""", "a reward that cannot be")]
    [InlineData("/moves/g", """{"record":{"game":"g","cell":1},"targetReturn":1,"taken":{"game":"g","cell":0,"way":"left"}}""", "before")]
    [InlineData("/moves/g", """{"record":{"game":"g","cell":1},"taken":{"game":"g","cell":0,"way":"up"}}""", "is none of its 3 categories")]
    [InlineData("/moves/g", """{"record":{"game":"g","cell":1},"targetReturn":1,"ahead":[{"game":"g"}]}""", "no values ahead")]
    [InlineData("/visits/1", """{"record":{"visitor":2,"time":"2026-06-01T00:00:00Z"}}""", "each series has a state of its own")]
    [InlineData("/sounds/s", """{"record":{"machine":"s","level":true}}""", "$.level")]
    public async Task Mistakes_are_told_and_nothing_is_read(string path, string body, string told)
    {
        await using StreamsApp app = await StartAsync();
        JsonElement problem = await app.Refused(HttpStatusCode.BadRequest, path, body);
        Assert.Contains(told, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        foreach (string stream in (string[])["/load/a", "/moves/g", "/visits/1", "/sounds/s"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await app.Client.GetAsync(stream)).StatusCode);
        }
    }

    [Fact]
    public async Task A_record_that_falls_in_time_leaves_the_stream_as_it_was()
    {
        await using StreamsApp app = await StartAsync();
        await Post(app, "/load/a", new RecordRequest<Reading> { Record = Record(5) });
        foreach (int hour in (int[])[5, 4, 5 + 26])
        {
            HttpResponseMessage refused = await app.Client.PostAsJsonAsync(
                "/load/a", new RecordRequest<Reading> { Record = Record(hour) });
            JsonElement problem = await StreamsApp.Problem(HttpStatusCode.BadRequest, refused);
            Assert.Equal(("invalid", 1), (problem.GetProperty("result").GetString(), problem.GetProperty("sequence").GetInt32()));
        }
        LoadModel model = LoadModel.Create(seed: 1);
        SeriesState<LoadModel> state = model.CreateSeriesState("a");
        model.Step(state, Record(5), []);
        RecordAnswer answer = await Post(app, "/load/a", new RecordRequest<Reading> { Record = Record(6), Sequence = 2 });
        AssertIs(model.Step(state, Record(6), []), answer.Output);
    }

    [Fact]
    public async Task An_episode_is_decided_as_in_one_process()
    {
        await using StreamsApp app = await StartAsync();
        MoveModel model = MoveModel.Create(seed: 2);
        SeriesState<MoveModel> state = model.CreateDecisionState(5, "g");
        for (int i = 0; i < 9; i++)
        {
            var record = new Move("g", i % 7, null);
            Move? taken = i % 3 == 1 ? new("g", 0, Ways[i % 3]) : null;
            double reward = i > 0 ? i / 4.0 : 0;
            if (taken is { } action)
            {
                model.SetAction(state, action);
            }
            RecordAnswer answer = await Post(
                app, "/moves/g", (object)(taken is null
                    ? new { record, reward = i == 0 ? (double?)null : reward, targetReturn = i == 0 ? 5 : (double?)null, sequence = i + 1 }
                    : new { record, reward, taken, sequence = i + 1 }));
            MoveModel.Decision decision = model.Decide(state, record, reward);
            JsonElement way = answer.Output!.Value.GetProperty("Way");
            Assert.Equal(decision.Way, way.GetProperty("mostLikely").GetString());
            Assert.All(Ways, w => Assert.Equal(decision.Probability(w), way.GetProperty("probabilities").GetProperty(w).GetDouble()));
        }
        HttpResponseMessage unrewarded = await app.Client.PostAsJsonAsync(
            "/moves/h", new { record = new Move("h", 0, null), targetReturn = 1 });
        Assert.Equal(HttpStatusCode.OK, unrewarded.StatusCode);
        unrewarded = await app.Client.PostAsJsonAsync("/moves/h", new { record = new Move("h", 1, null), reward = (double?)null });
        JsonElement missing = await StreamsApp.Problem(HttpStatusCode.BadRequest, unrewarded);
        Assert.Contains("without the reward of the last action", missing.GetProperty("detail").GetString(), StringComparison.Ordinal);
        HttpResponseMessage tenth = await app.Client.PostAsJsonAsync("/moves/g", new { record = new Move("g", 0, null), reward = 1 });
        JsonElement problem = await StreamsApp.Problem(HttpStatusCode.BadRequest, tenth);
        Assert.Contains("longest episode of 9 steps", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_are_predicted_as_in_one_process()
    {
        await using StreamsApp app = await StartAsync();
        VisitModel model = VisitModel.Create(seed: 3);
        SeriesState<VisitModel> state = model.CreateSeriesState("-7");
        for (int i = 0; i < 6; i++)
        {
            var visit = new Visit(-7, Begin.AddMinutes(i * i), i % 3);
            RecordAnswer answer = await Post(app, "/visits/-7", new RecordRequest<Visit> { Record = visit });
            VisitModel.NextEvent next = model.Step(state, visit);
            JsonElement output = answer.Output!.Value, wait = output.GetProperty("wait"), mark = output.GetProperty("mark");
            Assert.Equal(next.Time, output.GetProperty("time").GetDateTimeOffset());
            Assert.Equal(next.Wait.Mean.TotalSeconds, wait.GetProperty("mean").GetDouble());
            Assert.Equal(next.Wait.Median.TotalSeconds, wait.GetProperty("quantiles").GetProperty("0.5").GetDouble());
            Assert.Equal(next.Mark.Probability(2), mark.GetProperty("probabilities").GetProperty("2").GetDouble());
            Assert.Equal(i == 0 ? JsonValueKind.Null : JsonValueKind.Number, wait.GetProperty("anomaly").ValueKind);
            if (i > 0)
            {
                Assert.Equal(next.Wait.Anomaly, wait.GetProperty("anomaly").GetDouble());
                Assert.Equal(next.Mark.Anomaly, mark.GetProperty("anomaly").GetDouble());
            }
        }
    }

    [Fact]
    public async Task Labels_are_named_as_in_one_process()
    {
        await using StreamsApp app = await StartAsync();
        SoundModel model = SoundModel.Create(seed: 4);
        SeriesState<SoundModel> state = model.CreateSeriesState("m");
        for (int i = 0; i < 3; i++)
        {
            RecordAnswer answer = await Post(app, "/sounds/m", new RecordRequest<Sound> { Record = new("m", i, "unknown") });
            Classification<string> label = model.Step(state, new("m", i))!.Value;
            Assert.Equal(label.Label, answer.Output!.Value.GetProperty("label").GetString());
            Assert.Equal(label.Confidence, answer.Output.Value.GetProperty("probabilities").GetProperty(label.Label).GetDouble());
        }
    }

    [Fact]
    public async Task Records_without_a_key_belong_to_the_stream_of_the_address()
    {
        await using StreamsApp app = await StartAsync();
        BeatModel model = BeatModel.Create(seed: 5);
        SeriesState<BeatModel> state = model.CreateSeriesState();
        for (int i = 0; i < 3; i++)
        {
            var beat = new Beat(Begin.AddSeconds(i), i);
            RecordAnswer answer = await Post(app, "/beats/Größe%2F1", new RecordRequest<Beat> { Record = beat });
            BeatModel.NextEvent next = model.Step(state, beat);
            Assert.Equal(next.Wait.Mean.TotalSeconds, answer.Output!.Value.GetProperty("wait").GetProperty("mean").GetDouble());
        }
        Assert.Equal(3, (await app.Client.GetFromJsonAsync<RecordStreamDetails>("/beats/Größe%2F1"))!.Sequence);
        // In a batch nothing names it but the id.
        HttpResponseMessage batch = await app.Client.PostAsJsonAsync("/beats", new RecordBatchRequest<Beat>
        {
            Records = [new() { Record = new(Begin, 1) }, new() { Record = new(Begin, 1), Id = "x" }],
        });
        RecordBatchResponse answers = (await batch.Content.ReadFromJsonAsync<RecordBatchResponse>())!;
        Assert.Equal([StepStatus.Invalid, StepStatus.Accepted], answers.Results.Select(static r => r.Status));
    }

    [Fact]
    public async Task A_stream_is_reset_removed_and_watched()
    {
        await using StreamsApp app = await StartAsync();
        await Post(app, "/load/a", new RecordRequest<Reading> { Record = Record(3) });
        using HttpResponseMessage watching = await app.Client.GetAsync("/load/a/events", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await watching.Content.ReadAsStreamAsync());
        Assert.Equal(": watching", await reader.ReadLineAsync());
        RecordAnswer answer = await Post(app, "/load/a", new RecordRequest<Reading> { Record = Record(4) });
        Assert.Equal(("", "id: 2"), (await reader.ReadLineAsync(), await reader.ReadLineAsync()));
        RecordEvent sent = JsonSerializer.Deserialize<RecordEvent>(
            (await reader.ReadLineAsync())!["data: ".Length..], JsonSerializerOptions.Web)!;
        Assert.Equal((2, answer.Output!.Value.GetRawText()), (sent.Sequence, sent.Output!.Value.GetRawText()));

        HttpResponseMessage reset = await app.Client.PostAsync("/load/a/reset", null);
        RecordStreamDetails details = (await reset.Content.ReadFromJsonAsync<RecordStreamDetails>())!;
        Assert.Equal((2, 0, null), (details.Sequence, details.RecordCount, details.Output));
        // Its time may fall now.
        Assert.Equal(3, (await Post(app, "/load/a", new RecordRequest<Reading> { Record = Record(0) })).Sequence);
        Assert.Equal(HttpStatusCode.NoContent, (await app.Client.DeleteAsync("/load/a")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await app.Client.GetAsync("/load/a")).StatusCode);
        var service = await app.Client.GetFromJsonAsync<RecordServiceDetails>("/load");
        Assert.Equal(("LoadModel", 0, 0), (service!.Model, service.Streams, service.PendingRecords));
    }

    [Fact]
    public async Task The_host_says_how_records_are_read()
    {
        await using StreamsApp app = await StartAsync(static o =>
        {
            o.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseUpper;
            o.SerializerOptions.UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow;
        });
        const string record = "\"SENSOR\":\"a\",\"TIME\":\"2026-06-01T00:00:00Z\",\"LOAD\":1";
        Assert.Equal(HttpStatusCode.OK, (await app.Post("/load/a", "{\"record\":{" + record + "}}")).StatusCode);
        await app.Refused(HttpStatusCode.BadRequest, "/load/a", "{\"record\":{" + record + ",\"LOAT\":1}}");
    }

    /// <summary>Bodies that are nearly right: each answer has a status that clients understand, and the service goes on.</summary>
    [Fact]
    public async Task Whatever_a_body_is_the_answer_is_no_fault_of_the_server()
    {
        await using StreamsApp app = await StartAsync();
        string[] bodies =
        [
            """{"sequence":1,"record":{"sensor":"a","time":"2026-06-01T00:00:00Z","load":1.5,"outdoor":-2e3},"ahead":[],"reward":null}""",
            """{"record":{"game":"g","cell":3,"way":"left","reward":-1.25},"targetReturn":4,"taken":null,"sequence":0}""",
            """{"records":[{"record":{"sensor":"b","time":"2026-06-01T00:00:00+02:00"},"sequence":1},{"record":{"sensor":"b"}}]}""",
            """{"time":"2026-06-01T00:00:00Z"}""",
        ];
        string[] paths = ["/load/a", "/load", "/load/a/advance", "/moves/g", "/moves", "/visits/1", "/sounds/s", "/beats/x"];
        string[] pieces =
        [
            "null", "NaN", "1e999", "-1", "{}", "[]", "\"\"", "\"\\ud800\"", "true", ",", "}", "\u0000",
            "\"9999-12-31T23:59:59Z\"",
        ];
        var random = new Random(1);
        for (int i = 0; i < 1500; i++)
        {
            string body = bodies[random.Next(bodies.Length)];
            for (int change = random.Next(3); change >= 0; change--)
            {
                int at = random.Next(body.Length), length = Math.Min(random.Next(9), body.Length - at);
                body = body[..at] + (random.Next(3) == 0 ? "" : pieces[random.Next(pieces.Length)]) + body[(at + length)..];
            }
            string path = paths[random.Next(paths.Length)];
            HttpResponseMessage response = await app.Post(path, body);
            Assert.True((int)response.StatusCode < 500, $"{(int)response.StatusCode}: {path} {body}");
        }
        Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync("/load")).StatusCode);
    }

    [Fact]
    public async Task Requests_have_bounds()
    {
        await using StreamsApp app = await StartAsync(options: new() { MaxTokensPerRequest = 3, MaxBodyBytes = 1024 });
        const string record = """{"sensor":"a","time":"2026-06-01T00:00:00Z"}""";
        await app.Refused(
            HttpStatusCode.RequestEntityTooLarge, "/load/a", $$"""{"record":{{record}},"ahead":[{{record}},{{record}},{{record}}]}""");
        await app.Refused(HttpStatusCode.RequestEntityTooLarge, "/load/a", $$"""{"record":{{record}}{{new string(' ', 1024)}}}""");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await app.Post("/load/a", "{}", "text/plain")).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await app.Client.GetAsync("/load/a/advance")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await app.Post("/moves/a/advance", "{}")).StatusCode);
    }

    [Fact]
    public async Task Streams_of_tokens_are_none_of_records()
    {
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => StreamsApp.StartAsync(
            add: static s => s.AddStreams(static _ => LoadModel.Create(seed: 1)).KeepInMemory(),
            map: static a => a.MapRecordStreams<LoadModel, Reading>("/load")));
        Assert.Contains("AddRecordStreams<LoadModel, Reading>", error.Message, StringComparison.Ordinal);
    }
}
