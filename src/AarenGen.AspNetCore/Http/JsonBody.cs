using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AarenGen.AspNetCore.Http;

/// <summary>Reads the value of a body, at whose first token it is.</summary>
internal delegate T JsonReading<in TState, out T>(ref JsonBody json, TState state);

/// <summary>Reads an element of an array, at whose first token it is, to its last one.</summary>
internal delegate void JsonElementReading<in TState>(ref JsonBody json, TState state);

/// <summary>Reads JSON of a body piece by piece, and says what is wrong with it and where.</summary>
/// <param name="body">The body.</param>
/// <param name="maxDepth">How many arrays and objects may lie in each other.</param>
internal ref struct JsonBody(ReadOnlySequence<byte> body, int maxDepth)
{
    private const int MaxShownCharacters = 40;

    private readonly ReadOnlySequence<byte> body = body;

    /// <summary>What is read.</summary>
    public Utf8JsonReader Reader = new(body, new JsonReaderOptions { MaxDepth = maxDepth });

    /// <summary>Reads a body that is one value.</summary>
    /// <param name="body">The body.</param>
    /// <param name="maxDepth">How many arrays and objects may lie in each other.</param>
    /// <param name="state">What <paramref name="read"/> is given.</param>
    /// <param name="read">Reads the value.</param>
    /// <exception cref="RequestException">The body is not that.</exception>
    public static T Read<TState, T>(ReadOnlySequence<byte> body, int maxDepth, TState state, JsonReading<TState, T> read)
    {
        var json = new JsonBody(body, maxDepth);
        try
        {
            json.Next();
            T result = read(ref json, state);
            // Anything but white space is malformed.
            json.Reader.Read();
            return result;
        }
        catch (JsonException e)
        {
            throw json.NoJson(e);
        }
        catch (InvalidOperationException)
        {
            throw json.HalfCharacter();
        }
    }

    public string ReadId()
    {
        Expect(JsonTokenType.String, "a string, the stream's id");
        return Reader.GetString()!;
    }

    public readonly long ReadSequence()
    {
        const string rule = "a whole number from 0, the number in the stream";
        Expect(JsonTokenType.Number, rule);
        return Reader.TryGetInt64(out long sequence) && sequence >= 0 ? sequence : throw Wrong(rule, Shown());
    }

    public void Next()
    {
        if (!Reader.Read())
        {
            throw new JsonException("The text ends too soon.", null, null, null);
        }
    }

    public readonly void Expect(JsonTokenType type, string expected)
    {
        if (Reader.TokenType != type)
        {
            throw Wrong(expected, Shown());
        }
    }

    public readonly string Shown() => Reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number when (Reader.HasValueSequence ? Reader.ValueSequence.Length : Reader.ValueSpan.Length) <= MaxShownCharacters =>
            System.Text.Encoding.ASCII.GetString(Reader.HasValueSequence ? Reader.ValueSequence.ToArray() : Reader.ValueSpan),
        JsonTokenType.Number => "a long number",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "null",
    };

    public readonly RequestException Wrong(string expected, string actual) =>
        NotAsDescribed($"There must be {expected}, and there is {actual}.", Reader.TokenStartIndex);

    /// <summary>The mistake of a name or an id that the reader cannot make a text of.</summary>
    public readonly RequestException HalfCharacter() => NotAsDescribed("The text has half a character.", Reader.TokenStartIndex);

    public readonly RequestException UnknownProperty(string known) =>
        NotAsDescribed($"The property is unknown; there are {known}.", Reader.TokenStartIndex);

    public readonly RequestException Twice() => NotAsDescribed("The property is there twice.", Reader.TokenStartIndex);

    /// <summary>Reads the only property of an object, an array.</summary>
    /// <param name="name">The property.</param>
    /// <param name="what">What the array has.</param>
    /// <param name="state">What <paramref name="readElement"/> is given.</param>
    /// <param name="readElement">Reads an element of the array.</param>
    public void ReadArray<TState>(string name, string what, TState state, JsonElementReading<TState> readElement)
    {
        Expect(JsonTokenType.StartObject, $"an object with the property \"{name}\"");
        bool seen = false;
        for (Next(); Reader.TokenType != JsonTokenType.EndObject; Next())
        {
            if (!Reader.ValueTextEquals(name))
            {
                throw UnknownProperty($"\"{name}\"");
            }
            if (seen)
            {
                throw Twice();
            }
            seen = true;
            Next();
            Expect(JsonTokenType.StartArray, $"an array of {what}");
            for (Next(); Reader.TokenType != JsonTokenType.EndArray; Next())
            {
                readElement(ref this, state);
            }
        }
        if (!seen)
        {
            throw Missing(name);
        }
    }

    public readonly RequestException Missing(string property) =>
        NotAsDescribed($"The object has no property \"{property}\".", Reader.TokenStartIndex);

    /// <summary>The mistake of a request that has more of something than it may.</summary>
    public static RequestException TooMany(string what, int max, string rule = "") => new(
        StatusCodes.Status413PayloadTooLarge, $"There are too many {what}.",
        $"A request has at most {max} {what} here{rule}; send several requests.");

    public static RequestException NotAsDescribed(string what, long offset) => new(
        StatusCodes.Status400BadRequest, "The body is not as described.",
        $"At byte {offset.ToString(CultureInfo.InvariantCulture)}: {what}")
    {
        Extensions = { ["offset"] = offset },
    };

    public readonly RequestException NoJson(JsonException e)
    {
        long offset = Math.Min(e.LineNumber is { } line ? StartOfLine(line) + (e.BytePositionInLine ?? 0) : body.Length, body.Length);
        string message = e.Message.Split(" LineNumber:")[0];
        return new(
            StatusCodes.Status400BadRequest, "The body is not JSON.",
            $"At byte {offset.ToString(CultureInfo.InvariantCulture)}: {(message.Length <= 300 ? message : message[..300])}")
        {
            Extensions = { ["offset"] = offset },
        };
    }

    private readonly long StartOfLine(long line)
    {
        var lines = new SequenceReader<byte>(body);
        while (line-- > 0 && lines.TryAdvanceTo((byte)'\n'))
        {
        }
        return lines.Consumed;
    }
}
