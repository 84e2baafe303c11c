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
        if (record is null)
        {
            throw new RecordException("A record is null; leave it out.");
        }
        RecordLayout layout = Core.Layout;
        long? time = TBinding.HasTime ? TBinding.GetTime(record).UtcTicks : null;
        if (!TBinding.HasKey(record, Core.Key))
        {
            throw RecordLayout.OtherSeries(TBinding.GetKey(record), time, Core.Key);
        }
        if (Core.HasBegun && time < Core.Ticks)
        {
            throw new RecordException($"{RecordLayout.Where(Core.Key, time)} {RecordLayout.OutOfOrder(Core.Ticks)}");
        }
        RecordScratch scratch = RecordScratch.Own;
        Span<double> values = scratch.Values(layout.Columns.Length);
        TBinding.GetValues(record, values);
        Standardizer? standardizer = model.ScalesOf(state.Stream);
        layout.CheckValues(Core.Key, time, values, standardizer, standardizer is not null);
        Span<float> token = scratch.Token(layout.Description.InputWidth), output = scratch.Output(layout.Description.OutputWidth);
        Core.WriteToken(values, time ?? 0, token);
        // All other numbers of the token were checked with the record.
        layout.CheckToken(Core.Key, time, token, standardizer);
        model.StepChecked(state.Stream, token, output);
        bool hasOutput = state.Stream.HasOutput;
        Core.Complete(values, time ?? 0, hasOutput ? output : default);
        return hasOutput;
    }
}

/// <summary>Streams of records of a series' state.</summary>
internal static class RecordStream
{
    /// <param name="state">The state of a model whose tokens are records.</param>
    public static RecordStream<TModel> Records<TModel>(this SeriesState<TModel> state)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel> => new(state);
}
