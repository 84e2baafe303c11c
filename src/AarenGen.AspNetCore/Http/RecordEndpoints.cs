using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AarenGen.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AarenGen.AspNetCore.Http;

/// <summary>What the endpoints of a model's streams of records do.</summary>
internal sealed class RecordEndpoints<TModel, TRecord>(
    StreamEndpointOptions options, IServiceProvider services, JsonTypeInfo<TRecord> type) : EndpointBase(options, services, "record")
    where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
{
    /// <summary>Bytes of a record in memory, and of an answer beside its numbers, as they usually are at most.</summary>
    private const int RecordBytes = 512, AnswerBytes = 512;

    /// <summary>Bytes of a number in an answer, of which there are some for each output: quantiles, times, probabilities.</summary>
    private const int NumberBytes = 4 * 26;

    private RecordService<TModel, TRecord>? service;

    private RecordService<TModel, TRecord> Service => service ??= Services.GetRequiredService<RecordService<TModel, TRecord>>();

    /// <summary>The service throws where there are more than it ever takes.</summary>
    private int MaxRecords => Math.Min(Options.MaxTokensPerRequest, Service.MaxRecordsPerCall);

    /// <summary>Adds the endpoints to a group.</summary>
    public RouteGroupBuilder Map(RouteGroupBuilder group)
    {
        var description = new EndpointDescription(Options.Name ?? typeof(TModel).Name, Options, "record");
        description.Describe(group);
        description.StepMany(group.MapPost("", Guard(StepMany)), typeof(RecordBatchRequest<TRecord>), typeof(RecordBatchResponse));
        description.Step(group.MapPost("/{id}", Guard(Step)), typeof(RecordRequest<TRecord>), typeof(RecordAnswer));
        description.Service(group.MapGet("", Guard(GetService)), typeof(RecordServiceDetails));
        description.Stream(group.MapGet("/{id}", Guard(GetStream)), typeof(RecordStreamDetails));
        description.Remove(group.MapDelete("/{id}", Guard(Remove)));
        description.Reset(group.MapPost("/{id}/reset", Guard(Reset)), typeof(RecordStreamDetails));
        description.Watch(group.MapGet("/{id}/events", Guard(Watch)), typeof(RecordEvent));
        RefuseOthers(group, "", "GET, POST", takesBody: true);
        RefuseOthers(group, "/{id}", "GET, POST, DELETE", takesBody: true);
        RefuseOthers(group, "/{id}/reset", "POST");
        RefuseOthers(group, "/{id}/events", "GET");
        if (RecordService<TModel, TRecord>.CanAdvance)
        {
            description.Advance(group.MapPost("/{id}/advance", Guard(Advance)));
            RefuseOthers(group, "/{id}/advance", "POST", takesBody: true);
        }
        return group;
    }

    private async Task Step(HttpContext context)
    {
        string id = Id(context);
        using var memory = new RequestMemory(Budget);
        var read = new Parsed<RecordStep<TRecord>>();
        await RequestBody.ReadAsync(
            context, Options, memory, (read, id, type, MaxRecords),
            static (body, s) => s.read.Value = RecordParser<TRecord>.ReadOne(body, s.id, s.type, s.MaxRecords)).ConfigureAwait(false);
        RecordStep<TRecord> step = read.Value!;
        await AnswerAsync(context, memory, 1 + step.Ahead.Count, async ended => await Service.StepAsync(step, ended).ConfigureAwait(false))
            .ConfigureAwait(false);
    }

    private async Task Advance(HttpContext context)
    {
        string id = Id(context, after: 1);
        using var memory = new RequestMemory(Budget);
        var read = new Parsed<DateTimeOffset>();
        await RequestBody.ReadAsync(context, Options, memory, read, static (body, s) => s.Value = AdvanceParser.Read(body))
            .ConfigureAwait(false);
        await AnswerAsync(context, memory, 1, ended => Service.AdvanceAsync(id, read.Value, ended)).ConfigureAwait(false);
    }

    private async Task StepMany(HttpContext context)
    {
        using var memory = new RequestMemory(Budget);
        var read = new Parsed<List<RecordStep<TRecord>>>();
        await RequestBody.ReadAsync(
            context, Options, memory, (read, type, MaxRecords),
            static (body, s) => s.read.Value = RecordParser<TRecord>.ReadMany(body, s.type, s.MaxRecords)).ConfigureAwait(false);
        List<RecordStep<TRecord>> steps = read.Value!;
        memory.Hold(NeededBytes(steps.Sum(static s => 1 + s.Ahead.Count)));
        RecordResult<TModel>[] results = await Service.StepManyAsync(steps, context.RequestAborted).ConfigureAwait(false);
        await SendAsync(context, json =>
        {
            json.WriteStartArray("results"u8);
            foreach (ref readonly RecordResult<TModel> result in results.AsSpan())
            {
                json.WriteStartObject();
                Write(json, result);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    /// <param name="context">The request.</param>
    /// <param name="memory">What it holds.</param>
    /// <param name="records">How many records it has.</param>
    /// <param name="step">What is asked of the service; null: there is no such stream.</param>
    private async Task AnswerAsync(
        HttpContext context, RequestMemory memory, int records, Func<CancellationToken, ValueTask<RecordResult<TModel>?>> step)
    {
        memory.Hold(NeededBytes(records));
        RecordResult<TModel> result;
        try
        {
            result = await step(context.RequestAborted).ConfigureAwait(false) ?? throw Unknown();
        }
        catch (StepRefusedException refused)
        {
            throw Refused(refused.Result);
        }
        await SendAsync(context, json => Write(json, result)).ConfigureAwait(false);
    }

    private async Task GetStream(HttpContext context)
    {
        string id = Id(context);
        RecordStreamInfo<TModel> info = await Service.FindAsync(id, context.RequestAborted).ConfigureAwait(false) ?? throw Unknown();
        await SendStreamAsync(context, id, info.Stream, info.Output).ConfigureAwait(false);
    }

    private async Task Reset(HttpContext context)
    {
        string id = Id(context, after: 1);
        StreamInfo info = await Service.ResetAsync(id, context.RequestAborted).ConfigureAwait(false) ?? throw Unknown();
        await SendStreamAsync(context, id, info, null).ConfigureAwait(false);
    }

    private async Task Remove(HttpContext context)
    {
        if (await Service.RemoveAsync([Id(context)], context.RequestAborted).ConfigureAwait(false) == 0)
        {
            throw Unknown();
        }
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task GetService(HttpContext context) => SendAsync(context, json =>
    {
        json.WriteString("model"u8, SequenceModel<TModel>.Description.Name);
        json.WriteString("weightFingerprint"u8, Service.Model.WeightFingerprint);
        json.WriteNumber("streams"u8, Service.StreamCount);
        json.WriteNumber("pendingRecords"u8, Service.PendingRecords);
    });

    private Task Watch(HttpContext context)
    {
        string id = Id(context, after: 1);
        return WatchAsync(
            context, async () => await Service.FindAsync(id, context.RequestAborted).ConfigureAwait(false) is not null,
            ended => Service.WatchAsync(id, Options.WatchCapacity, ended), static o => o.Sequence,
            (json, output) =>
            {
                json.WriteStartObject();
                json.WriteNumber("sequence"u8, output.Sequence);
                WriteOutput(json, output.Output, isLast: false);
                json.WriteEndObject();
            });
    }

    /// <summary>Bytes that records take until their answer is sent: they, what their streams keep, and what is written of it.</summary>
    private long NeededBytes(int records) =>
        records * (RecordBytes + AnswerBytes + Service.BytesPerRecord + (long)NumberBytes * SequenceModel<TModel>.Description.OutputWidth);

    private Task SendStreamAsync(HttpContext context, string id, in StreamInfo stream, SeriesOutput<TModel>? output)
    {
        StreamInfo info = stream;
        return SendAsync(context, json =>
        {
            json.WriteString("id"u8, id);
            json.WriteNumber("sequence"u8, info.Sequence);
            json.WriteNumber("recordCount"u8, info.TokenCount);
            json.WriteString("weightFingerprint"u8, info.WeightFingerprint);
            if (output is not null)
            {
                WriteOutput(json, output, isLast: true);
            }
        });
    }

    private void Write(Utf8JsonWriter json, in RecordResult<TModel> result)
    {
        json.WriteString("status"u8, JsonResponse.NameOf(result.Status));
        json.WriteNumber("sequence"u8, result.Sequence);
        if (result.Output is not null)
        {
            WriteOutput(json, result.Output, isLast: false);
        }
        if (result.Message is not null)
        {
            json.WriteString("message"u8, result.Message);
        }
    }

    /// <summary>The output of the last record, which may have none; or the last that there was.</summary>
    private void WriteOutput(Utf8JsonWriter json, SeriesOutput<TModel> output, bool isLast)
    {
        json.WritePropertyName("output"u8);
        if (isLast || output.IsNew)
        {
            Service.Model.WriteJson(json, output);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static async Task SendAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(bytes, new() { SkipValidation = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = bytes.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(bytes.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>What was read of a body.</summary>
    private sealed class Parsed<T>
    {
        public T? Value { get; set; }
    }
}
