namespace AarenGen.Tests.Models;

/// <summary>Data that cancel when they are read for a given time, whole or a chunk.</summary>
internal sealed class StoppingData(SequenceData data, int reads, CancellationTokenSource source) : SequenceData
{
    private int count;

    public override int Count => data.Count;

    public override int TokenWidth => data.TokenWidth;

    public override int TargetWidth => data.TargetWidth;

    public override int GetLength(int index) => data.GetLength(index);

    public override string? GetSeries(int index) => data.GetSeries(index);

    public override void ReadTokens(int index, Span<float> tokens)
    {
        CountRead();
        data.ReadTokens(index, tokens);
    }

    public override void ReadTokens(int index, int first, Span<float> tokens)
    {
        CountRead();
        data.ReadTokens(index, first, tokens);
    }

    public override float ReadTarget(int index, int token, Span<float> target) => data.ReadTarget(index, token, target);

    private void CountRead()
    {
        if (Interlocked.Increment(ref count) == reads)
        {
            source.Cancel();
        }
    }
}
