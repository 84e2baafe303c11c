namespace AarenGen.Benchmarks;

/// <summary>A program that takes a stream's tokens one by one.</summary>
internal interface IStepPeer : IDisposable
{
    /// <summary>As tables show it.</summary>
    string Name { get; }

    /// <summary>Takes a token; the output may be overwritten by the next call.</summary>
    ReadOnlySpan<float> Step(ReadOnlySpan<float> token);
}
