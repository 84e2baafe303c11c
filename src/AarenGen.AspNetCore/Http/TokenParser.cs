using System.Buffers;
using System.Text.Json;

namespace AarenGen.AspNetCore.Http;

/// <summary>Reads tokens from JSON without an object for each.</summary>
/// <remarks>
/// What is not as described, such as a property that is unknown or there twice, rejects the whole body: a misspelt sequence would otherwise
/// be none. A token of another length, or with numbers that no token may have, is a mistake of that token alone.
/// </remarks>
internal static class TokenParser
{
    /// <summary>Of the arrays and objects above: body, tokens, token, numbers.</summary>
    private const int MaxDepth = 4;

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
    public static void ReadOne(ReadOnlySequence<byte> body, string id, StepBuffers buffers) => JsonBody.Read(
        body, MaxDepth, (id, buffers),
        static (ref JsonBody json, (string Id, StepBuffers Buffers) state) =>
        {
            ReadToken(ref json, state.Buffers, state.Id);
            return state.Buffers;
        });

    /// <summary>Reads <c>{"tokens": [{"id": "a", "sequence": 1, "token": [...]}, ...]}</c>.</summary>
    /// <exception cref="RequestException">The body is not that, or has too many tokens.</exception>
    public static void ReadMany(ReadOnlySequence<byte> body, int maxTokens, StepBuffers buffers) => JsonBody.Read(
        body, MaxDepth, (maxTokens, buffers),
        static (ref JsonBody json, (int Max, StepBuffers Buffers) state) =>
        {
            json.ReadArray("tokens", "tokens", state, static (ref JsonBody json, (int Max, StepBuffers Buffers) state) =>
            {
                if (state.Buffers.Count == state.Max)
                {
                    throw JsonBody.TooMany("tokens", state.Max);
                }
                ReadToken(ref json, state.Buffers, id: null);
            });
            return state.Buffers;
        });

    /// <param name="json">At the token.</param>
    /// <param name="buffers">To which it is added.</param>
    /// <param name="id">The stream; null: the token names it.</param>
    private static void ReadToken(ref JsonBody json, StepBuffers buffers, string? id)
    {
        json.Expect(JsonTokenType.StartObject, "an object with the properties of a token");
        bool named = id is null;
        Seen seen = Seen.None;
        long sequence = 0;
        int count = 0;
        Span<float> numbers = buffers.Add("", 0);
        for (json.Next(); json.Reader.TokenType != JsonTokenType.EndObject; json.Next())
        {
            Seen property = json.Reader.ValueTextEquals("token"u8) ? Seen.Token
                : json.Reader.ValueTextEquals("sequence"u8) ? Seen.Sequence
                : named && json.Reader.ValueTextEquals("id"u8) ? Seen.Id
                : throw json.UnknownProperty(named ? "\"id\", \"sequence\" and \"token\"" : "\"sequence\" and \"token\"");
            if ((seen & property) != 0)
            {
                throw json.Twice();
            }
            seen |= property;
            json.Next();
            switch (property)
            {
                case Seen.Id:
                    id = json.ReadId();
                    break;
                case Seen.Sequence:
                    sequence = json.ReadSequence();
                    break;
                default:
                    count = ReadNumbers(ref json, numbers);
                    break;
            }
        }
        if ((seen & Seen.Token) == 0)
        {
            throw json.Missing("token");
        }
        buffers.NameLast(id ?? throw json.Missing("id"), sequence);
        if (count != numbers.Length)
        {
            buffers.RejectLast(
                $"The token has {count} numbers, and the model reads {numbers.Length}; send {numbers.Length}, null for missing values.");
        }
    }

    /// <returns>How many there are; those beyond the span are not kept.</returns>
    private static int ReadNumbers(ref JsonBody json, Span<float> numbers)
    {
        json.Expect(JsonTokenType.StartArray, "an array of numbers, the token");
        int count = 0;
        for (json.Next(); json.Reader.TokenType != JsonTokenType.EndArray; json.Next())
        {
            float number = float.NaN;
            if (json.Reader.TokenType != JsonTokenType.Null)
            {
                json.Expect(JsonTokenType.Number, "a number, or null for a missing value");
                // One that is too large is infinite, which the service rejects.
                if (!json.Reader.TryGetSingle(out number))
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
}
