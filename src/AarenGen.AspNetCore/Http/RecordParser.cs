using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AarenGen.Serving;

namespace AarenGen.AspNetCore.Http;

/// <summary>Reads records from JSON, each as the host's serializer reads its type.</summary>
/// <remarks>
/// What is not as described rejects the whole body: an unknown property, one that is there twice, or a record that is none of its type.
/// </remarks>
internal sealed class RecordParser<TRecord>
{
    /// <summary>As of System.Text.Json, whose default it is.</summary>
    private const int MaxDepth = 64;

    private readonly JsonTypeInfo<TRecord> type;
    private readonly int maxRecords;

    private RecordParser(JsonTypeInfo<TRecord> type, int maxRecords) => (this.type, this.maxRecords) = (type, maxRecords);

    /// <summary>Records so far, those known ahead among them.</summary>
    private int Count { get; set; }

    [Flags]
    private enum Seen
    {
        None = 0,
        Id = 1,
        Sequence = 2,
        Record = 4,
        Ahead = 8,
        Reward = 16,
        TargetReturn = 32,
        Taken = 64,
    }

    /// <summary>Reads <c>{"sequence": 1, "record": {...}}</c>, with what else a task is told.</summary>
    /// <exception cref="RequestException">The body is not that.</exception>
    public static RecordStep<TRecord> ReadOne(ReadOnlySequence<byte> body, string id, JsonTypeInfo<TRecord> type, int maxRecords) =>
        JsonBody.Read(
            body, MaxDepth, new RecordParser<TRecord>(type, maxRecords),
            static (ref JsonBody json, RecordParser<TRecord> parser) => parser.ReadStep(ref json, isNamed: false)) with { Id = id };

    /// <summary>Reads <c>{"records": [{"sequence": 1, "record": {...}}, ...]}</c>.</summary>
    /// <exception cref="RequestException">The body is not that, or has too many records.</exception>
    public static List<RecordStep<TRecord>> ReadMany(ReadOnlySequence<byte> body, JsonTypeInfo<TRecord> type, int maxRecords) =>
        JsonBody.Read(
            body, MaxDepth, (Parser: new RecordParser<TRecord>(type, maxRecords), Steps: new List<RecordStep<TRecord>>()),
            static (ref JsonBody json, (RecordParser<TRecord> Parser, List<RecordStep<TRecord>> Steps) state) =>
            {
                json.ReadArray(
                    "records", "records", state,
                    static (ref JsonBody json, (RecordParser<TRecord> Parser, List<RecordStep<TRecord>> Steps) state) =>
                        state.Steps.Add(state.Parser.ReadStep(ref json, isNamed: true)));
                return state.Steps;
            });

    private RecordStep<TRecord> ReadStep(ref JsonBody json, bool isNamed)
    {
        json.Expect(JsonTokenType.StartObject, "an object with the property \"record\"");
        Seen seen = Seen.None;
        string? id = null;
        long sequence = 0;
        double? reward = null, target = null;
        TRecord record = default!, taken = default!;
        IReadOnlyList<TRecord> ahead = [];
        for (json.Next(); json.Reader.TokenType != JsonTokenType.EndObject; json.Next())
        {
            Seen property = json.Reader.ValueTextEquals("record"u8) ? Seen.Record
                : json.Reader.ValueTextEquals("sequence"u8) ? Seen.Sequence
                : json.Reader.ValueTextEquals("ahead"u8) ? Seen.Ahead
                : json.Reader.ValueTextEquals("reward"u8) ? Seen.Reward
                : json.Reader.ValueTextEquals("targetReturn"u8) ? Seen.TargetReturn
                : json.Reader.ValueTextEquals("taken"u8) ? Seen.Taken
                : isNamed && json.Reader.ValueTextEquals("id"u8) ? Seen.Id
                : throw json.UnknownProperty(
                    (isNamed ? "\"id\", " : "") + "\"sequence\", \"record\", \"ahead\", \"reward\", \"targetReturn\" and \"taken\"");
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
                case Seen.Reward:
                    reward = ReadNumber(ref json, "a number, the reward of the last action, or null");
                    break;
                case Seen.TargetReturn:
                    target = ReadNumber(ref json, "a number, the return to reach, or null");
                    break;
                case Seen.Ahead:
                    ahead = ReadRecords(ref json);
                    break;
                case Seen.Taken:
                    taken = ReadRecord(ref json);
                    break;
                default:
                    record = ReadRecord(ref json);
                    break;
            }
        }
        if ((seen & Seen.Record) == 0)
        {
            throw json.Missing("record");
        }
        var step = new RecordStep<TRecord>
        {
            Record = record, Id = id, Sequence = sequence, Ahead = ahead, Reward = reward, TargetReturn = target,
        };
        return (seen & Seen.Taken) == 0 ? step : step with { Taken = taken };
    }

    private List<TRecord> ReadRecords(ref JsonBody json)
    {
        json.Expect(JsonTokenType.StartArray, "an array of records of later times");
        var records = new List<TRecord>();
        for (json.Next(); json.Reader.TokenType != JsonTokenType.EndArray; json.Next())
        {
            records.Add(ReadRecord(ref json));
        }
        return records;
    }

    private TRecord ReadRecord(ref JsonBody json)
    {
        if (++Count > maxRecords)
        {
            throw JsonBody.TooMany("records", maxRecords, ", those known ahead among them");
        }
        json.Expect(JsonTokenType.StartObject, "an object, the record");
        long offset = json.Reader.TokenStartIndex;
        try
        {
            return JsonSerializer.Deserialize(ref json.Reader, type)!;
        }
        catch (JsonException e) when (e.Path is not null)
        {
            // Its lines are those of the record.
            throw JsonBody.NotAsDescribed($"The record cannot be read at {e.Path}: {e.Message.Split(" Path:")[0]}", offset);
        }
        catch (Exception e) when (e is not (JsonException or OutOfMemoryException))
        {
            // What the type of the user says of its values.
            throw JsonBody.NotAsDescribed($"The record cannot be read: {e.Message}", offset);
        }
    }

    private static double? ReadNumber(ref JsonBody json, string rule)
    {
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        json.Expect(JsonTokenType.Number, rule);
        // One that is too large is infinite, which the service refuses.
        return json.Reader.TryGetDouble(out double number) ? number : double.PositiveInfinity;
    }
}
