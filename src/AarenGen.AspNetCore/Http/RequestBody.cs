using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace AarenGen.AspNetCore.Http;

/// <summary>Reads the body of a request whole, up to a limit.</summary>
internal static class RequestBody
{
    /// <summary>Reads the body and passes it on; its bytes are valid during the call.</summary>
    /// <exception cref="RequestException">It is too long, or no JSON by its content type.</exception>
    public static async Task ReadAsync<TState>(
        HttpContext context, int maxBytes, TState state, Action<ReadOnlySequence<byte>, TState> parse)
    {
        if (context.Request.ContentLength > maxBytes)
        {
            throw TooLong(maxBytes);
        }
        PipeReader reader = context.Request.BodyReader;
        while (true)
        {
            // The server ends the read of a client that is gone; a token of ours would leave the reader in the middle of it, an error.
            ReadResult read = await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            if (read.Buffer.Length > maxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLong(maxBytes);
            }
            if (read.IsCompleted)
            {
                try
                {
                    parse(read.Buffer, state);
                }
                finally
                {
                    reader.AdvanceTo(read.Buffer.End);
                }
                return;
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static RequestException TooLong(int maxBytes) => new(
        StatusCodes.Status413PayloadTooLarge, "The body is too long.",
        $"A body has at most {maxBytes} bytes here; send fewer tokens in each request.");
}
