namespace AarenGen.Serving.Tests;

/// <summary>Random operations on a pool, compared with <see cref="StreamOracle{TModel}"/> bit for bit.</summary>
internal sealed class PoolSimulation<TModel> : StoreSimulation<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int MaxBatch = 12;

    private static readonly string[] AllIds = [.. Enumerable.Range(0, 10).Select(static i => $"s{i}"), "Größe/°C", new('x', 255)];
    private static readonly int OutputWidth = SequenceModel<TModel>.Description.OutputWidth;

    private readonly StreamOracle<TModel> oracle;

    /// <summary>What failed appends would have done, by the positions of entries that are in the log nevertheless.</summary>
    private readonly Dictionary<long, List<Event>> doubtful = [];
    private readonly StreamPoolOptions options;
    private StreamPool<TModel> pool = null!;

    public PoolSimulation(int seed, WeightChange policy, int faultsPerThousand) : base(seed, models: 3, faultsPerThousand)
    {
        options = new()
        {
            OnWeightChange = policy,
            HistoryTokens = policy == WeightChange.Replay ? 1 + Random.Next(9) : Random.Next(4),
            MaxStreams = new int?[] { null, 1, 3, 7 }[Random.Next(4)],
            IdleTime = TimeSpan.FromSeconds(10),
            TimeProvider = Time,
        };
        oracle = new(OracleModels[0], policy, options.HistoryTokens);
    }

    protected override StoreFault FaultOf(StoreOperation operation) => (StoreFault)Random.Next(1, 4);

    protected override Task OperateAsync(int number) => number switch
    {
        < 62 => StepAsync(),
        < 70 => ResetAsync(),
        < 74 => RemoveAsync(),
        < 79 => FindAsync(SomeId()),
        _ => base.OperateAsync(number - 79),
    };

    protected override async Task StartAsync() => pool = await StreamPool<TModel>.OpenAsync(Models[Weights], Store, options);

    protected override Task StopAsync() => pool.DisposeAsync().AsTask();

    protected override Task CheckpointAsync() => pool.CheckpointAsync();

    protected override async Task UseModelAsync(TModel model)
    {
        await pool.UseModelAsync(model);
        Assert.Same(model, pool.Model);
    }

    protected override async Task FindAllAsync()
    {
        foreach (string id in AllIds)
        {
            await FindAsync(id);
        }
    }

    protected override void OnWeights() => oracle.Use(OracleModels[Weights]);

    protected override void OnEnd(bool isCrash)
    {
        // Of failed attempts only the last entry of the log may count: another that succeeded would have come behind it.
        if (isCrash && Contents.Entries.Count > 0 && doubtful.TryGetValue(Contents.Entries[^1].Position, out List<Event>? done))
        {
            Count("refused, and read nevertheless");
            done.ForEach(Do);
        }
        doubtful.Clear();
    }

    private void Do(Event done)
    {
        switch (done.Kind)
        {
            case StreamEventKind.Token:
                oracle.Accept(done.Id, done.Token);
                break;
            case StreamEventKind.Reset:
                oracle.Reset(done.Id);
                break;
            default:
                oracle.Remove(done.Id);
                break;
        }
    }

    private async Task StepAsync()
    {
        int count = Random.Next(1, MaxBatch + 1), failures = Store.Failures;
        long halfDone = Store.LastHalfDone;
        var ids = new string[count];
        var sequences = new long[count];
        var tokens = new float[count][];
        var guessed = new Dictionary<string, int>();
        for (int i = 0; i < count; i++)
        {
            ids[i] = SomeId();
            int before = guessed.GetValueOrDefault(ids[i]);
            long last = oracle.SequenceOf(ids[i]) + before;
            sequences[i] = Random.Next(12) switch
            {
                < 4 => 0,
                < 8 => last + 1,
                < 10 => last,
                10 => last + Random.Next(-3, 4),
                _ => Random.Next(3) == 0 ? -1 : last + 1,
            };
            guessed[ids[i]] = before + (sequences[i] == 0 || sequences[i] == last + 1 ? 1 : 0);
            tokens[i] = ServingModels.Token<TModel>(Random, oracle.TokenCountOf(ids[i]) + before);
            if (Random.Next(30) == 0)
            {
                tokens[i][0] = float.PositiveInfinity;
            }
        }
        var outputs = new float[count * OutputWidth];
        var results = new StepResult[count];
        bool hasNumbers = Random.Next(8) > 0;
        await pool.StepManyAsync(
            ids, (float[])[.. tokens.SelectMany(static t => t)], outputs, results, hasNumbers ? sequences : default);
        var lost = new List<Event>();
        for (int i = 0; i < count; i++)
        {
            Check(ids[i], hasNumbers ? sequences[i] : 0, tokens[i], results[i], outputs[(i * OutputWidth)..((i + 1) * OutputWidth)], lost);
        }
        if (lost.Count > 0)
        {
            Assert.True(Store.Failures > failures, "Tokens were refused, and the store did not fail.");
            Doubt(halfDone, lost);
        }
        Assert.InRange(pool.Count, 0, (options.MaxStreams ?? AllIds.Length) + MaxBatch);
    }

    /// <summary>Checks what became of a token, and does it with the oracle.</summary>
    private void Check(
        string id, long sequence, float[] token, StepResult result, float[] output, List<Event> lost)
    {
        Count(result.Status.ToString());
        StepStatus expected = oracle.Judge(id, sequence, token, lost.Count(l => l.Id == id));
        if (result.Status == StepStatus.Unavailable)
        {
            Assert.True(Store.Failures > 0);
            if (expected == StepStatus.Accepted && result.Message!.StartsWith("The token could not be written", StringComparison.Ordinal))
            {
                Assert.Equal(oracle.SequenceOf(id), result.Sequence);
                lost.Add(new(StreamEventKind.Token, id, token));
            }
            PoolCalls.AssertSame(ServingModels.Nothing(OutputWidth), output);
            return;
        }
        Assert.Equal(expected, result.Status);
        Assert.Equal(result.HasOutput, result.Message is null);
        if (expected == StepStatus.Accepted)
        {
            oracle.Accept(id, token);
        }
        PoolCalls.AssertSame(result.HasOutput ? oracle.OutputOf(id) : ServingModels.Nothing(OutputWidth), output);
        Assert.Equal(oracle.SequenceOf(id), result.Sequence);
    }

    private async Task ResetAsync()
    {
        string id = SomeId();
        long halfDone = Store.LastHalfDone;
        StreamInfo? info = null;
        if (!await TryAsync("reset", async () => info = await pool.ResetAsync(id)))
        {
            Doubt(halfDone, [new(StreamEventKind.Reset, id, [])]);
            return;
        }
        if (oracle.InfoOf(id) is not null)
        {
            oracle.Reset(id);
        }
        Assert.Equal(oracle.InfoOf(id), info);
    }

    /// <summary>Notes what an append was to do that failed after it was done, where one did.</summary>
    private void Doubt(long before, List<Event> events)
    {
        if (Store.LastHalfDone != before)
        {
            doubtful[Store.LastHalfDone] = events;
        }
    }

    private async Task RemoveAsync()
    {
        string[] ids = [.. Enumerable.Range(0, Random.Next(1, 4)).Select(_ => SomeId())];
        long halfDone = Store.LastHalfDone;
        int removed = 0;
        if (!await TryAsync("removal", async () => removed = await pool.RemoveAsync(ids)))
        {
            Doubt(halfDone, [.. ids.Select(static id => new Event(StreamEventKind.Removal, id, []))]);
            return;
        }
        Assert.Equal(ids.Count(oracle.Remove), removed);
    }

    private Task<bool> FindAsync(string id) => TryAsync("find", async () =>
    {
        var output = new float[OutputWidth];
        StreamInfo? info = await pool.FindAsync(id, output);
        Assert.Equal(oracle.InfoOf(id), info);
        PoolCalls.AssertSame(info is null ? new float[OutputWidth] : oracle.OutputOf(id), output);
    });

    private string SomeId() => AllIds[Math.Min(Random.Next(AllIds.Length), Random.Next(AllIds.Length))];

    /// <summary>What a call was to do.</summary>
    private sealed record Event(StreamEventKind Kind, string Id, float[] Token);
}
