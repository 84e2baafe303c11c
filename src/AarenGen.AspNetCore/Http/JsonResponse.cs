using System.Text.Json;
using AarenGen.Serving;
using Microsoft.AspNetCore.Http;

namespace AarenGen.AspNetCore.Http;

/// <summary>Writes answers without an object for each token.</summary>
internal static class JsonResponse
{
    private static readonly JsonEncodedText Status = JsonEncodedText.Encode("status"), Sequence = JsonEncodedText.Encode("sequence"),
        Token = JsonEncodedText.Encode("token"), Output = JsonEncodedText.Encode("output"), Message = JsonEncodedText.Encode("message"),
        Results = JsonEncodedText.Encode("results");

    private static readonly JsonEncodedText[] Names =
        [.. Enum.GetNames<StepStatus>().Select(static n => JsonEncodedText.Encode(JsonNamingPolicy.CamelCase.ConvertName(n)))];

    /// <summary>The name of a status, as all answers have it.</summary>
    public static string NameOf(StepStatus status) => Names[(int)status].Value;

    /// <summary>Begins an answer.</summary>
    public static Utf8JsonWriter Begin(HttpBuffers buffers)
    {
        buffers.Bytes.ResetWrittenCount();
        buffers.Json.Reset(buffers.Bytes);
        buffers.Json.WriteStartObject();
        return buffers.Json;
    }

    /// <summary>Ends an answer and sends it.</summary>
    public static Task SendAsync(HttpBuffers buffers, HttpContext context)
    {
        buffers.Json.WriteEndObject();
        buffers.Json.Flush();
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = buffers.Bytes.WrittenCount;
        ValueTask<System.IO.Pipelines.FlushResult> sent =
            context.Response.BodyWriter.WriteAsync(buffers.Bytes.WrittenMemory, context.RequestAborted);
        return sent.AsTask();
    }

    /// <summary>What became of the only token.</summary>
    public static Task SendResultAsync(HttpBuffers buffers, HttpContext context)
    {
        Write(Begin(buffers), buffers, 0);
        return SendAsync(buffers, context);
    }

    /// <summary>What became of all tokens.</summary>
    public static Task SendResultsAsync(HttpBuffers buffers, HttpContext context)
    {
        Utf8JsonWriter json = Begin(buffers);
        json.WriteStartArray(Results);
        for (int i = 0; i < buffers.Steps.Count; i++)
        {
            json.WriteStartObject();
            Write(json, buffers, i);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        return SendAsync(buffers, context);
    }

    /// <summary>What is known of a stream, with its last output.</summary>
    public static Task SendStreamAsync(HttpBuffers buffers, HttpContext context, string id, in StreamInfo info, bool withOutput)
    {
        Utf8JsonWriter json = Begin(buffers);
        json.WriteString("id"u8, id);
        json.WriteNumber(Sequence, info.Sequence);
        json.WriteNumber("tokenCount"u8, info.TokenCount);
        json.WriteString("weightFingerprint"u8, info.WeightFingerprint);
        if (withOutput)
        {
            WriteNumbers(json, Output, buffers.Steps.FirstOutput.Span);
        }
        return SendAsync(buffers, context);
    }

    /// <summary>A token that a stream has read.</summary>
    public static void WriteEvent(Utf8JsonWriter json, StreamOutput output)
    {
        json.WriteStartObject();
        json.WriteNumber(Sequence, output.Sequence);
        WriteNumbers(json, Token, output.Token.Span);
        WriteNumbers(json, Output, output.Output.Span);
        json.WriteEndObject();
        json.Flush();
    }

    private static void Write(Utf8JsonWriter json, HttpBuffers buffers, int index)
    {
        ref readonly StepResult result = ref buffers.Steps.Results[index];
        json.WriteString(Status, Names[(int)result.Status]);
        json.WriteNumber(Sequence, result.Sequence);
        if (result.HasOutput)
        {
            WriteNumbers(json, Output, buffers.Steps.Output(index));
        }
        if (result.Message is not null)
        {
            json.WriteString(Message, result.Message);
        }
    }

    /// <summary>JSON has no NaN: a number that is none, or infinite, is null.</summary>
    private static void WriteNumbers(Utf8JsonWriter json, JsonEncodedText name, ReadOnlySpan<float> numbers)
    {
        json.WriteStartArray(name);
        foreach (float number in numbers)
        {
            if (float.IsFinite(number))
            {
                json.WriteNumberValue(number);
            }
            else
            {
                json.WriteNullValue();
            }
        }
        json.WriteEndArray();
    }
}
