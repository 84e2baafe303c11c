namespace AarenGen.Serving;

/// <summary>What a <see cref="StreamsBuilder{TModel}"/> was told.</summary>
internal sealed class StreamsSettings<TModel>(Func<IServiceProvider, TModel> model)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    public Func<IServiceProvider, TModel> Model { get; } = model;

    public Func<IServiceProvider, CancellationToken, Task<IStreamStore>>? OpenStore { get; set; }

    public bool IsInMemory { get; set; }

    public List<Func<IServiceProvider, StreamServiceOptions, StreamServiceOptions>> Changes { get; } = [];
}
