namespace AarenGen.Orleans;

/// <summary>In which grains the streams of a model are.</summary>
public enum StreamPlacement
{
    /// <summary>
    /// Shards, each with a partition of the streams in one slab, which steps the tokens of many streams together: for streams whose tokens
    /// come often.
    /// </summary>
    Shards,

    /// <summary>
    /// A grain for each stream, which is in memory only while its tokens come: for many streams whose tokens come seldom. Each token costs
    /// a write of the stream.
    /// </summary>
    Streams,
}
