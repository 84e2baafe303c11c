namespace AarenGen.Serving;

/// <summary>What became of a record of a stream.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Sequence">
/// The number of the stream's last record, from 1, after this one. 0: the stream has read none, or it is unknown.
/// </param>
/// <param name="Output">What the model has given in the stream after this record; null where the record was not read.</param>
/// <param name="Message">What is wrong, and how to mend it; null where nothing is.</param>
/// <typeparam name="TModel">The model.</typeparam>
public readonly record struct RecordResult<TModel>(
    StepStatus Status, long Sequence, SeriesOutput<TModel>? Output, string? Message = null)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;

/// <summary>What is known of a stream of records.</summary>
/// <param name="Stream">Its numbers: those of tokens are of records here.</param>
/// <param name="Output">What the model had given after its last record.</param>
/// <typeparam name="TModel">The model.</typeparam>
public readonly record struct RecordStreamInfo<TModel>(StreamInfo Stream, SeriesOutput<TModel> Output)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;

/// <summary>A record that a stream has read, for those who watch it.</summary>
/// <param name="Id">The stream's id.</param>
/// <param name="Sequence">The number of the record; of an advance that of the record before it.</param>
/// <param name="Output">What the model has given in the stream after it.</param>
/// <typeparam name="TModel">The model.</typeparam>
public sealed record RecordOutput<TModel>(string Id, long Sequence, SeriesOutput<TModel> Output)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;
