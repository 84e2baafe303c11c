using System.Globalization;

namespace AarenGen.Serving.Tests;

/// <summary>What happens to a stream.</summary>
internal enum KilledOperation
{
    Step,
    Advance,
    Reset,
    Removal,
}

/// <summary>How a stream is after its n-th operation.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Operation">The number of the operation, from 1.</param>
/// <param name="Weights">Which weights stepped it last; −1: its state has read nothing.</param>
/// <param name="Sequence">The number of its last token or record; 0: there is no stream.</param>
/// <param name="Output">A hash of its last output.</param>
internal readonly record struct KilledAnswer(int Stream, long Operation, int Weights, long Sequence, ulong Output)
{
    public static KilledAnswer Parse(string text)
    {
        string[] words = text.Split(':');
        return new(
            (int)Number(0), Number(1), (int)Number(2), Number(3), ulong.Parse(words[4], CultureInfo.InvariantCulture));

        long Number(int word) => long.Parse(words[word], CultureInfo.InvariantCulture);
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Stream}:{Operation}:{Weights}:{Sequence}:{Output}");
}

/// <summary>
/// Streams of a service whose process is killed. The n-th operation of a stream is the same in every process: it can be sent again, and one
/// process that does all of them knows how the stream must be.
/// </summary>
internal abstract class KilledStreams : IAsyncDisposable
{
    public const int Count = 100, WeightVersions = 2;

    /// <summary>The kinds, each with a policy of its own for other weights.</summary>
    public static IReadOnlyDictionary<string, Func<KilledStreams>> Kinds { get; } = new Dictionary<string, Func<KilledStreams>>
    {
        ["tokens"] = static () => new KilledTokens(),
        ["forecasts"] = static () => new KilledForecasts(),
        ["decisions"] = static () => new KilledDecisions(),
    };

    /// <summary>How many operations of a stream are known to be done.</summary>
    public long[] Done { get; set; } = new long[Count];

    /// <summary>Starts the service with the weights of the log; streams leave memory, and checkpoints are made, all the time.</summary>
    public abstract Task StartAsync(IStreamStore store, int shards);

    /// <summary>Steps with other weights.</summary>
    public abstract Task UseWeightsAsync(int weights);

    /// <summary>Does the next operations of streams, some of which may have been done by a process that was killed.</summary>
    /// <param name="streams">The streams.</param>
    /// <param name="isAgain">Whether a stream does its last operation once more instead.</param>
    public abstract Task<KilledAnswer[]> DoAsync(int[] streams, Func<int, bool> isAgain);

    /// <summary>Checks an answer, of an operation that is the next one of its stream, or the last one once more.</summary>
    public abstract void Check(KilledAnswer answer);

    public abstract ValueTask DisposeAsync();
}

