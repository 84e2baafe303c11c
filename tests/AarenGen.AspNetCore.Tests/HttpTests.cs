using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AarenGen.Serving;
using AarenGen.Serving.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AarenGen.AspNetCore.Tests;

/// <summary>Streams over HTTP.</summary>
public sealed class HttpTests
{
    private static float[] Steps(StreamState<SmallModel> state, SmallModel model, params float[] token)
    {
        var output = new float[1];
        model.Step(state, token, output);
        return output;
    }

    [Fact]
    public async Task Outputs_are_those_of_the_model_to_the_last_bit()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        SmallModel model = SmallModel.Create(seed: 1);
        StreamState<SmallModel> state = model.CreateState();
        var random = new Random(1);
        for (int i = 1; i <= 50; i++)
        {
            float[] token = [random.NextSingle() * 10 - 5, MathF.Pow(10, random.NextSingle() * 16 - 8)];
            TokenAnswer result = await app.Step("a", i, token[0], token[1]);
            Assert.Equal((StepStatus.Accepted, i, null), (result.Status, result.Sequence, result.Message));
            Assert.Equal(Steps(state, model, token)[0], result.Output![0]!.Value);
        }
    }

    [Fact]
    public async Task A_token_that_is_sent_again_has_the_same_output_and_others_are_refused()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        await app.Step("a", 1, 1, 2);
        TokenAnswer second = await app.Step("a", 2, 3, 4), again = await app.Step("a", 2, 3, 4);
        Assert.Equal((StepStatus.Repeated, 2), (again.Status, again.Sequence));
        Assert.Equal(second.Output, again.Output);

        JsonElement gap = await app.Refused(HttpStatusCode.BadRequest, "/small/a", """{"sequence":4,"token":[1,2]}""");
        Assert.Equal(("gap", 2), (gap.GetProperty("result").GetString(), gap.GetProperty("sequence").GetInt32()));
        JsonElement stale = await app.Refused(HttpStatusCode.BadRequest, "/small/a", """{"sequence":1,"token":[1,2]}""");
        Assert.Equal(("stale", 2), (stale.GetProperty("result").GetString(), stale.GetProperty("sequence").GetInt32()));
        JsonElement unknown = await app.Refused(HttpStatusCode.BadRequest, "/small/b", """{"sequence":2,"token":[1,2]}""");
        Assert.Equal(("gap", 0), (unknown.GetProperty("result").GetString(), unknown.GetProperty("sequence").GetInt32()));
        Assert.Equal(3, (await app.Step("a", 0, 5, 6)).Sequence);
    }

    [Fact]
    public async Task A_batch_has_a_result_for_each_token_in_order()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        IReadOnlyList<TokenAnswer> results = await app.StepMany(
            StreamsApp.Small,
            new() { Id = "a", Sequence = 1, Token = [1, 2] }, new() { Id = "b", Token = [1, 2, 3] },
            new() { Id = "a", Sequence = 2, Token = [3, 4] }, new() { Id = "a", Sequence = 4, Token = [3, 4] },
            new() { Id = "", Token = [3, 4] }, new() { Id = "c", Token = [null, 4] }, new() { Id = "c", Token = [1, 2] },
            new() { Id = "d", Token = [] });
        Assert.Equal(
            [
                (StepStatus.Accepted, 1L), (StepStatus.Invalid, 0), (StepStatus.Accepted, 2), (StepStatus.Gap, 2), (StepStatus.Invalid, 0),
                (StepStatus.Invalid, 0), (StepStatus.Accepted, 1), (StepStatus.Invalid, 0),
            ],
            results.Select(static r => (r.Status, r.Sequence)));
        Assert.All(results, static r => Assert.Equal(r.Status == StepStatus.Accepted, r.Output is not null));
        Assert.All(results, static r => Assert.Equal(r.Status == StepStatus.Accepted, r.Message is null));
        Assert.Contains("has 3 numbers, and the model reads 2", results[1].Message, StringComparison.Ordinal);
        SmallModel model = SmallModel.Create(seed: 1);
        StreamState<SmallModel> state = model.CreateState();
        Assert.Equal(Steps(state, model, 1, 2)[0], results[0].Output![0]);
        Assert.Equal(Steps(state, model, 3, 4)[0], results[2].Output![0]);
        Assert.Equal(results[0].Output, results[6].Output);
        Assert.Empty(await app.StepMany(StreamsApp.Small));
    }

    [Fact]
    public async Task Large_batches_are_read_across_the_segments_of_the_body()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        var random = new Random(2);
        NamedTokenRequest[] tokens =
        [
            .. Enumerable.Range(0, 4096).Select(i => new NamedTokenRequest
            {
                Id = $"stream-{i % 1000}-{new string('x', i % 37)}", Token = [random.NextSingle(), random.NextSingle() * 1e-20f],
            }),
        ];
        IReadOnlyList<TokenAnswer> results = await app.StepMany(StreamsApp.Small, tokens);
        SmallModel model = SmallModel.Create(seed: 1);
        var states = new Dictionary<string, StreamState<SmallModel>>();
        for (int i = 0; i < tokens.Length; i++)
        {
            if (!states.TryGetValue(tokens[i].Id, out StreamState<SmallModel>? state))
            {
                states.Add(tokens[i].Id, state = model.CreateState());
            }
            Assert.Equal(Steps(state, model, [.. tokens[i].Token.Select(static n => n!.Value)])[0], results[i].Output![0]);
        }
    }

    [Fact]
    public async Task A_stream_is_told_of_reset_and_removed()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        TokenAnswer first = await app.Step("a", 1, 1, 2), second = await app.Step("a", 2, -3, 4);
        var details = await app.Client.GetFromJsonAsync<TokenStreamDetails>("/small/a");
        string weights = SmallModel.Create(seed: 1).WeightFingerprint;
        Assert.Equal(("a", 2, 2, weights), (details!.Id, details.Sequence, details.TokenCount, details.WeightFingerprint));
        Assert.Equal(second.Output, details.Output);
        Assert.NotEqual(first.Output, second.Output);

        HttpResponseMessage reset = await app.Client.PostAsync("/small/a/reset", null);
        Assert.Equal(HttpStatusCode.OK, reset.StatusCode);
        details = await reset.Content.ReadFromJsonAsync<TokenStreamDetails>();
        Assert.Equal((2, 0), (details!.Sequence, details.TokenCount));
        TokenAnswer third = await app.Step("a", 3, 1, 2);
        Assert.Equal(first.Output, third.Output);

        Assert.Equal(HttpStatusCode.NoContent, (await app.Client.DeleteAsync("/small/a")).StatusCode);
        await StreamsApp.Problem(HttpStatusCode.NotFound, await app.Client.GetAsync("/small/a"));
        await StreamsApp.Problem(HttpStatusCode.NotFound, await app.Client.DeleteAsync("/small/a"));
        await StreamsApp.Problem(HttpStatusCode.NotFound, await app.Client.PostAsync("/small/a/reset", null));
        Assert.Equal(1, (await app.Step("a", 1, 1, 2)).Sequence);
    }

    [Fact]
    public async Task The_service_tells_what_it_reads()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        await app.Step("a", 1, 1, 2);
        Assert.Equal(
            new TokenServiceDetails
            {
                Model = nameof(SmallModel), InputWidth = 2, OutputWidth = 1, Streams = 1, PendingTokens = 0,
                WeightFingerprint = SmallModel.Create(seed: 1).WeightFingerprint,
            },
            await app.Client.GetFromJsonAsync<TokenServiceDetails>("/small"));
    }

    [Theory]
    [InlineData("Straße 5")]
    [InlineData("a/b")]
    [InlineData("a%2Fb")]
    [InlineData("a%252Fb/c")]
    [InlineData("100 %")]
    [InlineData("a?b#c")]
    [InlineData("line\nbreak\u0007")]
    [InlineData("+")]
    [InlineData("events")]
    public async Task An_id_in_an_address_is_the_one_in_a_batch(string id)
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        IReadOnlyList<TokenAnswer> answers = await app.StepMany(StreamsApp.Small, new NamedTokenRequest { Id = id, Token = [1, 2] });
        Assert.Equal(StepStatus.Accepted, answers[0].Status);
        Assert.Equal(2, (await app.Step(id, 2, 1, 2)).Sequence);
        string path = $"/small/{Uri.EscapeDataString(id)}";
        Assert.Equal(id, (await app.Client.GetFromJsonAsync<TokenStreamDetails>(path))!.Id);
        Assert.Equal(HttpStatusCode.OK, (await app.Client.PostAsync(path + "/reset", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await app.Client.DeleteAsync(path)).StatusCode);
        Assert.Equal(0, app.Service.StreamCount);
    }

    [Fact]
    public async Task An_id_has_at_most_255_bytes()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        Assert.Equal(1, (await app.Step(new('a', 255), 1, 1, 2)).Sequence);
        foreach (string id in (string[])[new('a', 256), new('ß', 128)])
        {
            await app.Refused(HttpStatusCode.BadRequest, $"/small/{Uri.EscapeDataString(id)}", """{"token":[1,2]}""");
            await StreamsApp.Problem(HttpStatusCode.BadRequest, await app.Client.GetAsync($"/small/{Uri.EscapeDataString(id)}"));
            await StreamsApp.Problem(HttpStatusCode.BadRequest, await app.Client.GetAsync($"/small/{Uri.EscapeDataString(id)}/events"));
            IReadOnlyList<TokenAnswer> answers = await app.StepMany(StreamsApp.Small, new NamedTokenRequest { Id = id, Token = [1, 2] });
            Assert.Equal(StepStatus.Invalid, answers[0].Status);
        }
        Assert.Equal(1, app.Service.StreamCount);
    }

    [Fact]
    public async Task Several_models_have_routes_of_their_own_and_null_stands_for_what_is_missing()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(
            add: static s => s.AddStreams(static _ => PatchModel.Create(seed: 2)).KeepInMemory(),
            map: static a =>
            {
                a.MapStreams<SmallModel>("/small");
                a.MapGroup("/v1").MapStreams<PatchModel>("patches");
            });
        await app.Step("a", 1, 1, 2);
        PatchModel model = PatchModel.Create(seed: 2);
        StreamState<PatchModel> state = model.CreateState();
        foreach (float?[] token in (float?[][])[[1], [null], [2], [null]])
        {
            TokenAnswer result = (await app.StepMany("/v1/patches", new NamedTokenRequest { Id = "a", Token = token }))[0];
            var output = new float[2];
            model.Step(state, [token[0] ?? float.NaN], output);
            Assert.Equal(StepStatus.Accepted, result.Status);
            Assert.Equal(output.Select(static o => float.IsNaN(o) ? null : (float?)o), result.Output);
            Assert.Equal(state.HasOutput, result.Output![0].HasValue);
        }
    }

    [Fact]
    public async Task A_full_service_says_when_to_come_again()
    {
        // The first token waits for others until the second has come.
        await using StreamsApp app = await StreamsApp.StartAsync(
            configure: static o => o with { MaxPendingTokens = 1, MaxDelay = TimeSpan.FromSeconds(1), Shards = 1 });
        Task<TokenAnswer> first = app.Step("a", 1, 1, 2);
        while (app.Service.PendingTokens == 0)
        {
            await Task.Delay(1);
        }
        HttpResponseMessage response = await app.Post("/small/b", """{"token":[1,2]}""");
        Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        JsonElement problem = await StreamsApp.Problem(HttpStatusCode.ServiceUnavailable, response);
        Assert.Equal("busy", problem.GetProperty("result").GetString());
        Assert.Equal(StepStatus.Busy, (await app.StepMany("/small", new NamedTokenRequest { Id = "b", Token = [1, 2] }))[0].Status);
        Assert.Equal(StepStatus.Accepted, (await first).Status);
    }

    [Fact]
    public async Task A_host_may_add_to_problem_details()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(add: static s => s.AddProblemDetails(static o =>
            o.CustomizeProblemDetails = static c => c.ProblemDetails.Extensions["node"] = "seven"));
        JsonElement problem = await app.Refused(HttpStatusCode.BadRequest, "/small/a", """{"sequence":4,"token":[1,2]}""");
        Assert.Equal("seven", problem.GetProperty("node").GetString());
        Assert.Equal(("gap", 0), (problem.GetProperty("result").GetString(), problem.GetProperty("sequence").GetInt32()));
        Assert.Equal(0, (await app.Refused(HttpStatusCode.BadRequest, "/small/a", "x")).GetProperty("offset").GetInt32());
    }

    [Fact]
    public async Task A_store_that_fails_is_not_the_client_s_mistake_and_is_not_described_to_it()
    {
        var store = new CountingStore();
        StreamsApp app = await StreamsApp.StartAsync(store: store);
        await app.Step("a", 1, 1, 2);
        store.Fails = true;
        JsonElement problem = await app.Refused(HttpStatusCode.ServiceUnavailable, "/small/a", """{"token":[1,2]}""");
        Assert.Equal("unavailable", problem.GetProperty("result").GetString());
        TokenAnswer result = (await app.StepMany("/small", new NamedTokenRequest { Id = "a", Token = [1, 2] }))[0];
        Assert.Equal(StepStatus.Unavailable, result.Status);
        // One that is not in memory is looked for in the store.
        problem = await StreamsApp.Problem(HttpStatusCode.ServiceUnavailable, await app.Client.GetAsync("/small/b"));
        Assert.DoesNotContain(CountingStore.Failure, problem.GetRawText(), StringComparison.Ordinal);
        await StreamsApp.Problem(HttpStatusCode.ServiceUnavailable, await app.Client.DeleteAsync("/small/a"));
        await StreamsApp.Problem(HttpStatusCode.ServiceUnavailable, await app.Client.PostAsync("/small/a/reset", null));
        store.Fails = false;
        Assert.Equal(2, (await app.Step("a", 2, 1, 2)).Sequence);
        await app.DisposeAsync();
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(ModelFileException))]
    public async Task A_service_that_cannot_be_reached_is_said_to_be_so(Type exception)
    {
        var service = new StandInService(_ => ValueTask.FromException((Exception)Activator.CreateInstance(exception, "secret")!));
        await using StreamsApp app = await StreamsApp.StartAsync(add: s => s.AddSingleton<IStreamService<SmallModel>>(service));
        JsonElement problem = await app.Refused(HttpStatusCode.ServiceUnavailable, "/small/a", """{"token":[1,2]}""");
        Assert.DoesNotContain("secret", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_that_were_not_added_cannot_be_mapped()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        await using WebApplication app = builder.Build();
        Assert.Contains(
            "AddStreams<SmallModel>", Assert.Throws<InvalidOperationException>(() => app.MapStreams<SmallModel>("/a")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "AddStreams<SmallModel>", Assert.Throws<InvalidOperationException>(() => app.MapStreamsGrpc<SmallModel>()).Message,
            StringComparison.Ordinal);
    }
}
