namespace AarenGen.Generator.Model;

/// <summary>
/// A place in a buffer: an offset and, for a repeated layer, the distance between its blocks (0 where there is one).
/// </summary>
internal sealed record BufferRef(long Offset, long BlockStride = 0)
{
    /// <summary>The place of one block, as a place of its own.</summary>
    public BufferRef At(int block) => new(checked(Offset + block * BlockStride));

    /// <summary>The place that many numbers further on, in every block.</summary>
    public BufferRef Plus(long numbers) => this with { Offset = checked(Offset + numbers) };
}

/// <summary>A run of parameters that lie one after the other, with or without weight decay, up to the next run.</summary>
internal sealed record DecayRun(int Start, bool Decays);
