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

    private async Task SimulateAsync<TModel>(WeightChange policy) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var counts = new SortedDictionary<string, int>();
        foreach (int faults in (int[])[0, 20, 150])
        {
            for (int seed = 0; seed < Simulations; seed++)
            {
                var simulation = new PoolSimulation<TModel>(seed, policy, faults);
                try
                {
                    await simulation.RunAsync(Operations);
                }
                catch (Exception)
                {
                    log.WriteLine($"Seed {seed}, {faults} of 1000 calls of the store fail.");
                    throw;
                }
                foreach ((string what, int count) in simulation.Counts)
                {
                    counts[what] = counts.GetValueOrDefault(what) + count;
                }
            }
        }
        log.WriteLine(string.Join(", ", counts.Select(static c => $"{c.Key}: {c.Value}")));
        // What is not tried proves nothing.
        Assert.Superset(
            new HashSet<string>
            {
                "Accepted", "Repeated", "Gap", "Stale", "Invalid", "Unavailable", "reset", "removal", "checkpoint", "change of weights",
                "end", "crash", "failed reset", "failed removal", "failed checkpoint", "failed change of weights", "failed end",
                "failed opening", "refused, and read nevertheless",
            },
            counts.Keys.ToHashSet());
    }
}
