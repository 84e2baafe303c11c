using Microsoft.AspNetCore.Http;

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

    /// <summary>The methods that the address has; null: the method is not what is wrong.</summary>
    public string? Allow { get; init; }

    /// <summary>After how many seconds the same request may succeed; null: it will not.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The service cannot do now what it does at other times.</summary>
    public static RequestException Unavailable(string detail, int retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, "The service cannot do it now.", detail) { RetryAfter = retryAfter };
}
