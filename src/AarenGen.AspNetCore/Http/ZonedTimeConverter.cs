using System.Text.Json;
using System.Text.Json.Serialization;

namespace AarenGen.AspNetCore.Http;

/// <summary>Reads times that have a zone: one without would be taken for one of the server's own.</summary>
internal sealed class ZonedTimeConverter : JsonConverter<DateTimeOffset>
{
    /// <summary>What such a time is.</summary>
    public const string Rule = "a time with its zone, such as \"2026-06-01T12:00:00Z\"";

    /// <summary>The time at the reader, which is at a text; null: it is none, or has no zone.</summary>
    public static DateTimeOffset? TryRead(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<char> text = reader.GetString();
        int clock = text.IndexOf('T');
        return clock >= 0 && text[clock..].IndexOfAny("Z+-") >= 0 && reader.TryGetDateTimeOffset(out DateTimeOffset time) ? time : null;
    }

    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (reader.TokenType == JsonTokenType.String ? TryRead(ref reader) : null) ?? throw new JsonException($"There must be {Rule}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}
