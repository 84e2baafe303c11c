using System.Net;
using System.Text;
using AarenGen.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace AarenGen.Soak;

/// <summary>A client that does all else that a service offers: single tokens, gRPC, watching, resets, removals, and mistakes.</summary>
/// <param name="http">The connection of HTTP/1.1.</param>
/// <param name="channel">That of HTTP/2.</param>
internal sealed class Visitor(HttpClient http, GrpcChannel channel)
{
    private const int Streams = 500, GrpcMessages = 20;

    private int visits;

    /// <summary>Requests that were answered as they should be.</summary>
    public long Requests { get; private set; }

    /// <summary>Does everything once.</summary>
    /// <returns>What went wrong; null: nothing.</returns>
    public async Task<string?> VisitAsync()
    {
        // An id that may have been removed, then begins anew; every other visit removes it.
        int visit = visits++;
        string address = $"{ServerHost.Prefix}/visit-{visit % Streams}";
        string? wrong = await ExpectAsync(HttpMethod.Post, address, """{"token":[1,2,3]}""", HttpStatusCode.OK)
            ?? await ExpectAsync(HttpMethod.Post, address, """{"token":[1,2]}""", HttpStatusCode.BadRequest)
            ?? await ExpectAsync(HttpMethod.Post, address, """{"tokken":[1,2,3]}""", HttpStatusCode.BadRequest)
            ?? await ExpectAsync(HttpMethod.Post, address, """{"sequence":1000000,"token":[1,2,3]}""", HttpStatusCode.BadRequest)
            ?? await ExpectAsync(HttpMethod.Get, address, null, HttpStatusCode.OK)
            ?? await ExpectAsync(HttpMethod.Get, ServerHost.Prefix, null, HttpStatusCode.OK)
            ?? await ExpectAsync(HttpMethod.Get, $"{ServerHost.Prefix}/nobody", null, HttpStatusCode.NotFound)
            ?? await WatchAsync(address)
            ?? await CallAsync(visit)
            ?? await ExpectAsync(HttpMethod.Post, $"{address}/reset", "", HttpStatusCode.OK);
        return wrong ?? (visit % 2 == 0 ? null : await ExpectAsync(HttpMethod.Delete, address, null, HttpStatusCode.NoContent));
    }

    private async Task<string?> ExpectAsync(HttpMethod method, string address, string? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, address)
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage response = await http.SendAsync(request);
        string answer = await response.Content.ReadAsStringAsync();
        Requests++;
        return response.StatusCode == expected ? null : $"{method} {address} {body}: {(int)response.StatusCode} {answer}";
    }

    /// <summary>Watches a stream until its next output.</summary>
    private async Task<string?> WatchAsync(string address)
    {
        using HttpResponseMessage response = await http.GetAsync($"{address}/events", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        string? first = await reader.ReadLineAsync();
        string? wrong = await ExpectAsync(HttpMethod.Post, address, """{"token":[3,2,1]}""", HttpStatusCode.OK);
        while (wrong is null && await reader.ReadLineAsync() is var line && line?.StartsWith("data: ", StringComparison.Ordinal) != true)
        {
            wrong = line is null ? $"The events of {address} ended after \"{first}\"." : null;
        }
        Requests++;
        return wrong;
    }

    /// <summary>A call of single tokens, whose answers are read while it writes.</summary>
    private async Task<string?> CallAsync(int visit)
    {
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = new Streams.StreamsClient(channel).Step();
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < GrpcMessages; i++)
            {
                await call.RequestStream.WriteAsync(new() { Ids = { $"call-{(visit + i) % Streams}" }, Values = { 1, 2, 3 } });
            }
            await call.RequestStream.CompleteAsync();
        });
        int replies = 0;
        await foreach (StepReply reply in call.ResponseStream.ReadAllAsync())
        {
            replies++;
            if (reply.Statuses is not [V1.Status.Accepted])
            {
                return $"gRPC: {reply}";
            }
        }
        await writing;
        Requests += replies;
        return replies == GrpcMessages ? null : $"gRPC: {replies} replies to {GrpcMessages} messages.";
    }
}
