using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using AarenGen.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AarenGen.AspNetCore.Tests;

/// <summary>Clients that send what they should not: they are refused, nothing is logged as an error, and others are served.</summary>
public sealed class HostileTests
{
    private const string Good = """{"token":[1,2]}""";

    /// <summary>A body for a batch, and the byte at which it goes wrong.</summary>
    public static TheoryData<string, int> Batches => new()
    {
        { "", 0 },
        { "   ", 3 },
        { "null", 0 },
        { "[]", 0 },
        { "{}", 1 },
        { "{\"tokens\":[", 11 },
        { "{\"tokens\":[]}x", 13 },
        { "{\"tokens\":[]}{}", 13 },
        { "{\"tokens\":[],\"tokens\":[]}", 13 },
        { "{\"tokens\":{}}", 10 },
        { "{\"Tokens\":[]}", 1 },
        { "{\"tokens\":[],\"more\":1}", 13 },
        { "{\"tokens\":[5]}", 11 },
        { "{\"tokens\":[{}]}", 12 },
        { "{\"tokens\":[{\"id\":\"a\"}]}", 20 },
        { "{\"tokens\":[{\"token\":[1,2]}]}", 25 },
        { "{\"tokens\":[{\"id\":5,\"token\":[1,2]}]}", 17 },
        { "{\"tokens\":[{\"id\":null,\"token\":[1,2]}]}", 17 },
        { "{\"tokens\":[{\"id\":\"a\",\"id\":\"b\",\"token\":[1,2]}]}", 21 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[1,2],\"token\":[1,2]}]}", 35 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[1,\"2\"]}]}", 32 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[1,NaN]}]}", 32 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[1,true]}]}", 32 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[[1,2]]}]}", 30 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":\"1,2\"}]}", 29 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[1,2],\"sequence\":-1}]}", 46 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[1,2],\"sequence\":1.5}]}", 46 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[1,2],\"sequence\":\"1\"}]}", 46 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[1,2],\"sequence\":99999999999999999999}]}", 46 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[1,2],\"seqence\":1}]}", 35 },
        { "{\"tokens\":[{\"id\":\"\\ud800\",\"token\":[1,2]}]}", 17 },
        { "{\"tokens\":[{\"\\ud800\":1}]}", 12 },
        { "{\"\\ud800\":1}", 1 },
        { "{\n  \"tokens\": [\n    {]\n}", 21 },
        { new string('[', 100_000), 0 },
        { "{\"tokens\":" + new string('[', 100_000), 11 },
        { "{\"tokens\":[{\"id\":\"a\",\"token\":[" + new string('[', 100_000), 30 },
    };

    [Theory]
    [MemberData(nameof(Batches))]
    public async Task A_body_that_is_not_as_described_is_refused_whole_with_the_place(string body, int offset)
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        JsonElement problem = await app.Refused(HttpStatusCode.BadRequest, StreamsApp.Small, body);
        Assert.Equal(offset, problem.GetProperty("offset").GetInt32());
        Assert.StartsWith($"At byte {offset}: ", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, app.Service.StreamCount);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        var random = new Random(3);
        var noise = new byte[1000];
        random.NextBytes(noise);
        byte[] id = [.. "{\"tokens\":[{\"id\":\""u8, 0xC3, 0x28, .. "\",\"token\":[1,2]}]}"u8];
        foreach (byte[] body in (byte[][])[noise, id, [0xEF, 0xBB, 0xBF, .. "{\"tokens\":[]}"u8]])
        {
            await StreamsApp.Problem(HttpStatusCode.BadRequest, await app.Client.PostAsync(
                "/small", new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } }));
        }
        Assert.Equal(0, app.Service.StreamCount);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("[1,2,3]")]
    [InlineData("[]")]
    [InlineData("[1e400,2]")]
    [InlineData("[-1e400,2]")]
    [InlineData("[1e39,2]")]
    [InlineData("[1.1e15,2]")]
    [InlineData("[null,2]")]
    public async Task A_token_that_the_model_cannot_read_is_invalid(string token)
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        JsonElement problem = await app.Refused(HttpStatusCode.BadRequest, "/small/a", $$"""{"token":{{token}}}""");
        Assert.Equal("invalid", problem.GetProperty("result").GetString());
        string batch = $$"""{"tokens":[{"id":"a","token":{{token}}},{"id":"a","token":[1,2]}]}""";
        HttpResponseMessage response = await app.Post("/small", batch);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            ["invalid", "accepted"],
            JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("results").EnumerateArray()
                .Select(static r => r.GetProperty("status").GetString()));
    }

    [Theory]
    [InlineData("""{"id":"b","token":[1,2]}""")]
    [InlineData("""{"sequence":1}""")]
    [InlineData("""[1,2]""")]
    [InlineData("""{"token":[1,2]} x""")]
    [InlineData("""{"token":[1,2]""")]
    public async Task A_body_that_is_no_token_is_refused(string body)
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        JsonElement problem = await app.Refused(HttpStatusCode.BadRequest, "/small/a", body);
        Assert.True(problem.TryGetProperty("offset", out _));
        Assert.Equal(0, app.Service.StreamCount);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task A_body_that_does_not_say_that_it_is_JSON_is_refused(string? type)
    {
        // A page of another site can send such a body with the cookies of this one.
        await using StreamsApp app = await StreamsApp.StartAsync();
        await StreamsApp.Problem(HttpStatusCode.UnsupportedMediaType, await app.Post("/small/a", Good, type));
        await StreamsApp.Problem(HttpStatusCode.UnsupportedMediaType, await app.Post("/small", """{"tokens":[]}""", type));
        Assert.Equal(0, app.Service.StreamCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_beyond_the_limit_is_refused(bool isChunked)
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { MaxBodyBytes = 10_000 });
        foreach (string path in (string[])["/small", "/small/a"])
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Good + new string(' ', 10_000)))
                {
                    Headers = { ContentType = new("application/json") },
                },
            };
            request.Headers.TransferEncodingChunked = isChunked;
            await StreamsApp.Problem(HttpStatusCode.RequestEntityTooLarge, await app.Client.SendAsync(request));
        }
        HttpResponseMessage largest = await app.Post("/small/a", Good + new string(' ', 10_000 - Good.Length));
        Assert.Equal(HttpStatusCode.OK, largest.StatusCode);
    }

    [Fact]
    public async Task Too_many_tokens_are_refused()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { MaxTokensPerRequest = 3 });
        string Body(int count) => $$"""
            {"tokens":[{{string.Join(',', Enumerable.Repeat("""{"id":"a","token":[1,2]}""", count))}}]}
            """;
        await app.Refused(HttpStatusCode.RequestEntityTooLarge, "/small", Body(4));
        Assert.Equal(0, app.Service.StreamCount);
        Assert.Equal(HttpStatusCode.OK, (await app.Post("/small", Body(3))).StatusCode);

        // More than the service ever takes at once.
        await using StreamsApp narrow = await StreamsApp.StartAsync(configure: static o => o with { MaxPendingTokens = 2 });
        await narrow.Refused(HttpStatusCode.RequestEntityTooLarge, "/small", Body(3));
        Assert.Equal(HttpStatusCode.OK, (await narrow.Post("/small", Body(2))).StatusCode);
    }

    [Fact]
    public async Task A_replayed_batch_changes_nothing()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        NamedTokenRequest[] tokens =
            [.. Enumerable.Range(0, 50).Select(static i => new NamedTokenRequest { Id = $"{i}", Sequence = 1, Token = [i, 1] })];
        IReadOnlyList<TokenAnswer> first = await app.StepMany("/small", tokens);
        for (int i = 0; i < 5; i++)
        {
            IReadOnlyList<TokenAnswer> again = await app.StepMany("/small", tokens);
            Assert.All(again, static r => Assert.Equal((StepStatus.Repeated, 1), (r.Status, r.Sequence)));
            Assert.Equal(first.Select(static r => r.Output![0]), again.Select(static r => r.Output![0]));
        }
    }

    [Fact]
    public async Task A_thousand_connections_that_send_half_a_body_do_no_harm()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        byte[] half = Encoding.ASCII.GetBytes(
            "POST /small/slow HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"token\":[1,");
        var clients = new List<Socket>();
        try
        {
            for (int i = 0; i < 1000; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                clients.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, app.Address.Port);
                await socket.SendAsync(half);
            }
            for (int i = 1; i <= 100; i++)
            {
                Assert.Equal(i, (await app.Step("a", i, 1, 2)).Sequence);
            }
        }
        finally
        {
            clients.ForEach(static c => c.Dispose());
        }
        Assert.Equal(101, (await app.Step("a", 101, 1, 2)).Sequence);
        Assert.Equal(1, app.Service.StreamCount);
    }

    [Fact]
    public async Task Clients_that_are_gone_are_no_error()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(
            configure: static o => o with { MaxDelay = TimeSpan.FromMilliseconds(50), Shards = 1 });
        string request = $"POST /small/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {Good.Length}\r\n\r\n";
        // In the head, in the body, and while the token waits; with an end and with a reset.
        foreach (string sent in (string[])[request[..20], request, request + Good[..8], request + Good])
        {
            foreach (bool isReset in (bool[])[false, true])
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, app.Address.Port);
                await socket.SendAsync(Encoding.ASCII.GetBytes(sent));
                await Task.Delay(10);
                if (isReset)
                {
                    socket.LingerState = new(true, 0);
                }
                socket.Close();
            }
        }
        using var cancellation = new CancellationTokenSource(20);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => app.Client.PostAsync("/small/b", new StringContent(Good, null, "application/json"), cancellation.Token));
        // What they left is over.
        await Task.Delay(200);
        Assert.Equal(1, (await app.Step("c", 1, 1, 2)).Sequence);
        Assert.Equal(0, app.Service.PendingTokens);
    }

    /// <summary>Whatever the bytes are, they are read or refused; what else an exception could be is a 500, and logged.</summary>
    [Fact]
    public async Task Random_bytes_are_read_or_refused()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        var random = new Random(5);
        string[] pieces =
        [
            "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud800", "\\udc00", "tokens", "token", "id", "sequence", "null", "true", "1",
            "-", "e400", ".5", "9223372036854775808", " ", "\n", "\0", "\u00e9", "//", "/*", "\ufeff", "NaN",
        ];
        byte[][] seeds =
        [
            Encoding.UTF8.GetBytes("""{"sequence":1,"token":[1,2]}"""),
            Encoding.UTF8.GetBytes("""{"tokens":[{"id":"a","sequence":0,"token":[1,-2.5e3]},{"token":[null,2],"id":"\u00e9"}]}"""),
        ];
        for (int i = 0; i < 6000; i++)
        {
            List<byte> body = [.. seeds[i % 2]];
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                int at = random.Next(body.Count + 1);
                switch (random.Next(4))
                {
                    case 0:
                        body.Insert(at, (byte)random.Next(256));
                        break;
                    case 1:
                        body.InsertRange(at, Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)]));
                        break;
                    case 2:
                        body.RemoveRange(at, Math.Min(random.Next(8), body.Count - at));
                        break;
                    default:
                        // A part once more, somewhere else.
                        int from = random.Next(body.Count + 1);
                        body.InsertRange(at, body.GetRange(from, Math.Min(random.Next(20), body.Count - from)));
                        break;
                }
            }
            HttpResponseMessage response = await app.Client.PostAsync(
                random.Next(2) == 0 ? "/small" : "/small/a",
                new ByteArrayContent([.. body]) { Headers = { ContentType = new("application/json") } });
            Assert.True(
                response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest,
                $"{response.StatusCode} for {Convert.ToHexString([.. body])}");
        }
    }

    /// <summary>The host has authorized the id that was routed, and the raw address has another one at that place.</summary>
    [Theory]
    [InlineData("POST", "/small/mine%2Fx/reset/victim/..")]
    [InlineData("GET", "/small/mine%2Fx/events/victim/..")]
    [InlineData("GET", "/small/mine%2Fx/victim/..")]
    [InlineData("DELETE", "/small/mine%2Fx/victim/..")]
    [InlineData("DELETE", "/small/mine%2Fx/.")]
    [InlineData("DELETE", "/small/victim/../mine%2Fx/.")]
    [InlineData("GET", "/small/mine%2Fx/%2e")]
    [InlineData("GET", "/small/mine%2fx/victim/%2E%2e")]
    public async Task An_address_with_dot_segments_reaches_no_other_stream(string method, string path)
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        foreach (string id in (string[])["victim", ".", "x", "reset"])
        {
            await app.StepMany("/small", new NamedTokenRequest { Id = id, Token = [1, 2] });
        }
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, app.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        var answer = new byte[4096];
        string status = Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer)).Split(' ')[1];
        Assert.Contains(status, (string[])["400", "404"]);
        Assert.Equal(4, app.Service.StreamCount);
        Assert.Equal(1, (await app.Service.FindAsync("victim"))!.Value.TokenCount);
    }

    [Fact]
    public async Task A_client_that_is_gone_is_not_answered()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        RouteEndpoint endpoint = app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Single(
            static e => e.RoutePattern.RawText == "/small/{id}" && e.Metadata.GetMetadata<IAcceptsMetadata>() is not null);
        var gone = new Gone();
        var context = new DefaultHttpContext { RequestServices = app.Services };
        context.Features.Set<IHttpRequestLifetimeFeature>(gone);
        context.Request.RouteValues["id"] = "a";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(Good));
        context.Response.Body = new MemoryStream();
        await endpoint.RequestDelegate!(context);
        Assert.True(gone.IsAborted);
        Assert.Equal(0, context.Response.Body.Length);
        Assert.Equal(0, app.Service.StreamCount);
    }

    [Theory]
    [InlineData("PUT", "/small/a", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/small", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/small/a/b", HttpStatusCode.NotFound)]
    [InlineData("GET", "/small/%00", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/small/%FF", HttpStatusCode.NotFound)]
    public async Task Other_addresses_are_not_served(string method, string path, HttpStatusCode status)
    {
        await using StreamsApp app = await StreamsApp.StartAsync(map: static a => a.MapStreams<SmallModel>("/small"));
        HttpResponseMessage response = await app.Client.SendAsync(new(new(method), path));
        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData("PUT", "/small/a", "GET, POST, DELETE")]
    [InlineData("DELETE", "/small", "GET, POST")]
    [InlineData("GET", "/small/a/reset", "POST")]
    [InlineData("POST", "/small/a/events", "GET")]
    [InlineData("PATCH", "/small/a", "GET, POST, DELETE")]
    public async Task A_method_that_the_address_does_not_have_is_refused_with_those_that_it_has(string method, string path, string others)
    {
        await using StreamsApp app = await StreamsApp.StartAsync(map: static a =>
        {
            a.MapStreams<SmallModel>("/small");
            a.MapPut("/small/{id}/own", static () => "the host's");
            a.MapMethods("/small/{id}", ["OPTIONS"], static () => "the host's");
        });
        HttpResponseMessage response = await app.Client.SendAsync(new(new(method), path));
        Assert.Equal(others.Split(", "), response.Content.Headers.Allow);
        await StreamsApp.Problem(HttpStatusCode.MethodNotAllowed, response);
        // What the host maps itself goes first.
        Assert.Equal("the host's", await (await app.Client.PutAsync("/small/a/own", null)).Content.ReadAsStringAsync());
        response = await app.Client.SendAsync(new(HttpMethod.Options, "/small/a"));
        Assert.Equal("the host's", await response.Content.ReadAsStringAsync());
    }

    private sealed class Gone : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; } = new(canceled: true);

        public bool IsAborted { get; private set; }

        public void Abort() => IsAborted = true;
    }
}
