using System.Buffers;

namespace AarenGen.Serving.Tests;

/// <summary>
/// Memory for outputs that can be cleared and not written: what happens once a batch is in the log and its model has stepped.
/// </summary>
internal sealed class BrokenMemory(int length) : MemoryManager<float>
{
    private int looks;

    public override Memory<float> Memory => CreateMemory(length);

    /// <summary>The call fills it once; what comes after that fails.</summary>
    public override Span<float> GetSpan() =>
        looks++ < LooksOfACall ? new float[length] : throw new NotSupportedException("The memory is gone.");

    /// <summary>How often a call looks at its outputs before the model steps: at their length, and to fill them.</summary>
    private static int LooksOfACall => 2;

    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
