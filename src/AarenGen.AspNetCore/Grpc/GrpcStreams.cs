using System.Threading.Channels;
using AarenGen.Serving;
using AarenGen.V1;
using Google.Protobuf.Collections;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace AarenGen.AspNetCore.Grpc;

/// <summary>The gRPC service of a model's streams.</summary>
internal sealed class GrpcStreams<TModel>(StreamService<TModel> service, IHostApplicationLifetime lifetime) : Streams.StreamsBase
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly StepBuffersPool Pool = new(
        SequenceModel<TModel>.Description.InputWidth, SequenceModel<TModel>.Description.OutputWidth);

    public override async Task Step(
        IAsyncStreamReader<V1.StepRequest> requestStream, IServerStreamWriter<StepReply> responseStream, ServerCallContext context)
    {
        StreamEndpointOptions options = context.GetHttpContext().GetEndpoint()!.Metadata.GetMetadata<GrpcStreamsMetadata>()!.Options;
        int most = Math.Min(options.MaxTokensPerRequest, service.Options.MaxPendingTokens);
        var window = new TokenWindow(options.MaxTokensInFlight);
        // The window bounds it.
        var stepping = Channel.CreateUnbounded<(StepBuffers Buffers, ValueTask Step)>(new() { SingleReader = true, SingleWriter = true });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        Task answering = AnswerAsync(stepping.Reader, window, responseStream, ended);
        try
        {
            while (await requestStream.MoveNext(ended.Token).ConfigureAwait(false))
            {
                V1.StepRequest request = requestStream.Current;
                int count = request.Ids.Count;
                if (count > most)
                {
                    throw new RpcException(new(
                        StatusCode.ResourceExhausted,
                        $"A message has at most {most} tokens here, and this one has {count}; send several messages."));
                }
                await window.EnterAsync(Math.Max(count, 1), ended.Token).ConfigureAwait(false);
                StepBuffers buffers = Pool.Rent();
                Read(request, buffers);
                ValueTask step = count == 0 ? ValueTask.CompletedTask : buffers.StepAsync(service, context.CancellationToken);
                stepping.Writer.TryWrite((buffers, step));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            throw new RpcException(lifetime.ApplicationStopping.IsCancellationRequested || e is ObjectDisposedException
                ? new(StatusCode.Unavailable, "The host stops; what was answered was read.")
                : new(StatusCode.Cancelled, "The client has ended the call."));
        }
        finally
        {
            // What was begun is answered, whatever ends the call.
            stepping.Writer.TryComplete();
            await answering.ConfigureAwait(false);
        }
    }

    private static async Task AnswerAsync(
        ChannelReader<(StepBuffers Buffers, ValueTask Step)> stepping, TokenWindow window, IServerStreamWriter<StepReply> replies,
        CancellationTokenSource ended)
    {
        var buffered = new WriteOptions(WriteFlags.BufferHint);
        var reply = new StepReply();
        bool isLost = false;
        while (await stepping.WaitToReadAsync().ConfigureAwait(false))
        {
            while (stepping.TryRead(out (StepBuffers Buffers, ValueTask Step) read))
            {
                int count = Math.Max(read.Buffers.Count, 1);
                try
                {
                    await read.Step.ConfigureAwait(false);
                    if (!isLost)
                    {
                        Write(read.Buffers, reply);
                        // What is ready is sent together.
                        bool more = stepping.TryPeek(out (StepBuffers, ValueTask Step) next) && next.Step.IsCompleted;
                        replies.WriteOptions = more ? buffered : WriteOptions.Default;
                        await replies.WriteAsync(reply).ConfigureAwait(false);
                    }
                    Pool.Return(read.Buffers);
                }
                catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException or RpcException)
                {
                    // The client is gone. The steps that were begun are awaited all the same: they write the buffers.
                    isLost = true;
                    await ended.CancelAsync().ConfigureAwait(false);
                }
                window.Leave(count);
            }
        }
    }

    /// <summary>Takes over the tokens of a message; those of one whose lengths do not agree are malformed, all of them.</summary>
    private static void Read(V1.StepRequest request, StepBuffers buffers)
    {
        int count = request.Ids.Count, width = buffers.InputWidth;
        (string[] ids, long[] sequences, float[] tokens) = buffers.AddMany(count);
        request.Ids.CopyTo(ids, 0);
        if (request.Sequences.Count == 0)
        {
            Array.Clear(sequences, 0, count);
        }
        else if (request.Sequences.Count != count)
        {
            buffers.RejectAll(
                $"The message has {count} ids and {request.Sequences.Count} sequences; send one sequence for each id, or none at all.");
            return;
        }
        else
        {
            request.Sequences.CopyTo(sequences, 0);
        }
        if (request.Values.Count != (long)count * width)
        {
            buffers.RejectAll(
                $"The message has {request.Values.Count} values for {count} tokens, and the model reads {width} numbers of each; send "
                + $"{(long)count * width}.");
            return;
        }
        request.Values.CopyTo(tokens, 0);
    }

    private static void Write(StepBuffers buffers, StepReply reply)
    {
        reply.Statuses.Clear();
        reply.Sequences.Clear();
        reply.Outputs.Clear();
        reply.Faults.Clear();
        for (int i = 0; i < buffers.Count; i++)
        {
            ref readonly StepResult result = ref buffers.Results[i];
            reply.Statuses.Add((V1.Status)((int)result.Status + 1));
            reply.Sequences.Add(result.Sequence);
            Write(result.HasOutput ? buffers.Output(i) : [], buffers.OutputWidth, reply.Outputs);
            if (result.Message is not null)
            {
                reply.Faults.Add(new Fault { Token = i, Message = result.Message });
            }
        }
    }

    private static void Write(ReadOnlySpan<float> output, int width, RepeatedField<float> outputs)
    {
        for (int i = 0; i < width; i++)
        {
            outputs.Add(i < output.Length ? output[i] : float.NaN);
        }
    }
}
