namespace AarenGen.AspNetCore.Http;

/// <summary>A request that is not served.</summary>
/// <param name="status">The status of the answer.</param>
/// <param name="title">What kind of mistake it is, the same for all of the kind.</param>
/// <param name="detail">What is wrong, and how to mend it.</param>
internal sealed class RequestException(int status, string title, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public string Title { get; } = title;

    /// <summary>Further members of the answer: texts, and numbers as long.</summary>
    public Dictionary<string, object?> Extensions { get; } = [];

    /// <summary>After how many seconds the same request may succeed; null: it will not.</summary>
    public int? RetryAfter { get; init; }
}
