namespace AarenGen;

/// <summary>How a file of weights is read.</summary>
public sealed record WeightLoadOptions
{
    /// <summary>
    /// What is removed from the beginning of each tensor's name that begins with it, such as <c>module.</c> (PyTorch's DataParallel),
    /// <c>model.</c> (a module inside another), <c>_orig_mod.</c> (torch.compile), or several of them, as <c>module._orig_mod.</c>. Other
    /// names stay as they are. Empty: all names stay.
    /// </summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public string Prefix
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = "";

    /// <summary>Whether the file's metadata are ignored, so that the model has none.</summary>
    public bool SkipMetadata { get; init; }
}
