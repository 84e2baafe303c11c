using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using AarenGen.Serving;
using AarenGen.V1;
using Google.Protobuf.Collections;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace AarenGen.AspNetCore.Grpc;

/// <summary>The gRPC service of a model's streams.</summary>
internal sealed class GrpcStreams<TModel>(IStreamService<TModel> service, IHostApplicationLifetime lifetime) : Streams.StreamsBase
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Bytes of a message that waits, beside its tokens.</summary>
    private const int MessageBytes = 512;

    private static readonly int InputWidth = SequenceModel<TModel>.Description.InputWidth,
        OutputWidth = SequenceModel<TModel>.Description.OutputWidth;

    private static readonly BuffersPool<StepBuffers> Pool = new(static () => new(InputWidth, OutputWidth));

    public override async Task Step(
        IAsyncStreamReader<V1.StepRequest> requestStream, IServerStreamWriter<StepReply> responseStream, ServerCallContext context)
    {
        GrpcStreamsMetadata metadata = context.GetHttpContext().GetEndpoint()!.Metadata.GetMetadata<GrpcStreamsMetadata>()!;
        int most = Math.Min(metadata.Options.MaxTokensPerRequest, service.MaxTokensPerCall);
        var window = new CallWindow(metadata.Options.MaxTokensInFlight, metadata.Budget);
        // The window bounds it.
        var stepping = Channel.CreateUnbounded<Message>(new() { SingleReader = true, SingleWriter = true });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        Task<Exception?> answering = AnswerAsync(stepping.Reader, window, responseStream, ended);
        RpcException? end = null;
        Exception? failure;
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
                long bytes = MessageBytes + StepBuffers.BytesOf(count, InputWidth, OutputWidth);
                await window.EnterAsync(count, bytes, ended.Token).ConfigureAwait(false);
                StepBuffers buffers = Pool.Rent();
                Read(request, buffers);
                stepping.Writer.TryWrite(new(buffers, Begin(buffers, context.CancellationToken), bytes));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            end = new(lifetime.ApplicationStopping.IsCancellationRequested
                ? new(StatusCode.Unavailable, "The host stops; what was answered was read.")
                : new(StatusCode.Cancelled, "The client has ended the call."));
        }
        finally
        {
            // What was begun is answered, whatever ends the call.
            stepping.Writer.TryComplete();
            failure = await answering.ConfigureAwait(false);
        }
        if (failure is not null && ServiceFailure.Is(failure))
        {
            // What the service says may name files.
            end = new(new(StatusCode.Unavailable, "The service fails, or stops; what was answered was read."));
        }
        else if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
        if (end is not null)
        {
            throw end;
        }
    }

    /// <summary>A service may also fail before it returns; that is a failure of the step.</summary>
    private ValueTask Begin(StepBuffers buffers, CancellationToken cancellationToken)
    {
        try
        {
            return buffers.Count == 0 ? ValueTask.CompletedTask : buffers.StepAsync(service, cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException(e);
        }
    }

    /// <summary>Answers what was begun, in its order.</summary>
    /// <returns>Why a step failed, which ends the call; null: none did.</returns>
    private static async Task<Exception?> AnswerAsync(
        ChannelReader<Message> stepping, CallWindow window, IServerStreamWriter<StepReply> replies, CancellationTokenSource ended)
    {
        var buffered = new WriteOptions(WriteFlags.BufferHint);
        var reply = new StepReply();
        Exception? failure = null;
        bool isEnded = false;
        while (await stepping.WaitToReadAsync().ConfigureAwait(false))
        {
            while (stepping.TryRead(out Message message))
            {
                (StepBuffers buffers, ValueTask step, long bytes) = message;
                int count = buffers.Count;
                try
                {
                    await step.ConfigureAwait(false);
                    if (!isEnded)
                    {
                        Write(buffers, reply);
                        // What is ready is sent together.
                        bool more = stepping.TryPeek(out Message next) && next.Step.IsCompleted;
                        replies.WriteOptions = more ? buffered : WriteOptions.Default;
                        isEnded = !await TryWriteAsync(replies, reply).ConfigureAwait(false);
                    }
                    Pool.Return(buffers);
                }
                catch (Exception e)
                {
                    // Somebody may still write the buffers, and they are not returned.
                    failure ??= e;
                    isEnded = true;
                }
                if (isEnded && !ended.IsCancellationRequested)
                {
                    // The steps that were begun are awaited all the same: they write buffers.
                    await ended.CancelAsync().ConfigureAwait(false);
                }
                window.Leave(count, bytes);
            }
        }
        return failure;
    }

    /// <returns>Whether there still is a client.</returns>
    private static async Task<bool> TryWriteAsync(IServerStreamWriter<StepReply> replies, StepReply reply)
    {
        try
        {
            await replies.WriteAsync(reply).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException or RpcException)
        {
            return false;
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

    /// <summary>A message that is being stepped.</summary>
    /// <param name="Buffers">Its tokens.</param>
    /// <param name="Step">Their end.</param>
    /// <param name="Bytes">What it takes of the budget.</param>
    private readonly record struct Message(StepBuffers Buffers, ValueTask Step, long Bytes);
}
