using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AarenGen.AspNetCore.Http;

/// <summary>Reads tokens from JSON without an object for each.</summary>
/// <remarks>
/// What is not as described, such as a property that is unknown or there twice, rejects the whole body: a misspelt sequence would otherwise
/// be none. A token of another length, or with numbers that no token may have, is a mistake of that token alone.
/// </remarks>
internal ref struct TokenParser
{
    /// <summary>Of the arrays and objects above: body, tokens, token, numbers.</summary>
    private const int MaxDepth = 4;

    private const int MaxShownCharacters = 40;

    private readonly ReadOnlySequence<byte> body;
    private readonly StepBuffers buffers;
    private Utf8JsonReader reader;

    private TokenParser(ReadOnlySequence<byte> body, StepBuffers buffers)
    {
        this.body = body;
        this.buffers = buffers;
        reader = new(body, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    [Flags]
    private enum Seen
    {
        None = 0,
        Id = 1,
        Sequence = 2,
        Token = 4,
    }

    /// <summary>Reads <c>{"sequence": 1, "token": [...]}</c>, a token of the stream.</summary>
    /// <exception cref="RequestException">The body is not that.</exception>
    public static void ReadOne(ReadOnlySequence<byte> body, string id, StepBuffers buffers)
    {
        var parser = new TokenParser(body, buffers);
        try
        {
            parser.Next();
            parser.ReadToken(id);
            parser.ReadEnd();
        }
        catch (JsonException e)
        {
            throw parser.NoJson(e);
        }
        catch (InvalidOperationException)
        {
            throw parser.HalfCharacter();
        }
    }

    /// <summary>Reads <c>{"tokens": [{"id": "a", "sequence": 1, "token": [...]}, ...]}</c>.</summary>
    /// <exception cref="RequestException">The body is not that, or has too many tokens.</exception>
    public static void ReadMany(ReadOnlySequence<byte> body, int maxTokens, StepBuffers buffers)
    {
        var parser = new TokenParser(body, buffers);
        try
        {
            parser.Next();
            parser.ReadTokens(maxTokens);
            parser.ReadEnd();
        }
        catch (JsonException e)
        {
            throw parser.NoJson(e);
        }
        catch (InvalidOperationException)
        {
            throw parser.HalfCharacter();
        }
    }

    private void ReadTokens(int maxTokens)
    {
        Expect(JsonTokenType.StartObject, "an object with the property \"tokens\"");
        bool seen = false;
        for (Next(); reader.TokenType != JsonTokenType.EndObject; Next())
        {
            if (!reader.ValueTextEquals("tokens"u8))
            {
                throw UnknownProperty("\"tokens\"");
            }
            if (seen)
            {
                throw Twice();
            }
            seen = true;
            Next();
            Expect(JsonTokenType.StartArray, "an array of tokens");
            for (Next(); reader.TokenType != JsonTokenType.EndArray; Next())
            {
                if (buffers.Count == maxTokens)
                {
                    throw new RequestException(
                        StatusCodes.Status413PayloadTooLarge, "There are too many tokens.",
                        $"A request has at most {maxTokens} tokens here; send several requests.");
                }
                ReadToken(id: null);
            }
        }
        if (!seen)
        {
            throw Missing("tokens");
        }
    }

    /// <param name="id">The stream; null: the token names it.</param>
    private void ReadToken(string? id)
    {
        Expect(JsonTokenType.StartObject, "an object with the properties of a token");
        bool named = id is null;
        Seen seen = Seen.None;
        long sequence = 0;
        int count = 0;
        Span<float> numbers = buffers.Add("", 0);
        for (Next(); reader.TokenType != JsonTokenType.EndObject; Next())
        {
            Seen property = reader.ValueTextEquals("token"u8) ? Seen.Token
                : reader.ValueTextEquals("sequence"u8) ? Seen.Sequence
                : named && reader.ValueTextEquals("id"u8) ? Seen.Id
                : throw UnknownProperty(named ? "\"id\", \"sequence\" and \"token\"" : "\"sequence\" and \"token\"");
            if ((seen & property) != 0)
            {
                throw Twice();
            }
            seen |= property;
            Next();
            switch (property)
            {
                case Seen.Id:
                    id = ReadId();
                    break;
                case Seen.Sequence:
                    sequence = ReadSequence();
                    break;
                default:
                    count = ReadNumbers(numbers);
                    break;
            }
        }
        if ((seen & Seen.Token) == 0)
        {
            throw Missing("token");
        }
        buffers.NameLast(id ?? throw Missing("id"), sequence);
        if (count != numbers.Length)
        {
            buffers.RejectLast(
                $"The token has {count} numbers, and the model reads {numbers.Length}; send {numbers.Length}, null for missing values.");
        }
    }

    private string ReadId()
    {
        Expect(JsonTokenType.String, "a string, the stream's id");
        return reader.GetString()!;
    }

    private readonly long ReadSequence()
    {
        const string rule = "a whole number from 0, the number of the token in its stream";
        Expect(JsonTokenType.Number, rule);
        return reader.TryGetInt64(out long sequence) && sequence >= 0 ? sequence : throw Wrong(rule, Shown());
    }

    /// <returns>How many there are; those beyond the span are not kept.</returns>
    private int ReadNumbers(Span<float> numbers)
    {
        Expect(JsonTokenType.StartArray, "an array of numbers, the token");
        int count = 0;
        for (Next(); reader.TokenType != JsonTokenType.EndArray; Next())
        {
            float number = float.NaN;
            if (reader.TokenType != JsonTokenType.Null)
            {
                Expect(JsonTokenType.Number, "a number, or null for a missing value");
                // One that is too large is infinite, which the service rejects.
                if (!reader.TryGetSingle(out number))
                {
                    number = float.PositiveInfinity;
                }
            }
            if (count < numbers.Length)
            {
                numbers[count] = number;
            }
            count++;
        }
        return count;
    }

    private void ReadEnd()
    {
        // Anything but white space is malformed.
        reader.Read();
    }

    private void Next()
    {
        if (!reader.Read())
        {
            throw new JsonException("The text ends too soon.", null, null, null);
        }
    }

    private readonly void Expect(JsonTokenType type, string expected)
    {
        if (reader.TokenType != type)
        {
            throw Wrong(expected, Shown());
        }
    }

    private readonly string Shown() => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number when (reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) <= MaxShownCharacters =>
            System.Text.Encoding.ASCII.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan),
        JsonTokenType.Number => "a long number",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "null",
    };

    private readonly RequestException Wrong(string expected, string actual) =>
        NotAsDescribed($"There must be {expected}, and there is {actual}.", reader.TokenStartIndex);

    /// <summary>The mistake of a name or an id that the reader cannot make a text of.</summary>
    private readonly RequestException HalfCharacter() => NotAsDescribed("The text has half a character.", reader.TokenStartIndex);

    private readonly RequestException UnknownProperty(string known) =>
        NotAsDescribed($"The property is unknown; there are {known}.", reader.TokenStartIndex);

    private readonly RequestException Twice() => NotAsDescribed("The property is there twice.", reader.TokenStartIndex);

    private readonly RequestException Missing(string property) =>
        NotAsDescribed($"The object has no property \"{property}\".", reader.TokenStartIndex);

    private static RequestException NotAsDescribed(string what, long offset) => new(
        StatusCodes.Status400BadRequest, "The body is not as described.",
        $"At byte {offset.ToString(CultureInfo.InvariantCulture)}: {what}")
    {
        Extensions = { ["offset"] = offset },
    };

    private readonly RequestException NoJson(JsonException e)
    {
        long offset = Math.Min(e.LineNumber is { } line ? StartOfLine(line) + (e.BytePositionInLine ?? 0) : body.Length, body.Length);
        string message = e.Message.Split(" LineNumber:")[0];
        return new(
            StatusCodes.Status400BadRequest, "The body is no JSON.",
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
