using System.ComponentModel;
using System.Text.Json.Serialization;
using AarenGen.Serving;

namespace AarenGen.AspNetCore;

/// <summary>A token of the stream that the address names: the body of a request.</summary>
/// <remarks>
/// As all bodies, it describes JSON, for OpenAPI documents and for clients in .NET; the service itself reads no objects.
/// </remarks>
public record TokenRequest
{
    /// <summary>The numbers of the token; null is a value that is missing.</summary>
    [Description("The numbers of the token, as many as the model has inputs; null is a value that is missing.")]
    public required IReadOnlyList<float?> Token { get; init; }

    /// <summary>The number of the token in its stream, from 1; 0 or absent: the next one.</summary>
    [Description("The number of the token in its stream, from 1; 0 or absent: the next one. A token that is sent twice is read once.")]
    public long Sequence { get; init; }
}

/// <summary>A token of a stream.</summary>
public sealed record NamedTokenRequest : TokenRequest
{
    /// <summary>The stream's id.</summary>
    [Description("The stream's id: 1 to 255 bytes of UTF-8.")]
    public required string Id { get; init; }
}

/// <summary>Tokens of any streams: the body of a request.</summary>
public sealed record TokenBatchRequest
{
    /// <summary>The tokens, which are read in this order.</summary>
    [Description("The tokens, which are read in this order.")]
    public required IReadOnlyList<NamedTokenRequest> Tokens { get; init; }
}

/// <summary>What became of a token.</summary>
public sealed record TokenAnswer
{
    /// <summary>What became of it.</summary>
    [Description("What became of the token; it has an output where it is accepted or repeated.")]
    [JsonConverter(typeof(StepStatusConverter))]
    public required StepStatus Status { get; init; }

    /// <summary>The number of the stream's last token after this one; 0: the stream has read none, or it is unknown.</summary>
    [Description("The number of the stream's last token after this one; 0: the stream has read none, or it is unknown.")]
    public required long Sequence { get; init; }

    /// <summary>The output; null where there is none. A number of it is null where the model has no output at this token.</summary>
    [Description("The output; absent where there is none. A number is null where the model has no output at this token.")]
    public IReadOnlyList<float?>? Output { get; init; }

    /// <summary>What is wrong, and how to mend it; null where nothing is.</summary>
    [Description("What is wrong, and how to mend it; absent where nothing is.")]
    public string? Message { get; init; }
}

/// <summary>What became of the tokens of a request.</summary>
public sealed record TokenBatchResponse
{
    /// <summary>What became of each token, in the order of the request.</summary>
    [Description("What became of each token, in the order of the request.")]
    public required IReadOnlyList<TokenAnswer> Results { get; init; }
}

/// <summary>What is known of a stream of tokens.</summary>
public sealed record TokenStreamDetails
{
    /// <summary>Its id.</summary>
    [Description("The stream's id.")]
    public required string Id { get; init; }

    /// <inheritdoc cref="StreamInfo.Sequence"/>
    [Description("The number of its last token, from 1; 0: it has read none.")]
    public required long Sequence { get; init; }

    /// <inheritdoc cref="StreamInfo.TokenCount"/>
    [Description("Tokens that its state has read: fewer than its last token's number after a reset.")]
    public required long TokenCount { get; init; }

    /// <inheritdoc cref="StreamInfo.WeightFingerprint"/>
    [Description("The weights that last stepped it; null where its state has read no token.")]
    public required string? WeightFingerprint { get; init; }

    /// <summary>Its last output; absent where it is not asked for.</summary>
    [Description("Its last output. A number is null where the model has no output at this token.")]
    public IReadOnlyList<float?>? Output { get; init; }
}

/// <summary>What is known of a service of streams of tokens.</summary>
public sealed record TokenServiceDetails
{
    /// <summary>The name of the model.</summary>
    [Description("The name of the model.")]
    public required string Model { get; init; }

    /// <summary>Numbers of a token.</summary>
    [Description("Numbers of a token.")]
    public required int InputWidth { get; init; }

    /// <summary>Numbers of an output.</summary>
    [Description("Numbers of an output.")]
    public required int OutputWidth { get; init; }

    /// <summary>The weights that step streams now.</summary>
    [Description("Identifies the weights that step streams now.")]
    public required string WeightFingerprint { get; init; }

    /// <summary>How many streams are in memory.</summary>
    [Description("How many streams are in memory.")]
    public required int Streams { get; init; }

    /// <summary>How many tokens wait or are stepped.</summary>
    [Description("How many tokens wait or are stepped.")]
    public required int PendingTokens { get; init; }
}

/// <summary>The data of a server-sent event: a token that a stream has read.</summary>
public sealed record TokenEvent
{
    /// <summary>The number of the token, which is the event's id, too.</summary>
    [Description("The number of the token, which is the event's id, too.")]
    public required long Sequence { get; init; }

    /// <summary>The token.</summary>
    [Description("The token; null is a value that is missing.")]
    public required IReadOnlyList<float?> Token { get; init; }

    /// <summary>What the model gave for it.</summary>
    [Description("What the model gave for it. A number is null where the model has no output at this token.")]
    public required IReadOnlyList<float?> Output { get; init; }
}