/// <summary>Such streams of a model; derived types say what they read.</summary>
internal abstract class KilledStreams<TModel>(WeightChange policy, int historyTokens = 0) : KilledStreams
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int OperationKinds = 40;

    private readonly TModel[] models = Create(), oracleModels = Create();

    /// <summary>
    /// Streams that have done an operation here. Of others, a process that was killed may have done one more than is known: sent once more,
    /// the one before it would be stale.
    /// </summary>
    private readonly bool[] isSettled = new bool[Count];

    protected StreamServiceOptions Options { get; } = new()
    {
        CheckpointInterval = TimeSpan.FromMilliseconds(20),
        Pool = new()
        {
            MaxStreams = Count / 2, IdleTime = TimeSpan.FromSeconds(1), OnWeightChange = policy, HistoryTokens = historyTokens,
        },
    };

    /// <summary>Whether streams have intervals that end without a record.</summary>
    protected virtual bool CanAdvance => false;

    /// <summary>The model with which an oracle begins, which changes the model.</summary>
    protected TModel FirstOracleModel => oracleModels[0];

    public override async Task StartAsync(IStreamStore store, int shards)
    {
        string? last = await store.FindLogWeightsAsync();
        TModel model = last is null ? models[Random.Shared.Next(WeightVersions)] : models.Single(m => m.WeightFingerprint == last);
        await StartAsync(model, store, Options with { Shards = shards, MaxDelay = TimeSpan.FromMilliseconds(shards % 2) });
    }

    public override Task UseWeightsAsync(int weights) => UseAsync(models[weights]);

    public override async Task<KilledAnswer[]> DoAsync(int[] streams, Func<int, bool> isAgain)
    {
        (int Stream, long Number)[] operations = [.. streams.Select(s => (s, Done[s] + (isSettled[s] && isAgain(s) ? 0 : 1)))];
        (int Stream, long Number)[] steps = [.. operations.Where(o => KindOf(o.Stream, o.Number) == KilledOperation.Step)];
        ulong[] outputs = await StepAsync(steps);
        foreach ((int stream, long number) in operations.Except(steps))
        {
            await (KindOf(stream, number) switch
            {
                KilledOperation.Advance => AdvanceAsync(stream, number),
                KilledOperation.Reset => ResetAsync(IdOf(stream)),
                _ => RemoveAsync(IdOf(stream)),
            });
        }
        var answers = new KilledAnswer[operations.Length];
        for (int i = 0; i < answers.Length; i++)
        {
            (int stream, long number) = operations[i];
            (StreamInfo info, ulong output) = await FindAsync(IdOf(stream)) ?? default;
            int step = Array.IndexOf(steps, operations[i]);
            Assert.True(step < 0 || (info.Sequence == SequenceOf(stream, number) && output == outputs[step]));
            answers[i] = new(
                stream, number, Array.FindIndex(models, m => m.WeightFingerprint == info.WeightFingerprint), info.Sequence, output);
            (Done[stream], isSettled[stream]) = (number, true);
        }
        return answers;
    }

    public override void Check(KilledAnswer answer)
    {
        (int stream, long number, int weights, _, _) = answer;
        if (number != Done[stream])
        {
            Assert.Equal(++Done[stream], number);
            if (weights >= 0)
            {
                UseOracle(oracleModels[weights]);
            }
            DoOracle(stream, number);
        }
        (long sequence, ulong output) = FindOracle(IdOf(stream)) ?? default;
        Assert.Equal(answer with { Sequence = sequence, Output = output }, answer);
    }

    protected abstract Task StartAsync(TModel model, IStreamStore store, StreamServiceOptions options);

    protected abstract Task UseAsync(TModel model);

    /// <summary>Does steps, which must be accepted or repeated; returns hashes of their outputs.</summary>
    protected abstract Task<ulong[]> StepAsync(IReadOnlyList<(int Stream, long Number)> steps);

    protected virtual Task AdvanceAsync(int stream, long number) => throw new NotSupportedException();

    protected abstract Task ResetAsync(string id);

    protected abstract Task RemoveAsync(string id);

    protected abstract Task<(StreamInfo Info, ulong Output)?> FindAsync(string id);

    protected abstract void UseOracle(TModel model);

    /// <summary>Does a step with the oracle, which must accept it.</summary>
    protected abstract void StepOracle(int stream, long number);

    protected virtual void AdvanceOracle(int stream, long number) => throw new NotSupportedException();

    protected abstract void ResetOracle(string id);

    protected abstract void RemoveOracle(string id);

    /// <summary>What the oracle has of a stream; null: there is none.</summary>
    protected abstract (long Sequence, ulong Output)? FindOracle(string id);

    protected static string IdOf(int stream) => string.Create(CultureInfo.InvariantCulture, $"sensor/{stream}");

    /// <summary>The random numbers of an operation.</summary>
    protected static Random RandomOf(int stream, long number) => new(unchecked((int)(stream * 1_000_003L + number * 7919)));

    /// <summary>The number that the step of an operation has in its stream.</summary>
    protected long SequenceOf(int stream, long number) => 1 + StepsBefore(stream, number, isReset: false);

    /// <summary>How many steps there were since the stream was removed, or since its state began.</summary>
    protected long StepsBefore(int stream, long number, bool isReset)
    {
        long steps = 0;
        while (--number > 0)
        {
            KilledOperation kind = KindOf(stream, number);
            if (kind == KilledOperation.Removal || (isReset && kind == KilledOperation.Reset))
            {
                break;
            }
            steps += kind == KilledOperation.Step ? 1 : 0;
        }
        return steps;
    }

    private void DoOracle(int stream, long number)
    {
        string id = IdOf(stream);
        switch (KindOf(stream, number))
        {
            case KilledOperation.Step:
                StepOracle(stream, number);
                break;
            case KilledOperation.Advance when FindOracle(id) is not null:
                AdvanceOracle(stream, number);
                break;
            case KilledOperation.Reset when FindOracle(id) is not null:
                ResetOracle(id);
                break;
            case KilledOperation.Removal:
                RemoveOracle(id);
                break;
        }
    }

    private KilledOperation KindOf(int stream, long number) => RandomOf(stream, number).Next(OperationKinds) switch
    {
        0 => KilledOperation.Removal,
        < 3 => KilledOperation.Reset,
        < 7 when CanAdvance => KilledOperation.Advance,
        _ => KilledOperation.Step,
    };

    private static TModel[] Create() => [.. Enumerable.Range(7, WeightVersions).Select(static seed => ServingModels.Create<TModel>(seed))];
}
