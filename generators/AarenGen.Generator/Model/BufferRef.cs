namespace AarenGen.Generator.Model;

/// <summary>
/// A region of a buffer: an offset and, for a repeated layer, the stride between its blocks (0 if there is one block).
/// </summary>
internal sealed record BufferRef(long Offset, long BlockStride = 0)
{
    /// <summary>The region of one block.</summary>
    public BufferRef At(int block) => new(Offset + block * BlockStride);

    /// <summary>The region shifted by the given count of numbers, in every block.</summary>
    public BufferRef Plus(long numbers) => this with { Offset = Offset + numbers };
}

/// <summary>A run of parameters that lie one after the other, with or without weight decay, up to the next run.</summary>
internal sealed record DecayRun(int Start, bool Decays);
