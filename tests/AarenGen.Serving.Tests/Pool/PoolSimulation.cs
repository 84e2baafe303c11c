namespace AarenGen.Serving.Tests;

/// <summary>
/// Random operations on a pool whose store fails at random, compared with <see cref="StreamOracle{TModel}"/> bit for bit. The pool ends and
/// begins again on the same store, at times without having been told.
/// </summary>
internal sealed class PoolSimulation<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int Models = 3, MaxBatch = 12, MaxOpenings = 50;

    private static readonly string[] AllIds = [.. Enumerable.Range(0, 10).Select(static i => $"s{i}"), "Größe/°C", new('x', 255)];
    private static readonly int InputWidth = SequenceModel<TModel>.Description.InputWidth;
    private static readonly int OutputWidth = SequenceModel<TModel>.Description.OutputWidth;

    private readonly Random random;
    private readonly int faultsPerThousand;
    private readonly ManualTime time = new();
    private readonly MemoryStreamStore.Contents contents = new();
    private readonly TModel[] models;

    /// <summary>The same weights in models of their own: the oracle's accept states of others.</summary>
    private readonly StreamOracle<TModel> oracle;
    private readonly TModel[] oracleModels;

    /// <summary>What failed appends would have done, by the positions of entries that are in the log nevertheless.</summary>
    private readonly Dictionary<long, List<(string Id, float[]? Token)>> doubtful = [];
    private readonly StreamPoolOptions options;
    private FaultyStreamStore store;
    private StreamPool<TModel> pool = null!;
    private int model;

    public PoolSimulation(int seed, WeightChange policy, int faultsPerThousand)
    {
        random = new(seed);
        this.faultsPerThousand = faultsPerThousand;
        models = [.. Enumerable.Range(0, Models).Select(static i => ServingModels.Create<TModel>(100 + i))];
        oracleModels = [.. Enumerable.Range(0, Models).Select(static i => ServingModels.Create<TModel>(100 + i))];
        options = new()
        {
            OnWeightChange = policy,
            HistoryTokens = policy == WeightChange.Replay ? 1 + random.Next(9) : random.Next(4),
            MaxStreams = new int?[] { null, 1, 3, 7 }[random.Next(4)],
            IdleTime = TimeSpan.FromSeconds(10),
            TimeProvider = time,
        };
        oracle = new(oracleModels[0], policy, options.HistoryTokens);
        store = NewStore();
    }

    /// <summary>How often each thing happened, for a test that all do.</summary>
    public Dictionary<string, int> Counts { get; } = [];

    public async Task RunAsync(int operations)
    {
        await OpenAsync();
        for (int i = 0; i < operations; i++)
        {
            await (random.Next(100) switch
            {
                < 62 => StepAsync(),
                < 70 => ResetAsync(),
                < 74 => RemoveAsync(),
                < 79 => FindAsync(SomeId()),
                < 85 => CheckpointAsync(),
                < 90 => UseModelAsync(),
                < 93 => EndAsync(),
                < 96 => CrashAsync(),
                _ => WaitAsync(),
            });
        }
        store.Fails = static (_, _) => StoreFault.None;
        await FindAllAsync();
        await pool.DisposeAsync();
        Assert.Empty(contents.Entries);
        store = NewStore();
        store.Fails = static (_, _) => StoreFault.None;
        await OpenAsync();
        await FindAllAsync();
        await pool.DisposeAsync();
    }

    private FaultyStreamStore NewStore() => new(new MemoryStreamStore(contents))
    {
        Fails = (_, _) => random.Next(1000) >= faultsPerThousand ? StoreFault.None : (StoreFault)random.Next(1, 3),
    };

    private async Task StepAsync()
    {
        int count = random.Next(1, MaxBatch + 1), failures = store.Failures;
        long halfDone = store.LastHalfDone;
        var ids = new string[count];
        var sequences = new long[count];
        var tokens = new float[count][];
        var guessed = new Dictionary<string, int>();
        for (int i = 0; i < count; i++)
        {
            ids[i] = SomeId();
            int before = guessed.GetValueOrDefault(ids[i]);
            long last = oracle.SequenceOf(ids[i]) + before;
            sequences[i] = random.Next(12) switch
            {
                < 4 => 0,
                < 8 => last + 1,
                < 10 => last,
                10 => last + random.Next(-3, 4),
                _ => random.Next(3) == 0 ? -1 : last + 1,
            };
            guessed[ids[i]] = before + (sequences[i] == 0 || sequences[i] == last + 1 ? 1 : 0);
            tokens[i] = ServingModels.Token<TModel>(random, oracle.TokenCountOf(ids[i]) + before);
            if (random.Next(30) == 0)
            {
                tokens[i][0] = float.PositiveInfinity;
            }
        }
        var outputs = new float[count * OutputWidth];
        var results = new StepResult[count];
        bool hasNumbers = random.Next(8) > 0;
        await pool.StepManyAsync(
            ids, (float[])[.. tokens.SelectMany(static t => t)], outputs, results, hasNumbers ? sequences : default);
        var lost = new List<(string Id, float[]? Token)>();
        for (int i = 0; i < count; i++)
        {
            Check(ids[i], hasNumbers ? sequences[i] : 0, tokens[i], results[i], outputs[(i * OutputWidth)..((i + 1) * OutputWidth)], lost);
        }
        if (lost.Count > 0)
        {
            Assert.True(store.Failures > failures, "Tokens were refused, and the store did not fail.");
            Doubt(halfDone, lost);
        }
        Assert.InRange(pool.Count, 0, (options.MaxStreams ?? AllIds.Length) + MaxBatch);
    }

    /// <summary>Checks what became of a token, and does it with the oracle.</summary>
    private void Check(
        string id, long sequence, float[] token, StepResult result, float[] output, List<(string Id, float[]? Token)> lost)
    {
        Count(result.Status.ToString());
        StepStatus expected = oracle.Judge(id, sequence, token, lost.Count(l => l.Id == id));
        if (result.Status == StepStatus.Unavailable)
        {
            Assert.True(store.Failures > 0);
            if (expected == StepStatus.Accepted && result.Message!.StartsWith("The token could not be written", StringComparison.Ordinal))
            {
                Assert.Equal(oracle.SequenceOf(id), result.Sequence);
                lost.Add((id, token));
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
        long halfDone = store.LastHalfDone;
        StreamInfo? info;
        try
        {
            info = await pool.ResetAsync(id);
        }
        catch (IOException)
        {
            Count("failed reset");
            Doubt(halfDone, [(id, null)]);
            return;
        }
        Count("reset");
        if (oracle.InfoOf(id) is not null)
        {
            oracle.Reset(id);
        }
        Assert.Equal(oracle.InfoOf(id), info);
    }

    /// <summary>Notes what an append was to do that failed after it was done, where one did.</summary>
    private void Doubt(long before, List<(string Id, float[]? Token)> events)
    {
        if (store.LastHalfDone != before)
        {
            doubtful[store.LastHalfDone] = events;
        }
    }

    private async Task RemoveAsync()
    {
        string[] ids = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => SomeId())];
        try
        {
            int removed = await pool.RemoveAsync(ids);
            Count("removal");
            doubtful.Clear();
            Assert.Equal(ids.Count(oracle.Remove), removed);
        }
        catch (IOException)
        {
            Count("failed removal");
            // It is done or not, which the store says.
            Func<StoreOperation, int, StoreFault> fails = store.Fails;
            store.Fails = static (_, _) => StoreFault.None;
            foreach (string id in ids)
            {
                if (await pool.FindAsync(id) is null)
                {
                    oracle.Remove(id);
                }
            }
            store.Fails = fails;
        }
    }

    private async Task FindAsync(string id)
    {
        try
        {
            var output = new float[OutputWidth];
            StreamInfo? info = await pool.FindAsync(id, output);
            Assert.Equal(oracle.InfoOf(id), info);
            PoolCalls.AssertSame(info is null ? new float[OutputWidth] : oracle.OutputOf(id), output);
        }
        catch (IOException)
        {
            Count("failed find");
        }
    }

    private async Task FindAllAsync()
    {
        foreach (string id in AllIds)
        {
            await FindAsync(id);
        }
    }

    private async Task CheckpointAsync()
    {
        try
        {
            await pool.CheckpointAsync();
            Count("checkpoint");
        }
        catch (IOException)
        {
            Count("failed checkpoint");
        }
    }

    private async Task UseModelAsync()
    {
        int next = random.Next(Models);
        try
        {
            await pool.UseModelAsync(models[next]);
            model = next;
            oracle.Use(oracleModels[next]);
            Count("change of weights");
        }
        catch (IOException)
        {
            Count("failed change of weights");
        }
        Assert.Same(models[model], pool.Model);
    }

    /// <summary>The pool ends as it should; if it cannot, it is as good as gone.</summary>
    private async Task EndAsync()
    {
        try
        {
            await pool.DisposeAsync();
        }
        catch (IOException)
        {
            Count("failed end");
            await CrashAsync();
            return;
        }
        Count("end");
        Assert.Empty(contents.Entries);
        doubtful.Clear();
        // Records are those of the weights that made them, so that others may come next.
        model = random.Next(Models);
        oracle.Use(oracleModels[model]);
        store = NewStore();
        await OpenAsync();
    }

    private async Task CrashAsync()
    {
        Count("crash");
        // Of failed attempts only the last entry of the log may count: another that succeeded would have come behind it.
        if (contents.Entries.Count > 0 && doubtful.TryGetValue(contents.Entries[^1].Position, out List<(string Id, float[]? Token)>? done))
        {
            Count("refused, and read nevertheless");
            foreach ((string id, float[]? token) in done)
            {
                if (token is null)
                {
                    oracle.Reset(id);
                }
                else
                {
                    oracle.Accept(id, token);
                }
            }
        }
        doubtful.Clear();
        // Nothing that it does any more reaches the store.
        store.Fails = static (_, _) => StoreFault.Before;
        await Record.ExceptionAsync(() => pool.DisposeAsync().AsTask());
        store = NewStore();
        await OpenAsync();
    }

    private async Task OpenAsync()
    {
        for (int i = 0; ; i++)
        {
            try
            {
                pool = await StreamPool<TModel>.OpenAsync(models[model], store, options);
                Assert.Empty(contents.Entries);
                return;
            }
            catch (IOException error) when (i < MaxOpenings && error.Message.Contains(FaultyStreamStore.Message, StringComparison.Ordinal))
            {
                Count("failed opening");
            }
        }
    }

    private Task WaitAsync()
    {
        time.Advance(TimeSpan.FromSeconds(random.Next(1, 12)));
        return CheckpointAsync();
    }

    private string SomeId() => AllIds[Math.Min(random.Next(AllIds.Length), random.Next(AllIds.Length))];

    private void Count(string what) => Counts[what] = Counts.GetValueOrDefault(what) + 1;
}
