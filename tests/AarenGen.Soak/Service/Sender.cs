using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace AarenGen.Soak;

/// <summary>
/// A client that does all right: it numbers the tokens of its streams, sends them in batches, one after the other, and knows what the
/// answers must be.
/// </summary>
/// <param name="name">The beginning of its streams' ids.</param>
/// <param name="streams">How many streams it has.</param>
internal sealed class Sender(string name, int streams)
{
    private const int Width = 3, Outputs = 2;

    private readonly long[] last = new long[streams];
    private int next;

    /// <summary>Tokens that were acknowledged.</summary>
    public long Tokens { get; private set; }

    /// <summary>What may become of a token, so that it is sent again later.</summary>
    public IReadOnlySet<string> Tolerated { get; init; } = new HashSet<string>();

    /// <summary>Tokens of which that became.</summary>
    public long Refused { get; private set; }

    /// <summary>Sends a token each of some streams; the streams have turns.</summary>
    /// <param name="client">The connection.</param>
    /// <param name="count">How many: not more than there are streams.</param>
    /// <returns>What went wrong; null: all are accepted, with the numbers that were sent.</returns>
    public async Task<string?> SendAsync(HttpClient client, int count)
    {
        (int first, next) = (next, (next + count) % streams);
        using var content = new ByteArrayContent(BodyOf(first, count)) { Headers = { ContentType = new("application/json") } };
        using HttpResponseMessage response = await client.PostAsync(ServerHost.Prefix, content);
        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return $"{(int)response.StatusCode}: {Encoding.UTF8.GetString(answer)}";
        }
        using var json = JsonDocument.Parse(answer);
        int index = 0;
        foreach (JsonElement result in json.RootElement.GetProperty("results").EnumerateArray())
        {
            int stream = (first + index++) % streams;
            if (result.GetProperty("status").ValueEquals("accepted"u8) && result.GetProperty("sequence").GetInt64() == last[stream] + 1)
            {
                last[stream]++;
                Tokens++;
            }
            else if (Tolerated.Contains(result.GetProperty("status").GetString()!))
            {
                Refused++;
            }
            else
            {
                return $"Token {last[stream] + 1} of {IdOf(stream)}: {result}";
            }
        }
        return index == count ? null : $"{index} results for {count} tokens.";
    }

    /// <summary>Compares the last outputs of some streams with those of a model that has read the same tokens, bit for bit.</summary>
    /// <param name="client">The connection.</param>
    /// <param name="count">How many streams.</param>
    /// <returns>What differs; null: nothing.</returns>
    public async Task<string?> CompareAsync(HttpClient client, int count)
    {
        ServedModel model = ServedModel.Create(ServerHost.Seed);
        var (token, output) = (new float[Width], new float[Outputs]);
        for (int i = 0; i < count; i++)
        {
            int stream = (int)((long)i * streams / count);
            if (last[stream] == 0)
            {
                continue;
            }
            StreamState<ServedModel> state = model.CreateState();
            for (long sequence = 1; sequence <= last[stream]; sequence++)
            {
                TokenOf(stream, sequence, token);
                model.Step(state, token, output);
            }
            using var json = JsonDocument.Parse(await client.GetStringAsync($"{ServerHost.Prefix}/{IdOf(stream)}"));
            float[] actual = [.. json.RootElement.GetProperty("output").EnumerateArray().Select(static v => v.GetSingle())];
            if (json.RootElement.GetProperty("sequence").GetInt64() != last[stream] || !output.AsSpan().SequenceEqual(actual))
            {
                return $"{IdOf(stream)} after token {last[stream]}: {json.RootElement}, and the model alone gives "
                    + $"{string.Join(", ", output)}.";
            }
        }
        return null;
    }

    private string IdOf(int stream) => string.Create(CultureInfo.InvariantCulture, $"{name}-{stream:D6}");

    private byte[] BodyOf(int first, int count)
    {
        var body = new MemoryStream(100 * count);
        using var json = new Utf8JsonWriter(body);
        Span<float> token = stackalloc float[Width];
        json.WriteStartObject();
        json.WriteStartArray("tokens");
        for (int i = 0; i < count; i++)
        {
            int stream = (first + i) % streams;
            TokenOf(stream, last[stream] + 1, token);
            json.WriteStartObject();
            json.WriteString("id", IdOf(stream));
            json.WriteNumber("sequence", last[stream] + 1);
            json.WriteStartArray("token");
            foreach (float value in token)
            {
                json.WriteNumberValue(value);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return body.ToArray();
    }

    /// <summary>A token follows from its stream and its number alone.</summary>
    private static void TokenOf(int stream, long sequence, Span<float> token)
    {
        for (int i = 0; i < token.Length; i++)
        {
            token[i] = MathF.Sin(stream + (0.3f + 0.2f * i) * (sequence % 1000));
        }
    }
}
