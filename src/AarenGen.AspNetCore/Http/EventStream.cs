using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AarenGen.AspNetCore.Http;

/// <summary>Sends outputs as server-sent events: a number as the event's id, and its data as JSON in a line.</summary>
internal static class EventStream
{
    private const int MaxUnflushedBytes = 1 << 14;

    /// <summary>Sends outputs until there are no more, or the token is cancelled.</summary>
    public static async Task SendAsync<TOutput>(
        HttpContext context, IAsyncEnumerable<TOutput> outputs, Func<TOutput, long> numberOf, Action<Utf8JsonWriter, TOutput> write,
        TimeSpan heartbeat, CancellationToken cancellationToken)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache,no-store";
        PipeWriter body = context.Response.BodyWriter;
        using var json = new Utf8JsonWriter(body, new() { SkipValidation = true });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using IAsyncEnumerator<TOutput> enumerator = outputs.GetAsyncEnumerator(ended.Token);
        using var timer = new PeriodicTimer(heartbeat);
        // From here on the stream is watched; then the client is told so.
        Task<bool> next = enumerator.MoveNextAsync().AsTask(), tick = timer.WaitForNextTickAsync(ended.Token).AsTask();
        try
        {
            body.Write(": watching\n\n"u8);
            while (true)
            {
                if (!next.IsCompleted || body.UnflushedBytes > MaxUnflushedBytes)
                {
                    await body.FlushAsync(ended.Token).ConfigureAwait(false);
                }
                if (await Task.WhenAny(next, tick).ConfigureAwait(false) != next)
                {
                    await tick.ConfigureAwait(false);
                    body.Write(": alive\n\n"u8);
                    tick = timer.WaitForNextTickAsync(ended.Token).AsTask();
                    continue;
                }
                if (!await next.ConfigureAwait(false))
                {
                    break;
                }
                Write(body, json, numberOf(enumerator.Current), enumerator.Current, write);
                next = enumerator.MoveNextAsync().AsTask();
            }
            await body.FlushAsync(ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client is gone, or the host stops: the end of the answer.
        }
        finally
        {
            // An enumerator is disposed only after its last move has ended.
            await ended.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static void Write<TOutput>(
        PipeWriter body, Utf8JsonWriter json, long sequence, TOutput output, Action<Utf8JsonWriter, TOutput> write)
    {
        Span<byte> number = stackalloc byte[32];
        sequence.TryFormat(number, out int length, default, CultureInfo.InvariantCulture);
        body.Write("id: "u8);
        body.Write(number[..length]);
        body.Write("\ndata: "u8);
        json.Reset(body);
        write(json, output);
        json.Flush();
        body.Write("\n\n"u8);
    }
}
