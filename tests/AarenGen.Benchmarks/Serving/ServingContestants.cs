using AarenGen.Serving;

namespace AarenGen.Benchmarks;

/// <summary>A way to step a fleet: what a benchmark compares.</summary>
/// <param name="Name">As tables show it.</param>
/// <param name="Streams">Streams that take turns.</param>
/// <param name="Tokens">Tokens of a turn.</param>
/// <param name="Run">Steps that many tokens.</param>
internal sealed record ServingContestant(string Name, int Streams, int Tokens, Action Run);

/// <summary>Makes the ways to step a fleet, and checks that all give the same outputs.</summary>
internal sealed class ServingContestants(SmallModel model, int batchTokens)
{
    private const int BatchesPerTurn = 32, SingleCallers = 64;

    /// <summary>The model alone, on one thread.</summary>
    public ServingContestant Model(int streams)
    {
        SensorBatch[] batches = Batches(streams);
        StreamState<SmallModel>[][] states = States(batches);
        int next = 0;
        return new($"StepMany alone", streams, BatchesPerTurn * batchTokens, () =>
        {
            for (int i = 0; i < BatchesPerTurn; i++, next = (next + 1) % batches.Length)
            {
                model.StepMany(states[next], batches[next].Tokens, batches[next].Outputs);
            }
        });
    }

    /// <summary>The model alone, on several threads, each with streams of its own.</summary>
    public ServingContestant Model(int streams, int threads)
    {
        ServingContestant[] each = [.. Enumerable.Range(0, threads).Select(_ => Model(streams))];
        return new($"StepMany alone, {threads} threads", streams, threads * each[0].Tokens, () =>
        {
            var others = new Task[threads - 1];
            for (int i = 0; i < others.Length; i++)
            {
                others[i] = Task.Run(each[i + 1].Run);
            }
            each[0].Run();
            Task.WaitAll(others);
        });
    }

    /// <summary>Batches through a pool or a service.</summary>
    public ServingContestant Batched(string name, int streams, int callers, StepMany step)
    {
        // Each caller has batches of its own where there are enough; all streams are there from the beginning.
        SensorBatch[][] batches = [.. Enumerable.Range(0, callers).Select(c => Batches(streams, c))];
        Check(batches[0], step);
        int[] next = new int[callers];
        return new(name, streams, BatchesPerTurn * batchTokens, () =>
        {
            var tasks = new Task[callers];
            for (int c = 0; c < callers; c++)
            {
                int caller = c;
                tasks[c] = Task.Run(async () =>
                {
                    for (int i = caller; i < BatchesPerTurn; i += callers, next[caller] = (next[caller] + 1) % batches[caller].Length)
                    {
                        await batches[caller][next[caller]].StepAsync(step).ConfigureAwait(false);
                    }
                });
            }
            Task.WaitAll(tasks);
        });
    }

    /// <summary>Single tokens of many callers.</summary>
    public ServingContestant Single(string name, int streams, StreamService<SmallModel> service)
    {
        SensorBatch[] all = Batches(streams);
        Check(all, (ids, tokens, outputs, results) => service.StepManyAsync(ids, tokens, outputs, results));
        var callers = new SingleCaller[SingleCallers];
        for (int c = 0; c < callers.Length; c++)
        {
            callers[c] = new(service, streams, c);
        }
        return new(name, streams, BatchesPerTurn * batchTokens, () => Task.WaitAll(
            callers.Select(c => Task.Run(() => c.StepAsync(BatchesPerTurn * batchTokens / SingleCallers).AsTask()))));
    }

    private SensorBatch[] Batches(int streams, int seed = 0) => SensorBatch.All(streams, batchTokens, seed);

    private StreamState<SmallModel>[][] States(SensorBatch[] batches) =>
        [.. batches.Select(b => b.Streams.Select(_ => model.CreateState()).ToArray())];

    /// <exception cref="InvalidDataException">Outputs are not those of the model, bit for bit.</exception>
    private void Check(SensorBatch[] batches, StepMany step)
    {
        StreamState<SmallModel>[][] states = States(batches);
        var expected = new float[batchTokens * SensorFleet.OutputWidth];
        for (int sequence = 1; sequence <= 2; sequence++)
        {
            foreach ((SensorBatch batch, StreamState<SmallModel>[] some) in batches.Zip(states))
            {
                batch.SetTokens(sequence);
                batch.StepAsync(step).AsTask().GetAwaiter().GetResult();
                Span<float> outputs = expected.AsSpan(0, batch.Outputs.Length);
                model.StepMany(some, batch.Tokens, outputs);
                if (!outputs.SequenceEqual(batch.Outputs))
                {
                    throw new InvalidDataException("Outputs differ from those of the model alone.");
                }
            }
        }
    }

    /// <summary>A caller that sends one token after the other, each of another stream.</summary>
    private sealed class SingleCaller
    {
        private const int Ids = 64;
        private readonly StreamService<SmallModel> service;
        private readonly string[] ids;
        private readonly float[] token = new float[SensorFleet.InputWidth], output = new float[SensorFleet.OutputWidth];
        private int next;

        public SingleCaller(StreamService<SmallModel> service, int streams, int seed)
        {
            this.service = service;
            var random = new Random(seed);
            ids = [.. Enumerable.Range(0, Ids).Select(_ => SensorFleet.Id(random.Next(streams)))];
            SensorFleet.Token(seed, 1, token);
        }

        public async ValueTask StepAsync(int tokens)
        {
            for (int i = 0; i < tokens; i++, next = (next + 1) % ids.Length)
            {
                await service.StepAsync(ids[next], token, output).ConfigureAwait(false);
            }
        }
    }
}
