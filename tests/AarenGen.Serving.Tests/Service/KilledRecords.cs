using System.IO.Hashing;

namespace AarenGen.Serving.Tests;

/// <summary>Streams of records of a task.</summary>
internal abstract class KilledRecords<TModel, TRecord> : KilledStreams<TModel>
    where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly RecordOracle<TModel, TRecord> oracle;
    private RecordService<TModel, TRecord> service = null!;

    protected KilledRecords(RecordScript<TModel, TRecord> script, WeightChange policy, int historyTokens = 0)
        : base(policy, historyTokens)
    {
        oracle = new(script, Options, FirstOracleModel);
        CanAdvance = script.CanAdvance;
    }

    protected override bool CanAdvance { get; }

    public override ValueTask DisposeAsync() => service.DisposeAsync();

    protected override async Task StartAsync(TModel model, IStreamStore store, StreamServiceOptions options) =>
        service = await RecordService<TModel, TRecord>.StartAsync(model, store, options);

    protected override Task UseAsync(TModel model) => service.UseModelAsync(model);

    protected override async Task<ulong[]> StepAsync(IReadOnlyList<(int Stream, long Number)> steps)
    {
        RecordResult<TModel>[] results = await service.StepManyAsync(
            [.. steps.Select(s => RecordOf(s.Stream, s.Number) with { Sequence = SequenceOf(s.Stream, s.Number) })]);
        Assert.All(results, static r => Assert.True(r.Output is not null, r.Message));
        return Array.ConvertAll(results, static r => HashOf(r.Output!));
    }

    protected override Task AdvanceAsync(int stream, long number) => service.AdvanceAsync(IdOf(stream), TimeOf(number)).AsTask();

    protected override Task ResetAsync(string id) => service.ResetAsync(id).AsTask();

    protected override Task RemoveAsync(string id) => service.RemoveAsync([id]).AsTask();

    protected override async Task<(StreamInfo Info, ulong Output)?> FindAsync(string id) =>
        await service.FindAsync(id) is { } found ? (found.Stream, HashOf(found.Output)) : null;

    protected override void UseOracle(TModel model)
    {
        model.AcceptedStates = StateAcceptance.SameDeclaration;
        oracle.Use(model);
    }

    protected override void StepOracle(int stream, long number) =>
        Assert.Equal(StepStatus.Accepted, oracle.Step(IdOf(stream), RecordOf(stream, number)));

    protected override void AdvanceOracle(int stream, long number) =>
        Assert.NotEqual(StepStatus.Invalid, oracle.Advance(IdOf(stream), TimeOf(number)));

    protected override void ResetOracle(string id) => oracle.Reset(id);

    protected override void RemoveOracle(string id) => oracle.Remove(id);

    protected override (long Sequence, ulong Output)? FindOracle(string id) =>
        oracle.SequenceOf(id) is { } sequence ? (sequence, XxHash3.HashToUInt64(oracle.OutputOf(id))) : null;

    protected abstract RecordStep<TRecord> RecordOf(int stream, long number);

    /// <summary>An hour goes by with each operation, and five more with each 16th.</summary>
    protected static DateTimeOffset TimeOf(long number) => Begin.AddHours(number + number / 16 * 5);

    protected static double? Value(Random random) => random.Next(8) == 0 ? null : random.NextDouble() * 4 - 2;

    private static ulong HashOf(SeriesOutput<TModel> output) =>
        XxHash3.HashToUInt64(RecordOracle<TModel, TRecord>.Bytes(output.Core));
}

/// <summary>Forecasts with values known ahead, which read their last records again with other weights.</summary>
internal sealed class KilledForecasts() : KilledRecords<LoadModel, Reading>(new LoadScript(), WeightChange.Replay, historyTokens: 5)
{
    protected override RecordStep<Reading> RecordOf(int stream, long number)
    {
        Random random = RandomOf(stream, number);
        return new()
        {
            Record = At(0), Ahead = [.. Enumerable.Range(1, random.Next(4)).Select(At)],
        };

        Reading At(int hour) => new()
        {
            Sensor = IdOf(stream), Time = TimeOf(number).AddHours(hour), Load = Value(random), Flow = (float?)Value(random),
            Humidity = Value(random), Outdoor = Value(random), Site = (Site)random.Next(2),
        };
    }
}

/// <summary>Decisions in episodes of five steps, which go on with other weights.</summary>
internal sealed class KilledDecisions() : KilledRecords<PushModel, Push>(new PushScript(), WeightChange.Keep)
{
    private const int EpisodeSteps = 5;

    protected override RecordStep<Push> RecordOf(int stream, long number)
    {
        Random random = RandomOf(stream, number);
        var step = new RecordStep<Push>
        {
            Record = new()
            {
                Cart = IdOf(stream), Time = TimeOf(number), Position = Value(random), IsRough = random.Next(2) == 0, Force = float.NaN,
            },
        };
        if (StepsBefore(stream, number, isReset: true) % EpisodeSteps == 0)
        {
            return step with { TargetReturn = random.NextDouble() * 9 };
        }
        step = step with { Reward = random.NextDouble() };
        return random.Next(3) > 0 ? step
            : step with { Taken = new() { Cart = IdOf(stream), Position = double.NaN, Force = random.NextSingle() * 4 - 2 } };
    }
}
