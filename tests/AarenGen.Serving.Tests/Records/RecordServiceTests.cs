using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AarenGen.Serving.Tests;

/// <summary>What users of a service of records do, and what becomes of their mistakes.</summary>
public sealed class RecordServiceTests
{
    private static readonly DateTimeOffset Begin = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly MemoryStreamStore.Contents contents = new();

    private static Reading At(int hour, double? load = 1, string sensor = "s1") =>
        new() { Sensor = sensor, Time = Begin.AddHours(hour), Load = load, Site = Site.Roof };

    private static Task<RecordService<LoadModel, Reading>> StartAsync(IStreamStore? store = null, int seed = 1) =>
        RecordService<LoadModel, Reading>.StartAsync(
            ServingModels.Create<LoadModel>(seed), store, new() { Shards = 2, MaxDelay = TimeSpan.Zero });

    private static async Task<StepResult> Refused(ValueTask<RecordResult<LoadModel>> step) =>
        (await Assert.ThrowsAsync<StepRefusedException>(() => step.AsTask())).Result;

    [Fact]
    public async Task A_forecast_has_the_view_that_Step_returns()
    {
        await using RecordService<LoadModel, Reading> service = await StartAsync();
        LoadModel model = ServingModels.Create<LoadModel>(1);
        SeriesState<LoadModel> state = model.CreateSeriesState("s1");
        for (int hour = 0; hour < 5; hour++)
        {
            RecordResult<LoadModel> result = await service.StepAsync(At(hour, hour), hour + 1);
            LoadModel.Forecast expected = model.Step(state, At(hour, hour), [])!.Value, actual = model.GetForecast(result.Output!)!.Value;
            Assert.Equal((StepStatus.Accepted, hour + 1L, null), (result.Status, result.Sequence, result.Message));
            Assert.Equal(("s1", hour + 1L, true), (result.Output!.Key, result.Output.TokenCount, result.Output.IsNew));
            Assert.Equal(state.LastTime, result.Output.LastTime);
            Assert.Equal(
                (expected.Origin, expected.Load[2].Quantile(0.9), expected.Load.Anomaly, expected.Load.AnomalyTime),
                (actual.Origin, actual.Load[2].Quantile(0.9), actual.Load.Anomaly, actual.Load.AnomalyTime));
        }
    }

    [Fact]
    public async Task Mistakes_of_a_record_alone_reach_no_stream()
    {
        await using RecordService<LoadModel, Reading> service = await StartAsync();
        (RecordStep<Reading> Step, string Told)[] mistakes =
        [
            (new() { Record = null! }, "A record is null"),
            (new() { Record = At(0, sensor: "") }, "has no key"),
            (new() { Record = At(0, sensor: null!) }, "is null, but says which series"),
            (new() { Record = At(0), Id = "s2" }, "each series has a state of its own"),
            (new() { Record = At(0, double.NegativeInfinity) }, "is not finite"),
            (new() { Record = At(0) with { Site = (Site)5 } }, "is none of its"),
            (new() { Record = At(0), Ahead = [null!] }, "A record is null"),
            (new() { Record = At(0), Ahead = [At(1, sensor: "s2")] }, "each series has a state of its own"),
            (new() { Record = At(0), Reward = 1 }, "does not decide"),
            (new() { Record = At(0), TargetReturn = 1 }, "does not decide"),
            (new() { Record = At(0), Taken = At(0) }, "does not decide"),
            (new() { Record = At(0, sensor: new('x', 300)) }, StreamId.Rule),
            (new() { Record = At(0), Sequence = -1 }, "The number of a record is from 1"),
        ];
        foreach ((RecordStep<Reading> step, string told) in mistakes)
        {
            StepResult result = await Refused(service.StepAsync(step));
            Assert.Equal((StepStatus.Invalid, 0), (result.Status, result.Sequence));
            Assert.Contains(told, result.Message, StringComparison.Ordinal);
        }
        RecordResult<LoadModel>[] results = await service.StepManyAsync([.. mistakes.Select(static m => m.Step), new() { Record = At(0) }]);
        Assert.All(results[..^1], static r => Assert.Equal((StepStatus.Invalid, null), (r.Status, r.Output)));
        Assert.Equal((StepStatus.Accepted, 1), (results[^1].Status, results[^1].Sequence));
        Assert.Equal(1, service.StreamCount);
        await Assert.ThrowsAsync<ArgumentNullException>(() => service.StepManyAsync([null!]).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => service.StepManyAsync(null!).AsTask());
    }

