using System.Diagnostics.CodeAnalysis;

namespace AarenGen;

/// <summary>Takes the records of a stream in which each of them is a token.</summary>
/// <param name="state">The series.</param>
internal readonly struct RecordStream<TModel>(SeriesState<TModel> state) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    public RecordCore Core { get; } = (RecordCore)state.Core;

    /// <summary>Takes a record; returns whether the model gave an output.</summary>
    /// <exception cref="RecordException">The record is wrong. The state is as it was.</exception>
    public bool Step<TRecord, TBinding>(TModel model, TRecord record) where TBinding : IRecordBinding<TRecord>
    {
        RecordScratch scratch = RecordScratch.Own;
        RecordLayout layout = Core.Layout;
        Span<double> values = scratch.Values(layout.Columns.Length);
        long? time = Read<TRecord, TBinding>(model, record, isOfKey: true, values);
        Span<float> token = scratch.Token(layout.Description.InputWidth), output = scratch.Output(layout.Description.OutputWidth);
        Core.WriteToken(values, time ?? 0, token);
        // All other numbers of the token were checked with the record.
        layout.CheckToken(Core.Key, time, token, model.ScalesOf(state.Stream));
        model.StepChecked(state.Stream, token, output);
        bool hasOutput = state.Stream.HasOutput;
        Core.Complete(values, time ?? 0, hasOutput ? output : default);
        return hasOutput;
    }

    /// <summary>Reads the next record of the stream; returns its time. Nothing changes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="record">The record.</param>
    /// <param name="isOfKey">Whether it must have the key of the state.</param>
    /// <param name="values">Its values, overwritten.</param>
    /// <exception cref="RecordException">The record is wrong.</exception>
    public long? Read<TRecord, TBinding>(TModel model, [NotNull] TRecord record, bool isOfKey, Span<double> values)
        where TBinding : IRecordBinding<TRecord>
    {
        if (record is null)
        {
            throw new RecordException("A record is null; leave it out.");
        }
        long? time = TBinding.HasTime ? TBinding.GetTime(record).UtcTicks : null;
        if (isOfKey && !TBinding.HasKey(record, Core.Key))
        {
            throw RecordLayout.OtherSeries(TBinding.GetKey(record), time, Core.Key);
        }
        if (Core.HasBegun && time < Core.Ticks)
        {
            throw new RecordException($"{RecordLayout.Where(Core.Key, time)} {RecordLayout.OutOfOrder(Core.Ticks)}");
        }
        Core.Layout.ReadValues<TRecord, TBinding>(record, RecordUse.Input, values);
        Standardizer? standardizer = model.ScalesOf(state.Stream);
        Core.Layout.CheckValues(Core.Key, time, values, standardizer, standardizer is not null);
        return time;
    }
}

/// <summary>Streams of records of a series' state.</summary>
internal static class RecordStream
{
    /// <param name="state">The state of a model whose tokens are records.</param>
    public static RecordStream<TModel> Records<TModel>(this SeriesState<TModel> state)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel> => new(state);
}
