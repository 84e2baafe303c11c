using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace AarenGen.AspNetCore.Http;

/// <summary>Reads the body of a request whole, up to a limit.</summary>
internal static class RequestBody
{
    /// <summary>Reads the body and passes it on; its bytes are valid during the call.</summary>
    /// <exception cref="RequestException">It is too long, takes too long, or there is no memory for it.</exception>
    public static async Task ReadAsync<TState>(
        HttpContext context, StreamEndpointOptions options, RequestMemory memory, TState state,
        Action<ReadOnlySequence<byte>, TState> parse)
    {
        int maxBytes = options.MaxBodyBytes;
        if (context.Request.ContentLength > maxBytes)
        {
            throw TooLong(maxBytes);
        }
        PipeReader reader = context.Request.BodyReader;
        CancellationTokenSource? late = null;
        CancellationTokenRegistration registration = default;
        try
        {
            while (true)
            {
                // The server ends the read of a client that is gone; a token of ours would leave the reader in the middle of it, an error.
                ReadResult read = await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                if (read.Buffer.Length > maxBytes)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    throw TooLong(maxBytes);
                }
                bool isWhole = read.IsCompleted;
                try
                {
                    memory.Hold(read.Buffer.Length);
                    if (isWhole)
                    {
                        parse(read.Buffer, state);
                        return;
                    }
                }
                finally
                {
                    reader.AdvanceTo(isWhole ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
                }
                if (read.IsCanceled)
                {
                    throw TooSlow(options.MaxBodyTime);
                }
                if (late is null)
                {
                    // Most bodies come whole, and need no timer.
                    late = new(options.MaxBodyTime);
                    registration = late.Token.UnsafeRegister(static r => ((PipeReader)r!).CancelPendingRead(), reader);
                }
            }
        }
        finally
        {
            // Waits for a cancellation that has begun: the reader serves the next request.
            await registration.DisposeAsync().ConfigureAwait(false);
            late?.Dispose();
        }
    }

    private static RequestException TooLong(int maxBytes) => new(
        StatusCodes.Status413PayloadTooLarge, "The body is too long.",
        $"A body has at most {maxBytes} bytes here; send fewer tokens in each request.");

    private static RequestException TooSlow(TimeSpan most) => new(
        StatusCodes.Status408RequestTimeout, "The body comes too slowly.",
        $"A body takes at most {most.TotalSeconds:0.#} seconds here; send fewer tokens in each request.");
}
