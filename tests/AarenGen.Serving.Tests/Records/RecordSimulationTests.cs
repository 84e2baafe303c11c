using System.Globalization;
using Xunit.Abstractions;

namespace AarenGen.Serving.Tests;

/// <summary>
/// Random operations on services of records of each task, compared with plain series; AARENGEN_SIMULATIONS says how many of each kind.
/// </summary>
public sealed class RecordSimulationTests(ITestOutputHelper log)
{
    private const int Operations = 120;

    private static readonly int Simulations =
        int.Parse(Environment.GetEnvironmentVariable("AARENGEN_SIMULATIONS") ?? "6", CultureInfo.InvariantCulture);

    private static readonly string[] Names = [.. Enumerable.Range(0, 8).Select(static i => $"s{i}")];

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Forecasts(WeightChange policy) => SimulateAsync<LoadModel, Reading>(static () => new LoadScript(), policy, 1);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Forecasts_of_several_records_an_interval(WeightChange policy) =>
        SimulateAsync<SaleModel, Sale>(static () => new SaleScript(), policy, 24, ["1", "2", "30", "-4"]);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Forecasts_at_times(WeightChange policy) =>
        SimulateAsync<LevelModel, Level>(static () => new LevelScript(), policy, 1);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Events(WeightChange policy) => SimulateAsync<VisitModel, Visit>(static () => new VisitScript(), policy, 1);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Records_without_a_key(WeightChange policy) => SimulateAsync<BeatModel, Beat>(static () => new BeatScript(), policy, 1);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Labels(WeightChange policy) => SimulateAsync<SoundModel, Sound>(static () => new SoundScript(), policy, 1);

    /// <summary>What becomes of an episode with other weights, a test of its own says.</summary>
    [Fact]
    public Task Decisions() => SimulateAsync<PushModel, Push>(static () => new PushScript(), WeightChange.Keep, 1);

    [Fact]
    public Task Decisions_on_a_category() => SimulateAsync<MoveModel, Move>(static () => new MoveScript(), WeightChange.Keep, 1);

    public static TheoryData<WeightChange> Policies() => [.. Enum.GetValues<WeightChange>()];

    private Task SimulateAsync<TModel, TRecord>(
        Func<RecordScript<TModel, TRecord>> script, WeightChange policy, int hours, string[]? ids = null)
        where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord> => StoreSimulation.RunAsync(
            log, [0, 60], Simulations, Operations,
            (seed, faults) => new RecordSimulation<TModel, TRecord>(
                seed, script(), ids ?? Names, TimeSpan.FromHours(hours), policy, faults),
            script().CanAdvance ? ["advance Accepted", "advance Repeated", "advance Invalid"] : []);
}
