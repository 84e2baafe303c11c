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
/// <param name="name">In the names of the endpoints.</param>
/// <param name="options">What they accept.</param>
/// <param name="what">What streams read: token or record.</param>
internal sealed class EndpointDescription(string name, StreamEndpointOptions options, string what = "token")
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

    public void StepMany(IEndpointConventionBuilder endpoint, Type? request = null, Type? response = null) => Add(
        endpoint, Anywhere, "StepMany", $"Reads {what}s of any streams, in their order.",
        $"Each {what} has a result of its own, also one that was not read; the answer is 200 then, too.",
        request ?? typeof(TokenBatchRequest), [
            new(StatusCodes.Status200OK, response ?? typeof(TokenBatchResponse), [Json]), .. Problems(400, 413, 415, 503),
        ]);

    public void Step(IEndpointConventionBuilder endpoint, Type? request = null, Type? response = null) => Add(
        endpoint, OfStream, "Step", $"Reads a {what} of a stream; its first {what} creates the stream.",
        $"A {what} that was not read is answered with problem details, whose members result and sequence say why, and which {what} the "
        + "stream read last.", request ?? typeof(TokenRequest), [
            new(StatusCodes.Status200OK, response ?? typeof(TokenAnswer), [Json]), .. Problems(400, 413, 415, 503),
        ]);

    public void Service(IEndpointConventionBuilder endpoint, Type? response = null) => Add(
        endpoint, Anywhere, "GetService", "Tells of the model and its streams.", null, null,
        [new(StatusCodes.Status200OK, response ?? typeof(TokenServiceDetails), [Json])]);

    public void Stream(IEndpointConventionBuilder endpoint, Type? response = null) => Add(
        endpoint, OfStream, "GetStream", "Tells of a stream, with its last output.", null, null,
        [new(StatusCodes.Status200OK, response ?? typeof(TokenStreamDetails), [Json]), .. Problems(400, 404, 503)]);

    public void Remove(IEndpointConventionBuilder endpoint) => Add(
        endpoint, OfStream, "Remove", $"Removes a stream: its state, its number of {what}s and its last output.", null, null,
        [new(StatusCodes.Status204NoContent, typeof(void), []), .. Problems(400, 404, 503)]);

    public void Reset(IEndpointConventionBuilder endpoint, Type? response = null) => Add(
        endpoint, OfStream, "Reset", $"Makes a stream forget what it has read; the numbers of its {what}s go on.", null, null,
        [new(StatusCodes.Status200OK, response ?? typeof(TokenStreamDetails), [Json]), .. Problems(400, 404, 503)]);

    public void Watch(IEndpointConventionBuilder endpoint, Type? response = null) => Add(
        endpoint, OfStream, "Watch", "Sends the outputs of a stream as they come, as server-sent events.",
        "The data of an event is JSON. The oldest events are dropped where the client is slow; none are sent again after it has "
        + "reconnected.",
        null, [new(StatusCodes.Status200OK, response ?? typeof(TokenEvent), [Events]), .. Problems(400, 404, 503)]);

    public void Advance(IEndpointConventionBuilder endpoint) => Add(
        endpoint, OfStream, "Advance", "Completes the intervals of a stream that have ended until a moment.",
        "It has no number, and may be sent again: the answer is repeated where nothing was left to complete. Records of these intervals "
        + "that come later are refused.", typeof(AdvanceRequest), [
            new(StatusCodes.Status200OK, typeof(RecordAnswer), [Json]), .. Problems(400, 404, 408, 413, 415, 503),
        ]);

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
