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
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(model);
        if (services.Any(static s => s.ServiceType == typeof(StreamsHost<TModel>)))
        {
            throw new InvalidOperationException(
                $"Streams of {typeof(TModel).Name} were added before; call {nameof(AddStreams)} once for each model.");
        }
        var settings = new StreamsSettings<TModel>(model);
        services.AddSingleton(provider => new StreamsHost<TModel>(
            provider, settings, provider.GetService<ILoggerFactory>()?.CreateLogger("AarenGen.Serving") ?? NullLogger.Instance));
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<StreamsHost<TModel>>());
        services.TryAddSingleton(static provider => provider.GetRequiredService<StreamsHost<TModel>>().Service);
        return new(services, settings);
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
}
