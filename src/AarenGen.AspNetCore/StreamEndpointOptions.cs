namespace AarenGen.AspNetCore;

/// <summary>What the endpoints of a model's streams accept.</summary>
public sealed record StreamEndpointOptions
{
    /// <summary>
    /// In the names of the endpoints, as in <c>LoadForecaster.Step</c>, and their tag in OpenAPI documents; for gRPC what the metadata
    /// <c>aarengen-model</c> of a call must be. Null: the name of the model's class. Endpoints of one host have different names.
    /// </summary>
    /// <exception cref="ArgumentException">It is empty.</exception>
    public string? Name
    {
        get;
        init => field = value is not { Length: 0 } ? value : throw new ArgumentException(
            "A name must not be empty; null stands for that of the model's class.", nameof(value));
    }

    /// <summary>The largest body of a request in bytes, from 1 KiB; 4 MiB by default. For gRPC, AddGrpc has such an option.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1 KiB.</exception>
    public int MaxBodyBytes
    {
        get;
        init => field = value >= 1024 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "A body of at least 1 KiB must be allowed.");
    } = 4 << 20;

    /// <summary>
    /// How many bytes all requests of the endpoints may hold together, of bodies, tokens and answers: from 1 MiB; 256 MiB by default. A
    /// request that would need more is refused with 503 before its tokens are read, and a gRPC call waits. The first 64 KiB of a request do
    /// not count, so that large and slow ones take nothing from small ones. How many connections there are is the server's matter:
    /// <c>MaxConcurrentConnections</c> of Kestrel.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1 MiB.</exception>
    public long MaxBufferedBytes
    {
        get;
        init => field = value >= 1 << 20 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "At least 1 MiB must be allowed.");
    } = 256 << 20;

    /// <summary>
    /// How long the body of a request may take from its first bytes to its end; one that comes more slowly is refused with 408. From a
    /// second to a day; a minute by default. What Kestrel asks for, <c>MinRequestBodyDataRate</c>, is a mean, which lets a body that was
    /// sent in part wait for hours.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public TimeSpan MaxBodyTime
    {
        get;
        init => field = value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromDays(1) ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The time for a body is from a second to a day.");
    } = TimeSpan.FromMinutes(1);

    /// <summary>The most tokens of one request, or of one message of a gRPC call: from 1; 4,096 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int MaxTokensPerRequest
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "At least one token must be allowed.");
    } = 4096;

    /// <summary>
    /// How many tokens of one gRPC call may wait or be stepped: from 1; 4,096 by default. With that number, or 256 messages, no further
    /// message of the call is read, and the client's writes wait.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int MaxTokensInFlight
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "At least one token must be allowed.");
    } = 4096;

    /// <summary>How many clients may watch outputs at a time; further ones are refused. From 0; 1,000 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 0.</exception>
    public int MaxWatchers
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "The number of watchers cannot be negative.");
    } = 1000;

    /// <summary>
    /// How many outputs wait for a client that watches and is slow; beyond them the oldest are dropped. From 1; 64 by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int WatchCapacity
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "At least one output must be allowed to wait.");
    } = 64;

    /// <summary>
    /// How often a client that watches is sent a comment, so that neither it nor a proxy takes a connection without outputs for dead: from
    /// a millisecond to a day; 15 seconds by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public TimeSpan Heartbeat
    {
        get;
        init => field = value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromDays(1) ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The time between comments is from a millisecond to a day.");
    } = TimeSpan.FromSeconds(15);
}
