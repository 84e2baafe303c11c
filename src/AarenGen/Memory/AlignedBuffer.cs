using System.Runtime.CompilerServices;

namespace AarenGen.Memory;

/// <summary>
/// Zeroed floats that start at a 64-byte boundary and never move, so that vector loads never straddle cache lines; or floats that lie
/// somewhere else and may only be read.
/// </summary>
internal sealed unsafe class AlignedBuffer
{
    private const int Alignment = 64;

    /// <summary>Keeps the memory alive; null where it is not ours.</summary>
    private readonly float[]? storage;
    private readonly float* start;

    public AlignedBuffer(int length)
    {
        Length = length;
        storage = GC.AllocateArray<float>(length + Alignment / sizeof(float), pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref storage[0]);
        start = (float*)(address + (Alignment - address % Alignment) % Alignment);
    }

    /// <summary>Floats that outlive the buffer and must not be written to.</summary>
    public AlignedBuffer(float* memory, int length)
    {
        Length = length;
        start = memory;
    }

    public int Length { get; }

    public bool IsReadOnly => storage is null;

    public Span<float> Span => new(start, Length);

    /// <summary>The same floats in memory that may be written to.</summary>
    public AlignedBuffer Writable()
    {
        if (!IsReadOnly)
        {
            return this;
        }
        var copy = new AlignedBuffer(Length);
        Span.CopyTo(copy.Span);
        return copy;
    }
}
