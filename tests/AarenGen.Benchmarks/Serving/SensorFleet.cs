using System.Globalization;
using AarenGen.Serving;

namespace AarenGen.Benchmarks;

/// <summary>Streams of sensors: their ids, and tokens that follow from the stream and the number of the token alone.</summary>
internal static class SensorFleet
{
    public static readonly int InputWidth = SequenceModel<SmallModel>.Description.InputWidth;

    public static readonly int OutputWidth = SequenceModel<SmallModel>.Description.OutputWidth;

    /// <summary>The id of a stream: 17 bytes, as "site-042/00001234".</summary>
    public static string Id(int stream) => string.Create(CultureInfo.InvariantCulture, $"site-{stream % 97:D3}/{stream:D8}");

    /// <summary>Writes a token of a stream: InputWidth numbers from −1 to 1.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="sequence">The number of the token, from 1.</param>
    /// <param name="token">Overwritten.</param>
    public static void Token(int stream, long sequence, Span<float> token)
    {
        ulong bits = ((ulong)stream << 32) + (ulong)sequence;
        foreach (ref float value in token)
        {
            // SplitMix64.
            bits += 0x9E3779B97F4A7C15;
            ulong mixed = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
            value = (mixed >> 40) / (float)(1 << 23) - 1;
        }
    }
}

/// <summary>Steps the tokens of a batch; as <see cref="StreamService{TModel}.StepManyAsync"/>.</summary>
internal delegate ValueTask StepMany(
    ReadOnlyMemory<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results);

/// <summary>A batch of tokens of different streams, with memory for what comes back.</summary>
internal sealed class SensorBatch
{
    private readonly string[] ids;
    private readonly float[] tokens;
    private readonly StepResult[] results;

    public SensorBatch(int[] streams)
    {
        Streams = streams;
        ids = [.. streams.Select(SensorFleet.Id)];
        tokens = new float[streams.Length * SensorFleet.InputWidth];
        Outputs = new float[streams.Length * SensorFleet.OutputWidth];
        results = new StepResult[streams.Length];
        SetTokens(1);
    }

    /// <summary>The streams, each once.</summary>
    public int[] Streams { get; }

    public ReadOnlySpan<float> Tokens => tokens;

    public float[] Outputs { get; }

    public ReadOnlySpan<StepResult> Results => results;

    /// <summary>Makes its tokens those of a number.</summary>
    public void SetTokens(long sequence)
    {
        for (int i = 0; i < Streams.Length; i++)
        {
            SensorFleet.Token(Streams[i], sequence, tokens.AsSpan(i * SensorFleet.InputWidth, SensorFleet.InputWidth));
        }
    }

    /// <exception cref="InvalidDataException">A token was not accepted.</exception>
    public async ValueTask StepAsync(StepMany step)
    {
        await step(ids, tokens, Outputs, results).ConfigureAwait(false);
        foreach (StepResult result in results)
        {
            if (result.Status != StepStatus.Accepted)
            {
                throw new InvalidDataException($"A token was not accepted but {result.Status}: {result.Message}");
            }
        }
    }

    /// <summary>All streams in batches, in a random order.</summary>
    public static SensorBatch[] All(int streams, int tokens, int seed)
    {
        int[] all = [.. Enumerable.Range(0, streams)];
        new Random(seed).Shuffle(all);
        return [.. all.Chunk(tokens).Select(static some => new SensorBatch(some))];
    }
}
