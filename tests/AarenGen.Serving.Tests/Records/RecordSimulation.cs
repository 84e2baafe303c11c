namespace AarenGen.Serving.Tests;

/// <summary>
/// Random operations on a service of records, compared with a <see cref="SeriesState{TModel}"/> for each stream bit for bit.
/// </summary>
internal sealed class RecordSimulation<TModel, TRecord> : StoreSimulation<TModel>
    where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
{
    private const int MaxBatch = 10;

    private readonly RecordScript<TModel, TRecord> script;
    private readonly TimeSpan every;
    private readonly string[] ids;
    private readonly RecordOracle<TModel, TRecord> oracle;
    private readonly StreamServiceOptions options;
    private RecordService<TModel, TRecord> service = null!;

    public RecordSimulation(
        int seed, RecordScript<TModel, TRecord> script, string[] ids, TimeSpan every, WeightChange policy, int faultsPerThousand)
        : base(seed, models: 2, faultsPerThousand)
    {
        (this.script, this.ids, this.every) = (script, ids, every);
        options = new()
        {
            Shards = Random.Next(1, 4), MaxDelay = TimeSpan.Zero, MaxEmptyIntervals = Random.Next(3) == 0 ? 2 : 4096,
            Pool = new()
            {
                OnWeightChange = policy, HistoryTokens = policy == WeightChange.Replay ? 5 : 0,
                MaxStreams = new int?[] { null, 1, 3, 6 }[Random.Next(4)], IdleTime = TimeSpan.FromSeconds(10), TimeProvider = Time,
            },
        };
        oracle = new(script, options, OracleModels[0]);
    }

    /// <summary>A fault does nothing: what is done though it fails, the simulation of tokens tries.</summary>
    protected override StoreFault FaultOf(StoreOperation operation) =>
        operation == StoreOperation.Flush ? StoreFault.None : StoreFault.Before;

    protected override Task OperateAsync(int number) => number switch
    {
        < 64 => StepAsync(),
        < 70 => AdvanceAsync(),
        < 75 => ResetAsync(),
        < 78 => RemoveAsync(),
        < 82 => FindAsync(SomeId()),
        _ => base.OperateAsync(number - 82),
    };

    protected override async Task StartAsync() =>
        service = await RecordService<TModel, TRecord>.StartAsync(Models[Weights], Store, options);

    protected override Task StopAsync() => service.DisposeAsync().AsTask();

    protected override Task CheckpointAsync() => service.CheckpointAsync();

    protected override Task UseModelAsync(TModel model) => service.UseModelAsync(model);

    protected override async Task FindAllAsync()
    {
        foreach (string id in ids)
        {
            await FindAsync(id);
        }
    }

    protected override void OnWeights() => oracle.Use(OracleModels[Weights]);

    private async Task StepAsync()
    {
        var steps = new RecordStep<TRecord>[Random.Next(1, MaxBatch + 1)];
        var guessed = new Dictionary<string, long>();
        for (int i = 0; i < steps.Length; i++)
        {
            string id = SomeId();
            long last = guessed.GetValueOrDefault(id, oracle.SequenceOf(id) ?? 0);
            steps[i] = script.Next(Random, id, every) with
            {
                Sequence = Random.Next(12) switch { < 5 => 0, < 9 => last + 1, < 11 => last, _ => last + Random.Next(-3, 4) },
            };
            guessed[id] = last + (steps[i].Sequence == 0 || steps[i].Sequence == last + 1 ? 1 : 0);
        }
        RecordResult<TModel>[] results = steps.Length > 1 || Random.Next(2) == 0 ? await service.StepManyAsync(steps)
            : [await SingleAsync(async () => await service.StepAsync(steps[0])) ?? default];
        for (int i = 0; i < steps.Length; i++)
        {
            RecordStep<TRecord> step = steps[i];
            if (IsDone(results[i]))
            {
                Check(step.Id ?? TModel.GetKey(step.Record), step, results[i]);
            }
        }
    }

    private async Task AdvanceAsync()
    {
        if (!script.CanAdvance)
        {
            return;
        }
        string id = SomeId();
        DateTimeOffset now = script.Move(Random, id, every);
        if (await SingleAsync(() => service.AdvanceAsync(id, now).AsTask()) is not { } result)
        {
            Assert.Null(oracle.SequenceOf(id));
            Count("advance of none");
            return;
        }
        Count("advance " + result.Status);
        if (IsDone(result))
        {
            AssertIs(oracle.Advance(id, now), id, result);
        }
    }

    private static async Task<RecordResult<TModel>?> SingleAsync(Func<Task<RecordResult<TModel>?>> step)
    {
        try
        {
            return await step();
        }
        catch (StepRefusedException refused)
        {
            return new(refused.Result.Status, refused.Result.Sequence, null, refused.Result.Message);
        }
    }

    /// <summary>Whether something became of a record; if not, the store has failed.</summary>
    private bool IsDone(RecordResult<TModel> result)
    {
        Count(result.Status.ToString());
        Assert.True(result.Status != StepStatus.Unavailable || Store.Failures > 0);
        return result.Status != StepStatus.Unavailable;
    }

    private void Check(string id, RecordStep<TRecord> step, RecordResult<TModel> result)
    {
        if (oracle.Judge(id, step.Sequence) is { } expected)
        {
            // A record that is wrong alone is so whatever its number.
            Assert.True(result.Status == expected || result.Status == StepStatus.Invalid, $"{result.Status} is not {expected}.");
            if (result.Status == StepStatus.Repeated)
            {
                oracle.AssertSame(id, result.Output!);
            }
            return;
        }
        AssertIs(oracle.Step(id, step), id, result);
    }

    private void AssertIs(StepStatus expected, string id, RecordResult<TModel> result)
    {
        Assert.True(result.Status == expected, $"{result.Status} is not {expected}: {result.Message}");
        Assert.Equal(expected == StepStatus.Invalid, result.Message is not null);
        if (expected != StepStatus.Invalid)
        {
            Assert.Equal(oracle.SequenceOf(id), result.Sequence);
            oracle.AssertSame(id, result.Output!);
        }
    }

    private async Task ResetAsync()
    {
        string id = SomeId();
        StreamInfo? info = null;
        if (await TryAsync("reset", async () => info = await service.ResetAsync(id)))
        {
            Assert.Equal(oracle.SequenceOf(id), info?.Sequence);
            oracle.Reset(id);
        }
    }

    private async Task RemoveAsync()
    {
        string id = SomeId();
        int removed = 0;
        if (await TryAsync("removal", async () => removed = await service.RemoveAsync([id])))
        {
            Assert.Equal(oracle.Remove(id) ? 1 : 0, removed);
        }
    }

    private Task<bool> FindAsync(string id) => TryAsync("find", async () =>
    {
        RecordStreamInfo<TModel>? info = await service.FindAsync(id);
        Assert.Equal(oracle.SequenceOf(id), info?.Stream.Sequence);
        if (info is { } found)
        {
            oracle.AssertSame(id, found.Output);
        }
    });

    private string SomeId() => ids[Random.Next(ids.Length)];
}
