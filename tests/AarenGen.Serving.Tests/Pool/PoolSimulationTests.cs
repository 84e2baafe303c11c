using System.Globalization;
using Xunit.Abstractions;

namespace AarenGen.Serving.Tests;

/// <summary>Random operations on pools, compared with plain states; AARENGEN_SIMULATIONS says how many of each kind.</summary>
public sealed class PoolSimulationTests(ITestOutputHelper log)
{
    private const int Operations = 150;

    private static readonly int Simulations =
        int.Parse(Environment.GetEnvironmentVariable("AARENGEN_SIMULATIONS") ?? "20", CultureInfo.InvariantCulture);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Plain_tokens(WeightChange policy) => SimulateAsync<SmallModel>(policy);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Statistics_of_each_series(WeightChange policy) => SimulateAsync<SeriesModel>(policy);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Tokens_in_turn(WeightChange policy) => SimulateAsync<TurnModel>(policy);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Patches(WeightChange policy) => SimulateAsync<PatchModel>(policy);

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Categories(WeightChange policy) => SimulateAsync<CategoryModel>(policy);

    public static TheoryData<WeightChange> Policies() => [.. Enum.GetValues<WeightChange>()];

    private Task SimulateAsync<TModel>(WeightChange policy) where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        StoreSimulation.RunAsync(
            log, [0, 20, 150], Simulations, Operations, (seed, faults) => new PoolSimulation<TModel>(seed, policy, faults),
            [
                "failed reset", "failed removal", "failed checkpoint", "failed change of weights", "failed end",
                "refused, and read nevertheless",
            ]);
}
