using Xunit.Abstractions;

namespace AarenGen.Serving.Tests;

/// <summary>
/// Random operations on streams whose store fails at random. They end and begin again on the same store, at times without having been told.
/// </summary>
internal abstract class StoreSimulation<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int MaxOpenings = 50;

    private readonly int faultsPerThousand;

    protected StoreSimulation(int seed, int models, int faultsPerThousand)
    {
        Random = new(seed);
        this.faultsPerThousand = faultsPerThousand;
        (Models, OracleModels) = (Create(models), Create(models));
        foreach (TModel model in OracleModels)
        {
            model.AcceptedStates = StateAcceptance.SameDeclaration;
        }
        Store = NewStore();
    }

    /// <summary>How often each thing happened, for a test that all do.</summary>
    public Dictionary<string, int> Counts { get; } = [];

    protected Random Random { get; }

    protected ManualTime Time { get; } = new();

    protected MemoryStreamStore.Contents Contents { get; } = new();

    protected TModel[] Models { get; }

    /// <summary>The same weights in models of their own: the oracle's accept states of others.</summary>
    protected TModel[] OracleModels { get; }

    /// <summary>The place of the weights that step now.</summary>
    protected int Weights { get; private set; }

    protected FaultyStreamStore Store { get; private set; }

    /// <summary>What a call of the store does that is to fail.</summary>
    protected abstract StoreFault FaultOf(StoreOperation operation);

    public async Task RunAsync(int operations)
    {
        await OpenAsync();
        for (int i = 0; i < operations; i++)
        {
            await OperateAsync(Random.Next(100));
        }
        Store.Fails = static (_, _) => StoreFault.None;
        await FindAllAsync();
        await StopAsync();
        Assert.Empty(Contents.Entries);
        Store = NewStore();
        Store.Fails = static (_, _) => StoreFault.None;
        await OpenAsync();
        await FindAllAsync();
        await StopAsync();
    }

    /// <summary>Does something, by a number from 0 to 99.</summary>
    protected virtual Task OperateAsync(int number) => number switch
    {
        < 6 => TryAsync("checkpoint", CheckpointAsync),
        < 11 => ChangeWeightsAsync(),
        < 14 => EndAsync(),
        < 17 => CrashAsync(),
        _ => WaitAsync(),
    };

    protected abstract Task StartAsync();

    protected abstract Task StopAsync();

    protected abstract Task CheckpointAsync();

    protected abstract Task UseModelAsync(TModel model);

    protected abstract Task FindAllAsync();

    /// <summary>Other weights step from now on.</summary>
    protected virtual void OnWeights()
    {
    }

    /// <summary>All is saved, or what is only in the log is to be read again.</summary>
    protected virtual void OnEnd(bool isCrash)
    {
    }

    protected void Count(string what) => Counts[what] = Counts.GetValueOrDefault(what) + 1;

    /// <summary>Does what may fail since the store does; returns whether it succeeded.</summary>
    protected async Task<bool> TryAsync(string what, Func<Task> operation)
    {
        try
        {
            await operation();
            Count(what);
            return true;
        }
        catch (IOException)
        {
            Count("failed " + what);
            return false;
        }
    }

    private static TModel[] Create(int models) =>
        [.. Enumerable.Range(0, models).Select(static i => ServingModels.Create<TModel>(100 + i))];

    private FaultyStreamStore NewStore() => new(new MemoryStreamStore(Contents))
    {
        Fails = (operation, _) => Random.Next(1000) >= faultsPerThousand ? StoreFault.None : FaultOf(operation),
    };

    private async Task ChangeWeightsAsync()
    {
        int next = Random.Next(Models.Length);
        if (await TryAsync("change of weights", () => UseModelAsync(Models[next])))
        {
            Use(next);
        }
    }

    private void Use(int weights)
    {
        Weights = weights;
        OnWeights();
    }

    /// <summary>The streams end as they should; if they cannot, they are as good as gone.</summary>
    private async Task EndAsync()
    {
        if (!await TryAsync("end", StopAsync))
        {
            await CrashAsync();
            return;
        }
        Assert.Empty(Contents.Entries);
        OnEnd(isCrash: false);
        // Saved streams are those of the weights that made them, so that others may come next.
        Use(Random.Next(Models.Length));
        Store = NewStore();
        await OpenAsync();
    }

    private async Task CrashAsync()
    {
        Count("crash");
        OnEnd(isCrash: true);
        // Nothing that it does any more reaches the store.
        Store.Fails = static (_, _) => StoreFault.Before;
        await Record.ExceptionAsync(StopAsync);
        Store = NewStore();
        await OpenAsync();
    }

    private async Task OpenAsync()
    {
        for (int i = 0; ; i++)
        {
            try
            {
                await StartAsync();
                Assert.Empty(Contents.Entries);
                return;
            }
            catch (IOException error) when (i < MaxOpenings && error.Message.Contains(FaultyStreamStore.Message, StringComparison.Ordinal))
            {
                Count("failed opening");
            }
        }
    }

    private Task<bool> WaitAsync()
    {
        Time.Advance(TimeSpan.FromSeconds(Random.Next(1, 12)));
        return TryAsync("checkpoint", CheckpointAsync);
    }
}

/// <summary>Many simulations, and what they tried together.</summary>
internal static class StoreSimulation
{
    /// <summary>What each kind of simulation must have tried: what is not tried proves nothing.</summary>
    private static readonly string[] Always =
    [
        "Accepted", "Repeated", "Gap", "Stale", "Invalid", "Unavailable", "reset", "removal", "checkpoint", "change of weights", "end",
        "crash", "failed opening",
    ];

    /// <param name="log">What is written where one fails, and what they tried.</param>
    /// <param name="faults">How many of 1000 calls of a store fail; all simulations run with each.</param>
    /// <param name="simulations">How many simulations run.</param>
    /// <param name="operations">How many operations a simulation does.</param>
    /// <param name="create">Creates one, by its seed and the faults.</param>
    /// <param name="tried">What else they must have tried.</param>
    public static async Task RunAsync<TModel>(
        ITestOutputHelper log, int[] faults, int simulations, int operations, Func<int, int, StoreSimulation<TModel>> create,
        IEnumerable<string> tried)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var counts = new SortedDictionary<string, int>();
        foreach (int fault in faults)
        {
            for (int seed = 0; seed < simulations; seed++)
            {
                StoreSimulation<TModel> simulation = create(seed, fault);
                try
                {
                    await simulation.RunAsync(operations);
                }
                catch (Exception)
                {
                    log.WriteLine($"Seed {seed}, {fault} of 1000 calls of the store fail.");
                    throw;
                }
                foreach ((string what, int count) in simulation.Counts)
                {
                    counts[what] = counts.GetValueOrDefault(what) + count;
                }
            }
        }
        log.WriteLine(string.Join(", ", counts.Select(static c => $"{c.Key}: {c.Value}")));
        Assert.Superset(Always.Concat(tried).ToHashSet(), counts.Keys.ToHashSet());
    }
}
