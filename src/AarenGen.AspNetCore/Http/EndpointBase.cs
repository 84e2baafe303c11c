using AarenGen.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AarenGen.AspNetCore.Http;

/// <summary>What the endpoints of streams of tokens and of records share.</summary>
/// <param name="options">What they accept.</param>
/// <param name="services">The services of the host.</param>
/// <param name="what">What streams read: token or record.</param>
internal abstract partial class EndpointBase(StreamEndpointOptions options, IServiceProvider services, string what)
{
    private const string BadId = "The id of the stream cannot be one.";

    private readonly ILogger logger =
        services.GetService<ILoggerFactory>()?.CreateLogger("AarenGen.AspNetCore") ?? NullLogger.Instance;

    private readonly CancellationToken stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? default;

    private int watchers;

    protected StreamEndpointOptions Options => options;

    protected IServiceProvider Services => services;

    /// <summary>What requests hold together.</summary>
    protected MemoryBudget Budget { get; } = new(options.MaxBufferedBytes);

    /// <summary>Refuses what an address does not have.</summary>
    /// <param name="group">The endpoints.</param>
    /// <param name="address">The address.</param>
    /// <param name="methods">The methods that it has.</param>
    /// <param name="takesBody">Whether it reads JSON: bodies of another content type are refused, too.</param>
    protected void RefuseOthers(RouteGroupBuilder group, string address, string methods, bool takesBody = false)
    {
        if (takesBody)
        {
            // Reached by bodies of another content type than the endpoint accepts.
            group.MapPost(address, Guard(RefuseType)).ExcludeFromDescription();
        }
        // Reached by methods that the address does not have; a host that maps one of them itself goes first.
        group.Map(address, Guard(_ => throw new RequestException(
            StatusCodes.Status405MethodNotAllowed, "The method is not allowed.", $"The address has {methods}.")
        {
            Allow = methods,
        })).ExcludeFromDescription();
    }

    /// <summary>Sends outputs of a stream as they come.</summary>
    /// <param name="context">The request.</param>
    /// <param name="exists">Whether there is the stream.</param>
    /// <param name="watch">Begins to watch it.</param>
    /// <param name="numberOf">The number of an output.</param>
    /// <param name="write">Writes an output as JSON.</param>
    protected async Task WatchAsync<TOutput>(
        HttpContext context, Func<Task<bool>> exists, Func<CancellationToken, IAsyncEnumerable<TOutput>> watch,
        Func<TOutput, long> numberOf, Action<System.Text.Json.Utf8JsonWriter, TOutput> write)
    {
        if (Interlocked.Increment(ref watchers) > options.MaxWatchers)
        {
            Interlocked.Decrement(ref watchers);
            throw RequestException.Unavailable(
                $"{options.MaxWatchers} clients watch streams, which are as many as may; try again later.", retryAfter: 5);
        }
        try
        {
            if (!await exists().ConfigureAwait(false))
            {
                throw Unknown();
            }
            // A watcher would keep the host from stopping.
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await EventStream.SendAsync(context, watch(ended.Token), numberOf, write, options.Heartbeat, ended.Token)
                .ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref watchers);
        }
    }

    private static Task RefuseType(HttpContext context) => throw new RequestException(
        StatusCodes.Status415UnsupportedMediaType, "The content type of the body is not JSON.",
        "Send the header Content-Type: application/json.");

    /// <summary>The stream's id in the address.</summary>
    /// <param name="context">The request.</param>
    /// <param name="after">How many segments of the path come after it.</param>
    protected static string Id(HttpContext context, int after = 0)
    {
        string id = (string)context.Request.RouteValues["id"]!;
        // The server leaves an encoded slash encoded, and decodes an encoded percent sign: "%2F" may have been either.
        if (id.Contains("%2F", StringComparison.OrdinalIgnoreCase)
            && context.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } target)
        {
            string segment = target.Split('?')[0].TrimEnd('/').Split('/')[^(1 + after)];
            // Dot segments move the others: this one must be that which was routed, and which the host has authorized.
            string routed = Uri.UnescapeDataString(
                segment.Replace("%2F", "%252F", StringComparison.Ordinal).Replace("%2f", "%252f", StringComparison.Ordinal));
            if (routed != id)
            {
                throw new RequestException(
                    StatusCodes.Status400BadRequest, BadId, "An address with an encoded slash has no dot segments; write it without them.");
            }
            id = Uri.UnescapeDataString(segment);
        }
        Span<byte> bytes = stackalloc byte[3 * 256];
        return StreamId.TryEncode(id, bytes, out _) ? id
            : throw new RequestException(StatusCodes.Status400BadRequest, BadId, StreamId.Rule);
    }

    protected RequestException Unknown() => new(
        StatusCodes.Status404NotFound, "The stream is unknown.", $"No stream of this id has read a {what}; its first {what} creates it.");

    protected RequestException Refused(in StepResult result)
    {
        string notRead = $"The {what} was not read.";
        bool isTemporary = result.Status is StepStatus.Busy or StepStatus.Unavailable or StepStatus.Canceled;
        return new(
            isTemporary ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest, notRead, result.Message ?? notRead)
        {
            RetryAfter = isTemporary ? 1 : null,
            Extensions = { ["result"] = JsonResponse.NameOf(result.Status), ["sequence"] = result.Sequence },
        };
    }

    /// <summary>Answers what goes wrong with problem details; says nothing to, and of, clients that are gone.</summary>
    protected RequestDelegate Guard(RequestDelegate handler) => async context =>
    {
        RequestException refusal;
        try
        {
            await handler(context).ConfigureAwait(false);
            return;
        }
        catch (RequestException e)
        {
            refusal = e;
        }
        catch (Exception e) when (IsGone(e, context))
        {
            // The server may not know it yet, and would fail to read the rest of the body.
            context.Abort();
            return;
        }
        catch (BadHttpRequestException e)
        {
            // The server's own limits: the body is too long, or comes too slowly.
            refusal = new(e.StatusCode, "The request cannot be read.", e.Message);
        }
        catch (Exception e) when (ServiceFailure.Is(e))
        {
            // What the store says may name files.
            LogUnavailable(e, context.Request.Method, context.Request.Path);
            refusal = RequestException.Unavailable("The store fails, or the service stops; try again later.", retryAfter: 5);
        }
        // A client that is gone has no use for an answer, and writing it would fail.
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
            return;
        }
        await ProblemResponse.SendAsync(context, refusal).ConfigureAwait(false);
    };

    private static bool IsGone(Exception e, HttpContext context) => e is ConnectionResetException
        || (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException);

    [LoggerMessage(1, LogLevel.Warning, "{Method} {Path} was refused: the store fails, or the service has stopped.")]
    private partial void LogUnavailable(Exception exception, string method, string path);
}
