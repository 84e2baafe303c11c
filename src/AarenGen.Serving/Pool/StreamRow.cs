namespace AarenGen.Serving;

/// <summary>What a pool knows of a stream beside its state: 32 bytes.</summary>
internal struct StreamRow
{
    /// <summary>The number of its last token, from 1; 0 before the first.</summary>
    public long Sequence;

    /// <summary>Tokens that its state has read.</summary>
    public long TokenCount;

    /// <summary>Where its id begins in the arena; in a row that is free, the next free one.</summary>
    public int IdStart;

    /// <summary>Bytes of its id; 0: the row is free.</summary>
    public byte IdLength;

    public RowFlags Flags;

    /// <summary>Its place among the streams of the current batch, from 1; 0: it is none of them.</summary>
    public ushort View;

    /// <summary>The place of the weights that last ran it among those that the pool has seen.</summary>
    public int Generation;

    /// <summary>Seconds of the pool's clock at its last token.</summary>
    public uint LastUsed;
}

[Flags]
internal enum RowFlags : byte
{
    None = 0,

    /// <summary>The row differs from what the store has of it.</summary>
    IsChanged = 1,

    /// <summary>The row was used since the eviction's hand passed it.</summary>
    IsRecent = 2,

    /// <summary>It is being saved: until then it stays where it is.</summary>
    IsWriting = 4,

    /// <summary>Its stream was removed, which the store does not know yet: until then the row stands for none.</summary>
    IsRemoved = 8,
}
