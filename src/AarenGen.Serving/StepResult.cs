namespace AarenGen.Serving;

/// <summary>What became of a token.</summary>
public enum StepStatus
{
    /// <summary>The stream has read it; its output was written.</summary>
    Accepted,

    /// <summary>
    /// The stream had read the token of this number before, as its last one: it was not read again, and the same output was written.
    /// </summary>
    Repeated,

    /// <summary>Its number is above the next one of the stream: tokens between them are missing. Nothing changed.</summary>
    Gap,

    /// <summary>Its number is below that of the stream's last token, whose output alone is kept. Nothing changed.</summary>
    Stale,

    /// <summary>It is no token of the model, or the id cannot be one. Nothing changed.</summary>
    Invalid,

    /// <summary>
    /// The store failed, no more streams fit into memory, or the service stops. The token was not read, and the same one may succeed later.
    /// If the process ends before another one of its shard succeeds, the next start may have read it all the same: send it again with its
    /// number.
    /// </summary>
    Unavailable,

    /// <summary>The service had too many tokens to do. Nothing changed; the same token may succeed later.</summary>
    Busy,

    /// <summary>The caller gave up before the token was read. Nothing changed.</summary>
    Canceled,
}

/// <summary>What became of a token of a stream.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Sequence">
/// The number of the stream's last token, from 1, after this one; the next one is one above. 0: the stream has read none, or it is unknown.
/// </param>
/// <param name="Message">What is wrong, and how to mend it; null where nothing is.</param>
public readonly record struct StepResult(StepStatus Status, long Sequence, string? Message = null)
{
    /// <summary>Whether an output was written.</summary>
    public bool HasOutput => Status is StepStatus.Accepted or StepStatus.Repeated;
}
