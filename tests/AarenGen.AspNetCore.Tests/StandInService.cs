using AarenGen.Serving;

namespace AarenGen.AspNetCore.Tests;

/// <summary>A service whose steps end as a test says.</summary>
internal sealed class StandInService(Func<int, ValueTask> step) : IStreamService<SmallModel>
{
    private int calls;

    /// <summary>How many calls were begun.</summary>
    public int Calls => Volatile.Read(ref calls);

    public int MaxTokensPerCall => 4096;

    public ValueTask StepManyAsync(
        ReadOnlyMemory<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results,
        ReadOnlyMemory<long> sequences, CancellationToken cancellationToken)
    {
        results.Span.Fill(new(StepStatus.Accepted, 1));
        return step(Interlocked.Increment(ref calls));
    }

    public ValueTask<StepResult> StepAsync(
        string id, ReadOnlyMemory<float> token, Memory<float> output, long sequence, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<StreamInfo?> FindAsync(string id, Memory<float> output, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<StreamInfo?> ResetAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<int> RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<StreamOutput> WatchAsync(string id, int capacity, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task UseModelAsync(SmallModel model, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StreamServiceInfo> GetInfoAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
