using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AarenGen.Serving;

/// <summary>Adds services of streams to a host.</summary>
public static class StreamsServiceCollectionExtensions
{
    /// <summary>
    /// Follows the streams of a model: a <see cref="StreamService{TModel}"/>, which starts before the host's other services start and stops
    /// after they have stopped.
    /// </summary>
    /// <remarks>
    /// Take <see cref="StreamService{TModel}"/> in a constructor or from the services, once the host is starting. A hosted service is
    /// constructed before that; it takes the service in its own start. Each model is added once.
    /// </remarks>
    /// <param name="services">The services of the host.</param>
    /// <param name="model">Gives the model, when the host starts.</param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <returns>
    /// A builder, which must be told where the streams are kept: <see cref="StreamsBuilder{TModel}.UseStore"/>, <c>UseSqlite</c> of the
    /// package AarenGen.Serving.Sqlite, or <see cref="StreamsBuilder{TModel}.KeepInMemory"/>.
    /// </returns>
    /// <exception cref="InvalidOperationException">Streams of the model were added before.</exception>
    public static StreamsBuilder<TModel> AddStreams<TModel>(this IServiceCollection services, Func<IServiceProvider, TModel> model)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        StreamsBuilder<TModel> builder = Add(services, model, static _ => StreamForm<TModel>.Tokens);
        services.TryAddSingleton(static provider => provider.GetRequiredService<StreamsHost<TModel>>().Service);
        services.AddSingleton<IStreamService<TModel>>(static provider => provider.GetRequiredService<StreamService<TModel>>());
        return builder;
    }

    /// <summary>
    /// Follows the streams of a model, whose weights are those of a file; otherwise as
    /// <see cref="AddStreams{TModel}(IServiceCollection, Func{IServiceProvider, TModel})"/>.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="path">
    /// The file, which is read when the host starts, by <see cref="SequenceModel{TSelf}.Load(string, WeightLoadOptions?)"/>.
    /// </param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <returns>A builder, which must be told where the streams are kept.</returns>
    /// <exception cref="InvalidOperationException">Streams of the model were added before.</exception>
    public static StreamsBuilder<TModel> AddStreams<TModel>(this IServiceCollection services, string path)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return services.AddStreams(_ => SequenceModel<TModel>.Load(path));
    }

    /// <summary>
    /// Follows streams of records of a model with a task: a service that runs as long as the host does,
    /// <see cref="RecordService{TModel, TRecord}"/>.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="model">Gives the model, when the host starts.</param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <typeparam name="TRecord">The type of its records.</typeparam>
    /// <returns>A builder, which must be told where the streams are kept.</returns>
    /// <exception cref="InvalidOperationException">Streams of the model were added before.</exception>
    public static StreamsBuilder<TModel> AddRecordStreams<TModel, TRecord>(
        this IServiceCollection services, Func<IServiceProvider, TModel> model)
        where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
    {
        StreamsBuilder<TModel> builder = Add(services, model, static m => StreamForm<TModel>.Of(m.CreateSteps()));
        services.TryAddSingleton(
            static provider => new RecordService<TModel, TRecord>(provider.GetRequiredService<StreamsHost<TModel>>().Service));
        return builder;
    }

    /// <summary>
    /// Follows streams of records of a model, whose weights are those of a file; otherwise as
    /// <see cref="AddRecordStreams{TModel, TRecord}(IServiceCollection, Func{IServiceProvider, TModel})"/>.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="path">
    /// The file, which is read when the host starts, by <see cref="SequenceModel{TSelf}.Load(string, WeightLoadOptions?)"/>.
    /// </param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <typeparam name="TRecord">The type of its records.</typeparam>
    /// <returns>A builder, which must be told where the streams are kept.</returns>
    /// <exception cref="InvalidOperationException">Streams of the model were added before.</exception>
    public static StreamsBuilder<TModel> AddRecordStreams<TModel, TRecord>(this IServiceCollection services, string path)
        where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return services.AddRecordStreams<TModel, TRecord>(_ => SequenceModel<TModel>.Load(path));
    }

    /// <summary>Adds what starts and stops the service.</summary>
    private static StreamsBuilder<TModel> Add<TModel>(
        IServiceCollection services, Func<IServiceProvider, TModel> model, Func<TModel, StreamForm<TModel>> form)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(model);
        if (services.Any(static s => s.ServiceType == typeof(StreamsHost<TModel>)))
        {
            throw new InvalidOperationException(
                $"Streams of {typeof(TModel).Name} were added before; call {nameof(AddStreams)} once for each model.");
        }
        var settings = new StreamsSettings<TModel>(model, form);
        services.AddSingleton(provider => new StreamsHost<TModel>(
            provider, settings, provider.GetService<ILoggerFactory>()?.CreateLogger("AarenGen.Serving") ?? NullLogger.Instance));
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<StreamsHost<TModel>>());
        return new(services, settings);
    }
}