    [Fact]
    public async Task A_record_that_was_refused_may_be_followed_by_its_correction_in_the_same_call()
    {
        await using RecordService<LoadModel, Reading> service = await StartAsync();
        RecordResult<LoadModel>[] results = await service.StepManyAsync(
        [
            new() { Record = At(3), Sequence = 1 }, new() { Record = At(2), Sequence = 2 }, new() { Record = At(4), Sequence = 2 },
            new() { Record = At(4), Sequence = 2 }, new() { Record = At(4), Sequence = 3 }, new() { Record = At(5), Sequence = 3 },
        ]);
        Assert.Equal(
            [
                (StepStatus.Accepted, 1L), (StepStatus.Invalid, 1), (StepStatus.Accepted, 2), (StepStatus.Repeated, 2),
                (StepStatus.Invalid, 2), (StepStatus.Accepted, 3),
            ],
            results.Select(static r => (r.Status, r.Sequence)));
        Assert.Equal(results[2].Output!.Core.Outputs, results[3].Output!.Core.Outputs);
    }

    [Fact]
    public async Task What_one_record_lets_be_known_ahead_is_bounded_where_intervals_have_several()
    {
        await using RecordService<SaleModel, Sale> service =
            await RecordService<SaleModel, Sale>.StartAsync(ServingModels.Create<SaleModel>(1));
        Sale[] sales = [.. Enumerable.Range(0, 5).Select(static i => new Sale { Shop = 3, Time = Begin.AddDays(i) })];
        RecordResult<SaleModel> most = await service.StepAsync(new RecordStep<Sale> { Record = sales[0], Ahead = sales[1..4] });
        Assert.Equal(StepStatus.Accepted, most.Status);
        StepRefusedException refused = await Assert.ThrowsAsync<StepRefusedException>(
            () => service.StepAsync(new RecordStep<Sale> { Record = sales[0], Ahead = sales[1..] }).AsTask());
        Assert.Contains("comes with 4 records known ahead; a service takes 3", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stores_and_files_of_tokens_are_refused_and_those_of_records_by_tokens()
    {
        await using (StreamService<LoadModel> tokens = await StreamService<LoadModel>.StartAsync(
            ServingModels.Create<LoadModel>(1), new MemoryStreamStore(contents)))
        {
            await tokens.StepAsync("s1", ServingModels.TokenOf<LoadModel>(1, 1), new float[LoadModel.OutputWidth]);
        }
        await Assert.ThrowsAsync<ModelFileException>(() => StartAsync(new MemoryStreamStore(contents)));

        using var file = new MemoryStream();
        await using (RecordService<LoadModel, Reading> service = await StartAsync())
        {
            await service.StepAsync(At(0));
            await service.SaveAsync(file);
        }
        await using StreamService<LoadModel> other = await StreamService<LoadModel>.StartAsync(ServingModels.Create<LoadModel>(1));
        file.Position = 0;
        await Assert.ThrowsAsync<ModelFileException>(() => other.LoadAsync(file));
        await using RecordService<LoadModel, Reading> same = await StartAsync();
        file.Position = 0;
        Assert.Equal(1, await same.LoadAsync(file));
        Assert.Equal(1, (await same.FindAsync("s1"))!.Value.Stream.Sequence);
        Assert.Equal(StepStatus.Invalid, (await Refused(same.StepAsync(At(0)))).Status);
        Assert.Equal(2, (await same.StepAsync(At(1))).Sequence);
    }

    [Fact]
    public async Task Streams_are_watched()
    {
        await using RecordService<LoadModel, Reading> service = await StartAsync();
        await using IAsyncEnumerator<RecordOutput<LoadModel>> outputs = service.WatchAsync("s1").GetAsyncEnumerator();
        ValueTask<bool> next = outputs.MoveNextAsync();
        RecordResult<LoadModel> first = await service.StepAsync(At(0));
        await service.StepAsync(At(0, sensor: "s2"));
        RecordResult<LoadModel> second = await service.StepAsync(At(1));
        foreach (RecordResult<LoadModel> result in (RecordResult<LoadModel>[])[first, second])
        {
            Assert.True(ReferenceEquals(result.Output, first.Output) ? await next : await outputs.MoveNextAsync());
            Assert.Equal(("s1", result.Sequence), (outputs.Current.Id, outputs.Current.Sequence));
            Assert.Equal(result.Output!.Core.Outputs, outputs.Current.Output.Core.Outputs);
        }
    }

    [Theory]
    [InlineData(WeightChange.Reset)]
    [InlineData(WeightChange.Replay)]
    public async Task An_episode_goes_on_with_other_weights_toward_what_it_has_still_to_reach(WeightChange policy)
    {
        PushModel first = ServingModels.Create<PushModel>(1), second = ServingModels.Create<PushModel>(2);
        await using RecordService<PushModel, Push> service = await RecordService<PushModel, Push>.StartAsync(
            first, null, new() { Pool = new() { OnWeightChange = policy, HistoryTokens = policy == WeightChange.Replay ? 2 : 0 } });
        Push[] pushes = [.. Enumerable.Range(0, 5).Select(static i => new Push { Cart = "c", Time = Begin.AddHours(i), Position = i })];
        await service.StepAsync(new RecordStep<Push> { Record = pushes[0], TargetReturn = 7 });
        await service.StepAsync(new RecordStep<Push> { Record = pushes[1], Reward = 2 });
        if (policy == WeightChange.Reset)
        {
            await service.StepAsync(new RecordStep<Push> { Record = pushes[2], Reward = 1 });
        }
        await service.UseModelAsync(second);
        RecordResult<PushModel> result = await service.StepAsync(new RecordStep<Push> { Record = pushes[3], Reward = 0.5 });
        // Replay knows the episode from its beginning; Reset begins one that has its rest to reach.
        SeriesState<PushModel> state = second.CreateDecisionState(policy == WeightChange.Replay ? 7 : 3.5, "c");
        if (policy == WeightChange.Replay)
        {
            second.Decide(state, pushes[0]);
            second.Decide(state, pushes[1], 2);
        }
        PushModel.Decision expected = second.Decide(state, pushes[3], policy == WeightChange.Replay ? 0.5 : 0);
        Assert.Equal(expected.Force, second.GetDecision(result.Output!)!.Value.Force);
        Assert.Equal(state.TokenCount, result.Output!.TokenCount);
        result = await service.StepAsync(new RecordStep<Push> { Record = pushes[4], Reward = 1, Taken = new() { Cart = "c", Force = -1 } });
        second.SetAction(state, new() { Cart = "c", Force = -1 });
        Assert.Equal(second.Decide(state, pushes[4], 1).Force, second.GetDecision(result.Output!)!.Value.Force);
    }

    [Fact]
    public async Task An_advance_takes_no_number_of_the_records()
    {
        RecordService<LoadModel, Reading> lost = await StartAsync(new MemoryStreamStore(contents));
        Assert.Null(await lost.AdvanceAsync("s1", Begin));
        Assert.Equal(0, lost.StreamCount);
        RecordResult<LoadModel> first = await lost.StepAsync(At(0), 1);
        RecordResult<LoadModel> advanced = (await lost.AdvanceAsync("s1", Begin.AddHours(4)))!.Value;
        Assert.Equal((StepStatus.Accepted, 1L), (advanced.Status, advanced.Sequence));
        // Sent again it changes nothing, nor does an earlier one.
        foreach (int hour in (int[])[4, 2])
        {
            RecordResult<LoadModel> same = (await lost.AdvanceAsync("s1", Begin.AddHours(hour)))!.Value;
            Assert.Equal((StepStatus.Repeated, 1L, true), (same.Status, same.Sequence, same.Output!.IsNew));
            Assert.Equal(Saved(advanced.Output!), Saved(same.Output));
        }
        RecordResult<LoadModel> second = await lost.StepAsync(At(5), 2);
        Assert.Equal((StepStatus.Accepted, 2L), (second.Status, second.Sequence));
        RecordResult<LoadModel> last = (await lost.AdvanceAsync("s1", Begin.AddHours(7)))!.Value;
        Assert.Equal(StepStatus.Repeated, (await lost.StepAsync(At(5), 2)).Status);

        // The process is gone, and its log is read.
        LoadModel model = ServingModels.Create<LoadModel>(1);
        SeriesState<LoadModel> state = model.CreateSeriesState("s1");
        model.Step(state, At(0), []);
        model.Advance(state, Begin.AddHours(4));
        model.Step(state, At(5), []);
        model.Advance(state, Begin.AddHours(7));
        await using RecordService<LoadModel, Reading> again = await StartAsync(new MemoryStreamStore(contents));
        RecordStreamInfo<LoadModel> found = (await again.FindAsync("s1"))!.Value;
        Assert.Equal((2L, 2L), (found.Stream.Sequence, found.Stream.TokenCount));
        Assert.Equal(Saved(last.Output!), Saved(found.Output));
        Assert.Equal(RecordOracle<LoadModel, Reading>.Bytes(state.Core), Saved(found.Output));
        await again.ResetAsync("s1");
        Assert.Equal(StepStatus.Repeated, (await again.AdvanceAsync("s1", Begin.AddHours(30)))!.Value.Status);
        Assert.Equal(3, (await again.StepAsync(At(1), 3)).Sequence);
        Assert.NotEqual(Saved(first.Output!), Saved(second.Output!));
    }

    private static byte[] Saved(SeriesOutput<LoadModel> output) => RecordOracle<LoadModel, Reading>.Bytes(output.Core);

    [Fact]
    public async Task One_record_completes_only_so_many_intervals()
    {
        await using RecordService<LoadModel, Reading> service = await RecordService<LoadModel, Reading>.StartAsync(
            ServingModels.Create<LoadModel>(1), null, new() { MaxEmptyIntervals = 5 });
        await service.StepAsync(At(0));
        StepResult record = await Refused(service.StepAsync(At(7))), advance = (await Assert.ThrowsAsync<StepRefusedException>(
            () => service.AdvanceAsync("s1", Begin.AddHours(7)).AsTask())).Result;
        foreach ((StepResult result, string what) in (ReadOnlySpan<(StepResult, string)>)[(record, "A record"), (advance, "An advance")])
        {
            Assert.Equal((StepStatus.Invalid, 1L), (result.Status, result.Sequence));
            Assert.StartsWith(
                $"{what} of the series 's1' at 2026-06-01 07:00:00Z comes after 6 intervals without a record, and a service completes 5 at "
                + "a time.", result.Message, StringComparison.Ordinal);
        }
        Assert.Equal(StepStatus.Accepted, (await service.AdvanceAsync("s1", Begin.AddHours(3)))!.Value.Status);
        Assert.Equal(2, (await service.StepAsync(At(7))).Sequence);
        Assert.Equal(3, (await service.StepAsync(At(13))).Sequence);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(-1, 2)]
    [InlineData(0, 2)]
    public async Task What_is_at_an_end_of_the_calendar_is_read_again(int hours, int end)
    {
        LoadModel model = ServingModels.Create<LoadModel>(1);
        SaleModel sales = ServingModels.Create<SaleModel>(1);
        Reading reading = At(0) with { Time = TimeIn(model.CreateSteps().Layout) };
        var sale = new Sale { Shop = 3, Time = TimeIn(sales.CreateSteps().Layout) };
        for (int start = 0; start < 2; start++)
        {
            await using RecordService<LoadModel, Reading> service = await StartAsync(new MemoryStreamStore(contents));
            RecordResult<LoadModel> result = await service.StepAsync(reading, 1);
            Assert.Equal(start == 0 ? StepStatus.Accepted : StepStatus.Repeated, result.Status);
            await service.AdvanceAsync("s1", reading.Time);
            Assert.Equal(1, (await service.FindAsync("s1"))!.Value.Stream.Sequence);
        }
        await using RecordService<SaleModel, Sale> several = await RecordService<SaleModel, Sale>.StartAsync(sales);
        Assert.Equal(1, (await several.StepAsync(sale)).Sequence);
        Assert.Equal(2, (await several.StepAsync(sale)).Sequence);
        Assert.NotNull(await several.AdvanceAsync("3", sale.Time));
        StepRefusedException beyond = await Assert.ThrowsAsync<StepRefusedException>(
            () => several.AdvanceAsync("3", DateTimeOffset.MaxValue).AsTask());
        Assert.Equal(StepStatus.Invalid, beyond.Result.Status);
        Assert.Equal(2, (await several.FindAsync("3"))!.Value.Stream.Sequence);

        DateTimeOffset TimeIn(RecordLayout layout) => new(
            (end == 1 ? ((ForecastLayout)layout).MinTicks : ((ForecastLayout)layout).MaxTicks) + hours * TimeSpan.TicksPerHour, default);
    }

    [Fact]
    public async Task A_log_says_which_weights_stepped_it()
    {
        LoadModel[] models = [ServingModels.Create<LoadModel>(1), ServingModels.Create<LoadModel>(2)];
        var store = new MemoryStreamStore(contents);
        RecordService<LoadModel, Reading> lost = await StartAsync(store);
        Assert.Null(await store.FindLogWeightsAsync());
        await lost.StepAsync(At(0), 1);
        Assert.Equal(models[0].WeightFingerprint, await store.FindLogWeightsAsync());
        await lost.UseModelAsync(models[1]);
        Assert.Null(await store.FindLogWeightsAsync());
        await lost.StepAsync(At(1), 2);
        RecordResult<LoadModel> last = await lost.StepAsync(At(2), 3);
        string weights = (await store.FindLogWeightsAsync())!;
        await using RecordService<LoadModel, Reading> again = await RecordService<LoadModel, Reading>.StartAsync(
            models.Single(m => m.WeightFingerprint == weights), store, new() { Shards = 2 });
        RecordStreamInfo<LoadModel> found = (await again.FindAsync("s1"))!.Value;
        Assert.Equal((3L, 2L, weights), (found.Stream.Sequence, found.Stream.TokenCount, found.Stream.WeightFingerprint));
        Assert.Equal(Saved(last.Output!), Saved(found.Output));
    }

    [Fact]
    public async Task Only_forecasts_advance()
    {
        await using RecordService<VisitModel, Visit> service =
            await RecordService<VisitModel, Visit>.StartAsync(ServingModels.Create<VisitModel>(1));
        await Assert.ThrowsAsync<InvalidOperationException>(() => service.AdvanceAsync("v", Begin).AsTask());
    }

    [Fact]
    public void An_output_is_written_as_JSON()
    {
        LoadModel model = ServingModels.Create<LoadModel>(1);
        SeriesState<LoadModel> state = model.CreateSeriesState("s1");
        RecordSteps<LoadModel> steps = model.CreateSteps();
        Assert.Equal("null", Json());
        for (int hour = 0; hour < 3; hour++)
        {
            model.Step(state, At(hour, 1e9), []);
        }
        using JsonDocument json = JsonDocument.Parse(Json());
        JsonElement load = json.RootElement.GetProperty("targets").GetProperty("Load");
        Assert.Equal(["0.1", "0.5", "0.9"], load.GetProperty("quantiles").EnumerateObject().Select(static q => q.Name));
        Assert.Equal(3, load.GetProperty("median").GetArrayLength());
        // Nothing is as unusual as what the forecast excludes, for which JSON has no number.
        Assert.True(load.GetProperty("anomaly").GetDouble() > 0);
        Assert.Equal(Begin.AddHours(2), load.GetProperty("anomalyTime").GetDateTimeOffset());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("targets").GetProperty("Flow").GetProperty("anomaly").ValueKind);

        string Json()
        {
            using var saved = new MemoryStream();
            using var writer = new BinaryWriter(saved);
            RecordSteps<LoadModel>.Write(state, isNew: true, writer);
            writer.Flush();
            using var bytes = new MemoryStream();
            using (var written = new Utf8JsonWriter(bytes))
            {
                model.WriteJson(written, new(steps, "s1", saved.ToArray()));
            }
            return Encoding.UTF8.GetString(bytes.ToArray());
        }
    }

    [Fact]
    public async Task A_host_starts_and_stops_a_service()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddRecordStreams<LoadModel, Reading>(static _ => ServingModels.Create<LoadModel>(1))
            .UseStore((_, _) => Task.FromResult<IStreamStore>(new MemoryStreamStore(contents)));
        Assert.Throws<InvalidOperationException>(
            () => builder.Services.AddStreams(static _ => ServingModels.Create<LoadModel>(1)));
        using (IHost host = builder.Build())
        {
            Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<RecordService<LoadModel, Reading>>());
            await host.StartAsync();
            await host.Services.GetRequiredService<RecordService<LoadModel, Reading>>().StepAsync(At(0));
            Assert.Null(host.Services.GetService<StreamService<LoadModel>>());
            await host.StopAsync();
        }
        Assert.Empty(contents.Entries);
        await using RecordService<LoadModel, Reading> again = await StartAsync(new MemoryStreamStore(contents));
        Assert.Equal(1, (await again.FindAsync("s1"))!.Value.Stream.Sequence);
    }
}
