using System.Buffers;
using System.Text.Json;

namespace AarenGen.AspNetCore.Http;

/// <summary>Reads the moment until which a stream advances.</summary>
internal static class AdvanceParser
{
    /// <summary>Reads <c>{"time": "2026-06-01T12:00:00Z"}</c>.</summary>
    /// <exception cref="RequestException">The body is not that.</exception>
    public static DateTimeOffset Read(ReadOnlySequence<byte> body) => JsonBody.Read(body, 1, 0, static (ref JsonBody json, int _) =>
    {
        json.Expect(JsonTokenType.StartObject, "an object with the property \"time\"");
        DateTimeOffset? time = null;
        for (json.Next(); json.Reader.TokenType != JsonTokenType.EndObject; json.Next())
        {
            if (!json.Reader.ValueTextEquals("time"u8))
            {
                throw json.UnknownProperty("\"time\"");
            }
            if (time is not null)
            {
                throw json.Twice();
            }
            json.Next();
            json.Expect(JsonTokenType.String, ZonedTimeConverter.Rule);
            time = ZonedTimeConverter.TryRead(ref json.Reader) ?? throw json.Wrong(ZonedTimeConverter.Rule, "another text");
        }
        return time ?? throw json.Missing("time");
    });
}
