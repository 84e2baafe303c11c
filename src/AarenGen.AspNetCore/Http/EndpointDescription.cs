using System.ComponentModel;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AarenGen.AspNetCore.Http;

/// <summary>
/// Describes endpoints for OpenAPI documents: the framework reads the parameters of a handler, and these handlers read requests themselves.
/// </summary>
internal sealed class EndpointDescription(string name, StreamEndpointOptions options)
{
    private const string Json = "application/json", Problem = "application/problem+json", Events = "text/event-stream";

    /// <summary>The longest body that Kestrel reads unless it is told otherwise.</summary>
    private const int ServerLimit = 30_000_000;

    private static readonly MethodInfo Anywhere = Method(nameof(HandlerOfAll)), OfStream = Method(nameof(HandlerOfStream));

    /// <summary>What all endpoints share.</summary>
    public void Describe(RouteGroupBuilder group)
    {
        group.WithTags(name);
        if (options.MaxBodyBytes > ServerLimit)
        {
            // A lower limit is not told: beyond its limit the server closes the connection, and the client might not see the answer.
            group.WithMetadata(new BodyLimit(options.MaxBodyBytes));
        }
    }

    public void StepMany(IEndpointConventionBuilder endpoint) => Add(
        endpoint, Anywhere, "StepMany", "Reads tokens of any streams, in their order.",
        "Each token has a result of its own, also one that was not read; the answer is 200 then, too.", typeof(BatchRequest), [
            new(StatusCodes.Status200OK, typeof(BatchResponse), [Json]), .. Problems(400, 413, 415, 503),
        ]);

    public void Step(IEndpointConventionBuilder endpoint) => Add(
        endpoint, OfStream, "Step", "Reads a token of a stream; its first token creates the stream.",
        "A token that was not read is answered with problem details, whose members result and sequence say why, and which token the stream "
        + "read last.", typeof(TokenRequest), [
            new(StatusCodes.Status200OK, typeof(TokenResult), [Json]), .. Problems(400, 413, 415, 503),
        ]);

    public void Service(IEndpointConventionBuilder endpoint) => Add(
        endpoint, Anywhere, "GetService", "Tells of the model and its streams.", null, null,
        [new(StatusCodes.Status200OK, typeof(ServiceDetails), [Json])]);

    public void Stream(IEndpointConventionBuilder endpoint) => Add(
        endpoint, OfStream, "GetStream", "Tells of a stream, with its last output.", null, null,
        [new(StatusCodes.Status200OK, typeof(StreamDetails), [Json]), .. Problems(400, 404, 503)]);

    public void Remove(IEndpointConventionBuilder endpoint) => Add(
        endpoint, OfStream, "Remove", "Removes a stream: its state, its number of tokens and its last output.", null, null,
        [new(StatusCodes.Status204NoContent, typeof(void), []), .. Problems(400, 404, 503)]);

    public void Reset(IEndpointConventionBuilder endpoint) => Add(
        endpoint, OfStream, "Reset", "Makes a stream forget what it has read; the numbers of its tokens go on.", null, null,
        [new(StatusCodes.Status200OK, typeof(StreamDetails), [Json]), .. Problems(400, 404, 503)]);

    public void Watch(IEndpointConventionBuilder endpoint) => Add(
        endpoint, OfStream, "Watch", "Sends the outputs of a stream as they come, as server-sent events.",
        "The data of an event is JSON. The oldest events are dropped where the client is slow; none are sent again after it has "
        + "reconnected.",
        null, [new(StatusCodes.Status200OK, typeof(OutputEvent), [Events]), .. Problems(400, 404, 503)]);

    private void Add(
        IEndpointConventionBuilder endpoint, MethodInfo handler, string operation, string summary, string? description, Type? body,
        ProducesResponseTypeMetadata[] responses)
    {
        endpoint.WithName($"{name}.{operation}").WithSummary(summary).WithMetadata(handler).WithMetadata([.. responses]);
        if (description is not null)
        {
            endpoint.WithDescription(description);
        }
        if (body is not null)
        {
            endpoint.WithMetadata(new AcceptsMetadata([Json], body));
        }
        foreach (ParameterInfo parameter in handler.GetParameters())
        {
            endpoint.WithMetadata(new PathParameter(parameter));
        }
    }

    private static IEnumerable<ProducesResponseTypeMetadata> Problems(params int[] statuses) =>
        statuses.Select(static s => new ProducesResponseTypeMetadata(s, typeof(ProblemDetails), [Problem]));

    private static MethodInfo Method(string name) =>
        typeof(EndpointDescription).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;

    private static void HandlerOfAll()
    {
    }

    private static void HandlerOfStream([Description("The stream's id: 1 to 255 bytes of UTF-8.")] string id) => _ = id;

    /// <summary>Raises the limit of the server.</summary>
    private sealed class BodyLimit(int bytes) : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => bytes;
    }

    private sealed class PathParameter(ParameterInfo parameter) : IParameterBindingMetadata
    {
        public string Name => parameter.Name!;

        public bool HasTryParse => false;

        public bool HasBindAsync => false;

        public ParameterInfo ParameterInfo => parameter;

        public bool IsOptional => false;
    }
}
