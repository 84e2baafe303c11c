using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using AarenGen.Serving;

namespace AarenGen.AspNetCore;

/// <summary>A record of the stream that the address names: the body of a request.</summary>
/// <typeparam name="TRecord">The type of records.</typeparam>
public record RecordRequest<TRecord>
{
    /// <summary>The record.</summary>
    [Description("The record. Its key, if it has one, is the stream's id.")]
    public required TRecord Record { get; init; }

    /// <summary>The number of the record in its stream, from 1; 0 or absent: the next one.</summary>
    [Description("The number of the record in its stream, from 1; 0 or absent: the next one. A record that is sent twice is read once.")]
    public long Sequence { get; init; }

    /// <inheritdoc cref="RecordStep{TRecord}.Ahead"/>
    [Description("For forecasts with values known ahead: records of later times, in their order, of which only those values are read.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TRecord>? Ahead { get; init; }

    /// <inheritdoc cref="RecordStep{TRecord}.Reward"/>
    [Description("For decisions: what the last action was worth; null or absent at the first step of an episode alone.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Reward { get; init; }

    /// <inheritdoc cref="RecordStep{TRecord}.TargetReturn"/>
    [Description("For decisions: the return to reach in the episode that begins with this record.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TargetReturn { get; init; }

    /// <inheritdoc cref="RecordStep{TRecord}.Taken"/>
    [Description("For decisions: a record with the action that was taken at the last step, where it is not the one that was decided.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TRecord? Taken { get; init; }
}

/// <summary>A record of a stream.</summary>
/// <typeparam name="TRecord">The type of records.</typeparam>
public sealed record NamedRecordRequest<TRecord> : RecordRequest<TRecord>
{
    /// <summary>The stream's id; null: the record's key.</summary>
    [Description("The stream's id; absent: the record's key.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }
}

/// <summary>Records of any streams: the body of a request.</summary>
/// <typeparam name="TRecord">The type of records.</typeparam>
public sealed record RecordBatchRequest<TRecord>
{
    /// <summary>The records, which are read in this order.</summary>
    [Description("The records, which are read in this order.")]
    public required IReadOnlyList<NamedRecordRequest<TRecord>> Records { get; init; }
}

/// <summary>What became of a record.</summary>
public sealed record RecordAnswer
{
    /// <summary>What became of it.</summary>
    [Description("What became of the record; it has an output where it is accepted or repeated.")]
    [JsonConverter(typeof(StepStatusConverter))]
    public required StepStatus Status { get; init; }

    /// <summary>The number of the stream's last record after this one; 0: the stream has read none, or it is unknown.</summary>
    [Description("The number of the stream's last record after this one; 0: the stream has read none, or it is unknown.")]
    public required long Sequence { get; init; }

    /// <summary>
    /// What the model gave for it, an object of its task; null where it gave nothing, absent where the record was not read.
    /// </summary>
    [Description("What the model gave for it, an object of its task; null where it gave nothing, absent where the record was not read.")]
    public JsonElement? Output { get; init; }

    /// <summary>What is wrong, and how to mend it; null where nothing is.</summary>
    [Description("What is wrong, and how to mend it; absent where nothing is.")]
    public string? Message { get; init; }
}

/// <summary>What became of the records of a request.</summary>
public sealed record RecordBatchResponse
{
    /// <summary>What became of each record, in the order of the request.</summary>
    [Description("What became of each record, in the order of the request.")]
    public required IReadOnlyList<RecordAnswer> Results { get; init; }
}

/// <summary>A moment until which the intervals of a stream have ended: the body of a request.</summary>
public sealed record AdvanceRequest
{
    /// <summary>The moment.</summary>
    [Description("The moment, with its zone.")]
    public required DateTimeOffset Time { get; init; }
}

/// <summary>What is known of a stream of records.</summary>
public sealed record RecordStreamDetails
{
    /// <summary>Its id.</summary>
    [Description("The stream's id.")]
    public required string Id { get; init; }

    /// <summary>The number of its last record, from 1; 0: it has read none.</summary>
    [Description("The number of its last record, from 1; 0: it has read none.")]
    public required long Sequence { get; init; }

    /// <summary>Records that its state has read: fewer than its last record's number after a reset.</summary>
    [Description("Records that its state has read: fewer than its last record's number after a reset.")]
    public required long RecordCount { get; init; }

    /// <inheritdoc cref="StreamInfo.WeightFingerprint"/>
    [Description("The weights that last stepped it; null where its state has read no record.")]
    public required string? WeightFingerprint { get; init; }

    /// <summary>Its last output; absent where it is not asked for.</summary>
    [Description("Its last output, of its last record or an earlier one; null: there was none.")]
    public JsonElement? Output { get; init; }
}

/// <summary>What is known of a service of streams of records.</summary>
public sealed record RecordServiceDetails
{
    /// <summary>The name of the model.</summary>
    [Description("The name of the model.")]
    public required string Model { get; init; }

    /// <summary>The weights that read records now.</summary>
    [Description("Identifies the weights that read records now.")]
    public required string WeightFingerprint { get; init; }

    /// <summary>How many streams are in memory.</summary>
    [Description("How many streams are in memory.")]
    public required int Streams { get; init; }

    /// <summary>How many records wait or are being read.</summary>
    [Description("How many records wait or are being read.")]
    public required int PendingRecords { get; init; }
}

/// <summary>The data of a server-sent event: a record that a stream has read.</summary>
public sealed record RecordEvent
{
    /// <summary>The number of the record, which is the event's id, too; of an advance that of the record before it.</summary>
    [Description("The number of the record, which is the event's id, too; of an advance that of the record before it.")]
    public required long Sequence { get; init; }

    /// <summary>What the model gave for it; null where it gave nothing.</summary>
    [Description("What the model gave for it, an object of its task; null where it gave nothing.")]
    public required JsonElement? Output { get; init; }
}
