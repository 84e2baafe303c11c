using System.Runtime.CompilerServices;

namespace AarenGen.Memory;

/// <summary>Zeroed floats that start at a 64-byte boundary and never move, so that vector loads never straddle cache lines.</summary>
internal sealed class AlignedBuffer
{
    private const int Alignment = 64;
    private readonly float[] storage;
    private readonly int start;

    public AlignedBuffer(int length)
    {
        Length = length;
        storage = GC.AllocateArray<float>(length + Alignment / sizeof(float), pinned: true);
        unsafe
        {
            var address = (nuint)Unsafe.AsPointer(ref storage[0]);
            start = (int)((Alignment - address % Alignment) % Alignment / sizeof(float));
        }
    }

    public int Length { get; }

    public Span<float> Span => storage.AsSpan(start, Length);
}
