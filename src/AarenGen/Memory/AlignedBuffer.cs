using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AarenGen.Memory;

/// <summary>
/// Zeroed floats that start at a 64-byte boundary and never move, so that vector loads never straddle cache lines; or floats that lie
/// somewhere else and may only be read.
/// </summary>
internal sealed unsafe class AlignedBuffer
{
    private const int Alignment = 64;

    /// <summary>The memory; null where it is not ours.</summary>
    private readonly float[]? storage;

    /// <summary>Where the floats begin in <see cref="storage"/>.</summary>
    private readonly int first;

    /// <summary>Floats that are not ours.</summary>
    private readonly float* memory;

    public AlignedBuffer(int length)
    {
        Length = length;
        storage = GC.AllocateArray<float>(length + Alignment / sizeof(float), pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref storage[0]);
        first = (int)((Alignment - address % Alignment) % Alignment / sizeof(float));
    }

    /// <summary>Floats that outlive the buffer and must not be written to.</summary>
    public AlignedBuffer(float* memory, int length)
    {
        Length = length;
        this.memory = memory;
    }

    public int Length { get; }

    public bool IsReadOnly => storage is null;

    /// <summary>
    /// The floats. The span refers to the array itself, so it keeps the memory alive: the compiler may let go of a buffer whose span alone
    /// is still in use.
    /// </summary>
    public Span<float> Span => storage is null
        ? new(memory, Length)
        : MemoryMarshal.CreateSpan(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(storage), first), Length);

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
