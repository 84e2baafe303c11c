namespace AarenGen.Serving;

/// <summary>What a <see cref="StreamsBuilder{TModel}"/> was told.</summary>
internal sealed class StreamsSettings<TModel>(Func<IServiceProvider, TModel> model, Func<TModel, StreamForm<TModel>> form)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    public Func<IServiceProvider, TModel> Model { get; } = model;

    public Func<IServiceProvider, CancellationToken, Task<IStreamStore>>? OpenStore { get; set; }

    /// <summary>What streams of a model read.</summary>
    public Func<TModel, StreamForm<TModel>> Form { get; } = form;

    public bool IsInMemory { get; set; }

    public List<Func<IServiceProvider, StreamServiceOptions, StreamServiceOptions>> Changes { get; } = [];
}
