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

/// <summary>What the endpoints of a model's streams do.</summary>
internal sealed partial class HttpEndpoints<TModel>(StreamEndpointOptions options, IServiceProvider services)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const string Read = "The token was not read.", NoId = "The id is none.", NotNow = "The service cannot do it now.";

    private readonly StepBuffersPool pool = new(
        SequenceModel<TModel>.Description.InputWidth, SequenceModel<TModel>.Description.OutputWidth);

    private readonly ILogger logger =
        services.GetService<ILoggerFactory>()?.CreateLogger("AarenGen.AspNetCore") ?? NullLogger.Instance;

    private readonly CancellationToken stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? default;

    private StreamService<TModel>? service;
    private int watchers;

    private StreamService<TModel> Service => service ??= services.GetRequiredService<StreamService<TModel>>();

    /// <summary>The service throws where there are more than it ever takes.</summary>
    private int MaxTokens => Math.Min(options.MaxTokensPerRequest, Service.Options.MaxPendingTokens);

    /// <summary>Adds the endpoints to a group.</summary>
    public RouteGroupBuilder Map(RouteGroupBuilder group)
    {
        var description = new EndpointDescription(options.Name ?? typeof(TModel).Name, options);
        description.Describe(group);
        description.StepMany(group.MapPost("", Guard(StepMany)));
        description.Step(group.MapPost("/{id}", Guard(Step)));
        description.Service(group.MapGet("", Guard(GetService)));
        description.Stream(group.MapGet("/{id}", Guard(GetStream)));
        description.Remove(group.MapDelete("/{id}", Guard(Remove)));
        description.Reset(group.MapPost("/{id}/reset", Guard(Reset)));
        description.Watch(group.MapGet("/{id}/events", Guard(Watch)));
        // Reached by bodies of another content type than the two above accept.
        group.MapPost("", Guard(RefuseType)).ExcludeFromDescription();
        group.MapPost("/{id}", Guard(RefuseType)).ExcludeFromDescription();
        return group;
    }

    private async Task Step(HttpContext context)
    {
        string id = Id(context);
        StepBuffers buffers = pool.Rent();
        await RequestBody.ReadAsync(
            context, options.MaxBodyBytes, (id, buffers), static (body, state) => TokenParser.ReadOne(body, state.id, state.buffers))
            .ConfigureAwait(false);
        await buffers.StepAsync(Service, context.RequestAborted).ConfigureAwait(false);
        StepResult result = buffers.Results[0];
        if (!result.HasOutput)
        {
            pool.Return(buffers);
            throw Refused(result);
        }
        await JsonResponse.SendResultAsync(buffers, context).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task StepMany(HttpContext context)
    {
        // After an exception somebody may still write the buffers, and they are not returned.
        StepBuffers buffers = pool.Rent();
        await RequestBody.ReadAsync(
            context, options.MaxBodyBytes, (MaxTokens, buffers),
            static (body, state) => TokenParser.ReadMany(body, state.MaxTokens, state.buffers)).ConfigureAwait(false);
        if (buffers.Count > 0)
        {
            await buffers.StepAsync(Service, context.RequestAborted).ConfigureAwait(false);
        }
        await JsonResponse.SendResultsAsync(buffers, context).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task GetStream(HttpContext context)
    {
        string id = Id(context);
        StepBuffers buffers = pool.Rent();
        StreamInfo info = await Service.FindAsync(id, buffers.FirstOutput, context.RequestAborted).ConfigureAwait(false) ?? throw Unknown();
        await JsonResponse.SendStreamAsync(buffers, context, id, info, withOutput: info.Sequence > 0).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task Reset(HttpContext context)
    {
        string id = Id(context, after: 1);
        StreamInfo info = await Service.ResetAsync(id, context.RequestAborted).ConfigureAwait(false) ?? throw Unknown();
        StepBuffers buffers = pool.Rent();
        await JsonResponse.SendStreamAsync(buffers, context, id, info, withOutput: false).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task Remove(HttpContext context)
    {
        if (await Service.RemoveAsync([Id(context)], context.RequestAborted).ConfigureAwait(false) == 0)
        {
            throw Unknown();
        }
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task GetService(HttpContext context)
    {
        StepBuffers buffers = pool.Rent();
        var json = JsonResponse.Begin(buffers);
        json.WriteString("model"u8, SequenceModel<TModel>.Description.Name);
        json.WriteNumber("inputWidth"u8, SequenceModel<TModel>.Description.InputWidth);
        json.WriteNumber("outputWidth"u8, SequenceModel<TModel>.Description.OutputWidth);
        json.WriteString("weightFingerprint"u8, Service.Model.WeightFingerprint);
        json.WriteNumber("streams"u8, Service.StreamCount);
        json.WriteNumber("pendingTokens"u8, Service.PendingTokens);
        await JsonResponse.SendAsync(buffers, context).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task Watch(HttpContext context)
    {
        string id = Id(context, after: 1);
        if (Interlocked.Increment(ref watchers) > options.MaxWatchers)
        {
            Interlocked.Decrement(ref watchers);
            throw new RequestException(
                StatusCodes.Status503ServiceUnavailable, NotNow,
                $"{options.MaxWatchers} clients watch streams, which are as many as may; try again later.") { RetryAfter = 5 };
        }
        try
        {
            if (await Service.FindAsync(id, default, context.RequestAborted).ConfigureAwait(false) is null)
            {
                throw Unknown();
            }
            // A watcher would keep the host from stopping.
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await EventStream.SendAsync(
                context, Service.WatchAsync(id, options.WatchCapacity, ended.Token), options.Heartbeat, ended.Token).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref watchers);
        }
    }

    private static Task RefuseType(HttpContext context) => throw new RequestException(
        StatusCodes.Status415UnsupportedMediaType, "The body is no JSON by its content type.",
        "Send the header Content-Type: application/json.");

    /// <summary>The stream's id in the address.</summary>
    /// <param name="context">The request.</param>
    /// <param name="after">How many segments of the path come after it.</param>
    private static string Id(HttpContext context, int after = 0)
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
                    StatusCodes.Status400BadRequest, NoId, "An address with an encoded slash has no dot segments; write it without them.");
            }
            id = Uri.UnescapeDataString(segment);
        }
        Span<byte> bytes = stackalloc byte[3 * 256];
        return StreamId.TryEncode(id, bytes, out _) ? id
            : throw new RequestException(StatusCodes.Status400BadRequest, NoId, StreamId.Rule);
    }

    private static RequestException Unknown() => new(
        StatusCodes.Status404NotFound, "The stream is unknown.", "No stream of this id has read a token; its first token creates it.");

    private static RequestException Refused(in StepResult result)
    {
        bool isTemporary = result.Status is StepStatus.Busy or StepStatus.Unavailable or StepStatus.Canceled;
        return new(
            isTemporary ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest, Read, result.Message ?? Read)
        {
            RetryAfter = isTemporary ? 1 : null,
            Extensions = { ["result"] = JsonResponse.NameOf(result.Status), ["sequence"] = result.Sequence },
        };
    }

    /// <summary>Answers what goes wrong with problem details; says nothing to, and of, clients that are gone.</summary>
    private RequestDelegate Guard(RequestDelegate handler) => async context =>
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
        catch (Exception e) when (e is IOException or ModelFileException or ObjectDisposedException or OperationCanceledException)
        {
            // What the store says may name files.
            LogUnavailable(e, context.Request.Method, context.Request.Path);
            refusal = new(StatusCodes.Status503ServiceUnavailable, NotNow, "The store fails, or the service stops; try again later.")
            {
                RetryAfter = 5,
            };
        }
        if (context.Response.HasStarted)
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
