using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text.Encodings.Web;
using AarenGen.Serving;
using AarenGen.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AarenGen.AspNetCore.Tests;

/// <summary>What the host says of the endpoints holds for all of them: without a key nobody writes, reads, watches or resets.</summary>
public sealed class AuthorizationTests
{
    private const string Key = "ApiKey secret";

    private static Task<StreamsApp> StartAsync() => StreamsApp.StartAsync(
        add: static s =>
        {
            s.AddAuthentication("ApiKey").AddScheme<AuthenticationSchemeOptions, KeyHandler>("ApiKey", null);
            s.AddAuthorization();
            s.AddStreams(static _ => PatchModel.Create(seed: 2)).KeepInMemory();
        },
        map: static a =>
        {
            a.UseRouting();
            a.UseAuthentication();
            a.UseAuthorization();
            a.MapStreams<SmallModel>("/small").RequireAuthorization();
            a.MapStreamsGrpc<SmallModel>().RequireAuthorization();
            // Another model of the same host is open to all.
            a.MapStreams<PatchModel>("/patches");
            a.MapStreamsGrpc<PatchModel>();
        });

    public static TheoryData<string, string> Requests => new()
    {
        { "POST", "/small" }, { "POST", "/small/a" }, { "GET", "/small" }, { "GET", "/small/a" }, { "DELETE", "/small/a" },
        { "POST", "/small/a/reset" }, { "GET", "/small/a/events" }, { "POST", "/small/" }, { "POST", "/small/A" }, { "GET", "/small/none" },
        { "PUT", "/small" }, { "PUT", "/small/a" }, { "PUT", "/small/a/reset" }, { "PUT", "/small/a/events" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Nothing_is_done_without_the_key(string method, string path)
    {
        await using StreamsApp app = await StartAsync();
        await app.Service.StepAsync("a", new float[] { 1, 2 }, new float[1]);
        foreach (string? type in (string?[])["application/json", "text/plain", null])
        {
            foreach (string? key in (string?[])[null, "ApiKey wrong"])
            {
                using var request = new HttpRequestMessage(new(method), path);
                if (method == "POST")
                {
                    request.Content = new ByteArrayContent("""{"token":[1,2]}"""u8.ToArray())
                    {
                        Headers = { ContentType = type is null ? null : new(type) },
                    };
                }
                if (key is not null)
                {
                    request.Headers.Authorization = AuthenticationHeaderValue.Parse(key);
                }
                HttpResponseMessage response = await app.Client.SendAsync(request);
                Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
                Assert.Empty(await response.Content.ReadAsStringAsync());
            }
        }
        Assert.Equal(1, app.Service.StreamCount);
        var info = await app.Service.FindAsync("a");
        Assert.Equal((1, 1), (info!.Value.Sequence, info.Value.TokenCount));
    }

    /// <summary>So that an endpoint that is new is among them.</summary>
    [Fact]
    public async Task All_endpoints_of_the_group_were_tried()
    {
        await using StreamsApp app = await StartAsync();
        IEnumerable<string> mapped = app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static e => e.RoutePattern.RawText!.StartsWith("/small", StringComparison.Ordinal))
            .SelectMany(static e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["PUT"]).Select(m =>
                $"{m} {e.RoutePattern.RawText!.Replace("{id}", "a", StringComparison.Ordinal).TrimEnd('/')}"));
        Assert.Empty(mapped.Except(Requests.Select(static r => $"{r[0]} {r[1]}")));
    }

    [Fact]
    public async Task With_the_key_and_for_the_open_model_all_is_done()
    {
        await using StreamsApp app = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await app.Post("/patches/a", """{"token":[1]}""")).StatusCode);
        app.Client.DefaultRequestHeaders.Authorization = AuthenticationHeaderValue.Parse(Key);
        Assert.Equal(HttpStatusCode.OK, (await app.Post("/small/a", """{"token":[1,2]}""")).StatusCode);
    }

    [Theory]
    [InlineData(nameof(SmallModel), null, StatusCode.Unauthenticated)]
    [InlineData(nameof(SmallModel), "ApiKey wrong", StatusCode.Unauthenticated)]
    [InlineData(nameof(SmallModel), Key, StatusCode.OK)]
    [InlineData(nameof(PatchModel), null, StatusCode.OK)]
    [InlineData(null, null, StatusCode.InvalidArgument)]
    public async Task A_call_needs_the_key_of_its_model(string? model, string? key, StatusCode expected)
    {
        await using StreamsApp app = await StartAsync();
        var headers = new Metadata();
        if (model is not null)
        {
            headers.Add("aarengen-model", model);
        }
        if (key is not null)
        {
            headers.Add("authorization", key);
        }
        using AsyncDuplexStreamingCall<V1.StepRequest, StepReply> call = new Streams.StreamsClient(app.Channel).Step(headers);
        var request = new V1.StepRequest { Ids = { "a" }, Values = { 1 } };
        if (model == nameof(SmallModel))
        {
            request.Values.Add(2);
        }
        StatusCode status = StatusCode.OK;
        try
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal([V1.Status.Accepted], call.ResponseStream.Current.Statuses);
        }
        catch (RpcException e)
        {
            status = e.StatusCode;
        }
        Assert.Equal(expected, status);
        Assert.Equal(expected == StatusCode.OK && model == nameof(SmallModel) ? 1 : 0, app.Service.StreamCount);
    }

    private sealed class KeyHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers.Authorization == Key
                ? AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity([], Scheme.Name)), Scheme.Name))
                : AuthenticateResult.NoResult());
    }
}
