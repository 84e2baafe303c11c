using System.Net;
using System.Net.Http.Headers;
using AarenGen.Serving;
using AarenGen.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Status = AarenGen.V1.Status;
using StepRequest = AarenGen.V1.StepRequest;

namespace AarenGen.AspNetCore.Tests;

/// <summary>Streams over gRPC.</summary>
public sealed class GrpcTests
{
    private const string ModelKey = "aarengen-model";

    private static AsyncDuplexStreamingCall<StepRequest, StepReply> Call(StreamsApp app, string? model = null, string? key = null)
    {
        var headers = new Metadata();
        if (model is not null)
        {
            headers.Add(ModelKey, model);
        }
        if (key is not null)
        {
            headers.Add("authorization", key);
        }
        return new Streams.StreamsClient(app.Channel).Step(headers);
    }

    private static async Task<StepReply> Step(AsyncDuplexStreamingCall<StepRequest, StepReply> call, StepRequest request)
    {
        await call.RequestStream.WriteAsync(request);
        Assert.True(await call.ResponseStream.MoveNext(default));
        return call.ResponseStream.Current;
    }

    private static async Task<RpcException> Ends(AsyncDuplexStreamingCall<StepRequest, StepReply> call, StatusCode status)
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(default))
            {
            }
        });
        Assert.True(status == e.StatusCode, e.ToString());
        return e;
    }

    [Fact]
    public async Task Outputs_are_those_of_the_model_and_replies_keep_the_order_of_requests()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
        SmallModel model = SmallModel.Create(seed: 1);
        StreamState<SmallModel>[] states = [.. Enumerable.Range(0, 7).Select(_ => model.CreateState())];
        const int count = 5000;
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                await call.RequestStream.WriteAsync(
                    new() { Ids = { $"s{i % 7}" }, Sequences = { i / 7 + 1 }, Values = { i % 100, i % 13 - 6.5f } });
            }
            await call.RequestStream.CompleteAsync();
        });
        var output = new float[1];
        for (int i = 0; i < count; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
            StepReply reply = call.ResponseStream.Current;
            model.Step(states[i % 7], [i % 100, i % 13 - 6.5f], output);
            Assert.Equal(Status.Accepted, reply.Statuses.Single());
            Assert.Equal(i / 7 + 1, reply.Sequences.Single());
            Assert.Equal(output, reply.Outputs);
            Assert.Empty(reply.Faults);
        }
        Assert.False(await call.ResponseStream.MoveNext(default));
        await writing;
    }

    [Fact]
    public async Task A_message_may_have_many_tokens_and_each_has_a_status()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
        StepReply reply = await Step(call, new()
        {
            Ids = { "a", "b", "", "a", "a", "c" }, Sequences = { 1, 0, 0, 2, 5, -3 },
            Values = { 1, 2, float.NaN, 2, 1, 2, 3, 4, 5, 6, 1, 2 },
        });
        Assert.Equal([Status.Accepted, Status.Invalid, Status.Invalid, Status.Accepted, Status.Gap], reply.Statuses.Take(5));
        Assert.NotEqual(Status.Accepted, reply.Statuses[5]);
        Assert.Equal([1, 0, 0, 2, 2, 0], reply.Sequences);
        Assert.Equal([1, 2, 4, 5], reply.Faults.Select(static f => f.Token));
        Assert.All(reply.Faults, static f => Assert.NotEmpty(f.Message));
        Assert.Equal([false, true, true, false, true, true], reply.Outputs.Select(float.IsNaN));

        // The same again: the last token has the same output, the one before it is past.
        StepReply again = await Step(call, new() { Ids = { "a", "a" }, Sequences = { 1, 2 }, Values = { 1, 2, 3, 4 } });
        Assert.Equal([Status.Stale, Status.Repeated], again.Statuses);
        Assert.Equal(reply.Outputs[3], again.Outputs[1]);
        Assert.Empty((await Step(call, new())).Statuses);
    }

    [Fact]
    public async Task A_message_whose_lengths_do_not_agree_is_invalid_and_the_call_goes_on()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
        foreach (StepRequest request in (StepRequest[])
        [
            new() { Ids = { "a", "b" }, Values = { 1, 2, 3 } }, new() { Ids = { "a", "b" }, Sequences = { 1 }, Values = { 1, 2, 3, 4 } },
            new() { Ids = { "a", "b" }, Values = { 1, 2, 3, 4, 5, 6 } },
        ])
        {
            StepReply reply = await Step(call, request);
            Assert.Equal([Status.Invalid, Status.Invalid], reply.Statuses);
            Assert.Equal([0, 1], reply.Faults.Select(static f => f.Token));
            Assert.True(reply.Outputs.All(float.IsNaN) && reply.Outputs.Count == 2);
        }
        Assert.Empty((await Step(call, new() { Values = { 1, 2 } })).Statuses);
        Assert.Equal(0, app.Service.StreamCount);
        Assert.Equal([Status.Accepted], (await Step(call, new() { Ids = { "a" }, Values = { 1, 2 } })).Statuses);
    }

    [Fact]
    public async Task A_message_with_too_many_tokens_ends_the_call_and_what_came_before_is_answered()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { MaxTokensPerRequest = 2 });
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
        await call.RequestStream.WriteAsync(new() { Ids = { "a", "a" }, Values = { 1, 2, 3, 4 } });
        await call.RequestStream.WriteAsync(new() { Ids = { "a", "a", "a" }, Values = { 1, 2, 3, 4, 5, 6 } });
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal([1L, 2], call.ResponseStream.Current.Sequences);
        await Ends(call, StatusCode.ResourceExhausted);
        Assert.Equal(2, (await app.Service.FindAsync("a"))!.Value.Sequence);
    }

    [Fact]
    public async Task A_client_that_reads_no_replies_is_not_read_and_harms_nobody()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { MaxTokensInFlight = 64 });
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
        var request = new StepRequest();
        for (int i = 0; i < 1000; i++)
        {
            request.Ids.Add("greedy");
            request.Values.Add([1, 2]);
        }
        // Until flow control holds the writer up: then the server has stopped reading.
        int written = 0;
        Task writing = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    await call.RequestStream.WriteAsync(request);
                    Interlocked.Increment(ref written);
                }
            }
            catch (RpcException)
            {
            }
        });
        int before;
        do
        {
            before = Volatile.Read(ref written);
            await Task.Delay(500);
        }
        while (Volatile.Read(ref written) != before);
        Assert.True(app.Service.PendingTokens <= 1000);
        using AsyncDuplexStreamingCall<StepRequest, StepReply> other = Call(app);
        Assert.Equal([Status.Accepted], (await Step(other, new() { Ids = { "a" }, Values = { 1, 2 } })).Statuses);

        // As soon as it reads, it goes on.
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal(1000, call.ResponseStream.Current.Sequences[^1]);
        while (Volatile.Read(ref written) == before)
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
        }
        call.Dispose();
        await writing;
    }

    [Fact]
    public async Task A_call_has_so_many_messages_that_wait_and_no_more()
    {
        var release = new TaskCompletionSource();
        var service = new StandInService(_ => new(release.Task));
        await using StreamsApp app = await StreamsApp.StartAsync(add: s => s.AddSingleton<IStreamService<SmallModel>>(service));
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
        const int count = 2000;
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                await call.RequestStream.WriteAsync(new() { Ids = { "a" }, Values = { 1, 2 } });
            }
            await call.RequestStream.CompleteAsync();
        });
        while (service.Calls < 256)
        {
            await Task.Delay(1);
        }
        // What would come now comes at once.
        await Task.Delay(300);
        Assert.Equal(256, service.Calls);
        release.SetResult();
        for (int i = 0; i < count; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
        }
        await writing;
        Assert.Equal(count, service.Calls);
    }

    /// <summary>A step that fails is not a client that is gone, and the call does not wait for one.</summary>
    [Theory]
    [InlineData(typeof(IOException), StatusCode.Unavailable, false)]
    [InlineData(typeof(TimeoutException), StatusCode.Unavailable, false)]
    [InlineData(typeof(ObjectDisposedException), StatusCode.Unavailable, true)]
    [InlineData(typeof(InvalidOperationException), StatusCode.Unknown, false)]
    [InlineData(typeof(InvalidOperationException), StatusCode.Unknown, true)]
    [InlineData(typeof(ArithmeticException), StatusCode.Unknown, false)]
    public async Task A_step_that_fails_ends_the_call_with_its_status(Type exception, StatusCode status, bool isAtOnce)
    {
        Exception Failure() => exception == typeof(ObjectDisposedException) ? new ObjectDisposedException("service")
            : (Exception)Activator.CreateInstance(exception, "secret")!;
        var service = new StandInService(call => call < 3 ? ValueTask.CompletedTask
            : isAtOnce ? throw Failure() : new(Task.Delay(20).ContinueWith(_ => throw Failure(), TaskScheduler.Default)));
        StreamsApp app = await StreamsApp.StartAsync(add: s => s.AddSingleton<IStreamService<SmallModel>>(service));
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
        await Step(call, new() { Ids = { "a" }, Values = { 1, 2 } });
        await Step(call, new() { Ids = { "a" }, Values = { 1, 2 } });
        await call.RequestStream.WriteAsync(new() { Ids = { "a" }, Values = { 1, 2 } });
        RpcException e = await Ends(call, status).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.DoesNotContain("secret", e.Status.Detail, StringComparison.Ordinal);
        // What is a mistake of the program is logged.
        Assert.Equal(status == StatusCode.Unknown, !app.Problems.IsEmpty);
        app.Problems.Clear();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Clients_that_are_gone_are_no_error()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(
            configure: static o => o with { MaxDelay = TimeSpan.FromMilliseconds(50), Shards = 1 });
        for (int i = 0; i < 10; i++)
        {
            AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
            await call.RequestStream.WriteAsync(new() { Ids = { $"{i}" }, Values = { 1, 2 } });
            await Task.Delay(5 * i);
            call.Dispose();
        }
        await Task.Delay(200);
        Assert.Equal(0, app.Service.PendingTokens);
        using AsyncDuplexStreamingCall<StepRequest, StepReply> good = Call(app);
        Assert.Equal([Status.Accepted], (await Step(good, new() { Ids = { "a" }, Values = { 1, 2 } })).Statuses);
    }

    [Fact]
    public async Task A_call_does_not_keep_the_host_from_stopping()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
        await Step(call, new() { Ids = { "a" }, Values = { 1, 2 } });
        Task stop = app.StopAsync();
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        // The end of the connection may overtake that of the call.
        Assert.True(e.StatusCode is StatusCode.Unavailable or StatusCode.Internal, e.ToString());
        await stop.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0, 0, 0, 0, 4, 0x0A, 0x02, 0xC3, 0x28 })]
    [InlineData(new byte[] { 0, 0x7F, 0xFF, 0xFF, 0xFF, 1 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 1 })]
    [InlineData(new byte[] { 0, 0, 0 })]
    public async Task Bytes_that_are_no_message_end_the_call_alone(byte[] bytes)
    {
        StreamsApp app = await StreamsApp.StartAsync();
        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        HttpResponseMessage response = await client.PostAsync(
            new Uri(new($"http://{app.Channel.Target}"), "/aarengen.v1.Streams/Step"),
            new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } });
        await response.Content.ReadAsByteArrayAsync();
        string status = (response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? trailing) ? trailing
            : response.Headers.GetValues("grpc-status")).Single();
        Assert.NotEqual("0", status);
        using AsyncDuplexStreamingCall<StepRequest, StepReply> call = Call(app);
        Assert.Equal([Status.Accepted], (await Step(call, new() { Ids = { "a" }, Values = { 1, 2 } })).Statuses);
        app.Problems.Clear();
        call.Dispose();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Several_models_are_told_apart_by_metadata()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(
            add: static s => s.AddStreams(static _ => PatchModel.Create(seed: 2)).KeepInMemory(),
            map: static a =>
            {
                a.MapStreamsGrpc<SmallModel>();
                a.MapStreamsGrpc<PatchModel>(new() { Name = "patches" });
                Assert.Throws<InvalidOperationException>(() => a.MapStreamsGrpc<PatchModel>());
            });
        using (AsyncDuplexStreamingCall<StepRequest, StepReply> small = Call(app, nameof(SmallModel)))
        {
            Assert.Single((await Step(small, new() { Ids = { "a" }, Values = { 1, 2 } })).Outputs);
        }
        using (AsyncDuplexStreamingCall<StepRequest, StepReply> patches = Call(app, "patches"))
        {
            StepReply reply = await Step(patches, new() { Ids = { "a", "a", "a" }, Values = { 1, float.NaN, 3 } });
            Assert.Equal([true, true, true, true, false, false], reply.Outputs.Select(float.IsNaN));
        }
        using AsyncDuplexStreamingCall<StepRequest, StepReply> unknown = Call(app, "Patches"), unnamed = Call(app);
        Assert.Contains(ModelKey, (await Ends(unknown, StatusCode.NotFound)).Status.Detail, StringComparison.Ordinal);
        Assert.Contains(ModelKey, (await Ends(unnamed, StatusCode.InvalidArgument)).Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_method_of_the_service_is_not_implemented()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(
            add: static s => s.AddStreams(static _ => PatchModel.Create(seed: 2)).KeepInMemory(),
            map: static a =>
            {
                a.MapStreamsGrpc<SmallModel>();
                a.MapStreamsGrpc<PatchModel>();
            });
        var marshaller = Marshallers.Create(static (byte[] b) => b, static b => b);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "aarengen.v1.Streams", "Watch", marshaller, marshaller);
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () =>
            await app.Channel.CreateCallInvoker().AsyncUnaryCall(
                method, null, new CallOptions(new() { { ModelKey, nameof(PatchModel) } }), []));
        Assert.Equal(StatusCode.Unimplemented, e.StatusCode);
    }

    [Fact]
    public async Task Without_AddStreamsGrpc_the_message_says_what_to_call()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddStreams(static _ => SmallModel.Create(seed: 1)).KeepInMemory();
        await using WebApplication app = builder.Build();
        Assert.Contains(
            "AddStreamsGrpc()", Assert.Throws<InvalidOperationException>(() => app.MapStreamsGrpc<SmallModel>()).Message,
            StringComparison.Ordinal);
    }
}
