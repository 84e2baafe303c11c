using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace AarenGen.AspNetCore.Http;

/// <summary>Answers with problem details: as the host writes them, if it was told how, and otherwise without a serializer.</summary>
internal static class ProblemResponse
{
    public static async Task SendAsync(HttpContext context, RequestException refusal)
    {
        context.Response.Clear();
        context.Response.StatusCode = refusal.Status;
        if (refusal.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        if (refusal.Allow is not null)
        {
            context.Response.Headers.Allow = refusal.Allow;
        }
        var details = new ProblemDetails
        {
            Status = refusal.Status, Title = refusal.Title, Detail = refusal.Message, Extensions = refusal.Extensions,
        };
        if (context.RequestServices.GetService<IProblemDetailsService>() is not { } service
            || !await service.TryWriteAsync(new() { HttpContext = context, ProblemDetails = details }).ConfigureAwait(false))
        {
            var bytes = new ArrayBufferWriter<byte>(512);
            Write(bytes, refusal);
            context.Response.ContentType = "application/problem+json";
            context.Response.ContentLength = bytes.WrittenCount;
            await context.Response.BodyWriter.WriteAsync(bytes.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static void Write(ArrayBufferWriter<byte> bytes, RequestException refusal)
    {
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteString("title"u8, refusal.Title);
        json.WriteNumber("status"u8, refusal.Status);
        json.WriteString("detail"u8, refusal.Message);
        foreach ((string name, object? value) in refusal.Extensions)
        {
            if (value is long number)
            {
                json.WriteNumber(name, number);
            }
            else
            {
                json.WriteString(name, (string?)value);
            }
        }
        json.WriteEndObject();
    }
}
