using AarenGen.AspNetCore.Grpc;
using AarenGen.AspNetCore.Http;
using AarenGen.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AarenGen.AspNetCore;

/// <summary>Maps the streams of a model to endpoints of a host.</summary>
public static class StreamEndpointExtensions
{
    /// <summary>Maps the streams of a model to HTTP.</summary>
    /// <remarks>
    /// <para>
    /// <c>POST prefix/{id}</c> reads a token, <c>POST prefix</c> tokens of any streams; <c>GET prefix/{id}</c> tells of a stream,
    /// <c>DELETE</c> removes it, <c>POST prefix/{id}/reset</c> begins it anew, <c>GET prefix/{id}/events</c> sends its outputs as they
    /// come; <c>GET prefix</c> tells of the service. Mistakes are answered with problem details (RFC 9457).
    /// </para>
    /// <para>
    /// Anybody may call the endpoints unless the host says otherwise: <c>MapStreams(…).RequireAuthorization()</c>.
    /// </para>
    /// </remarks>
    /// <param name="endpoints">The endpoints of the host.</param>
    /// <param name="prefix">Where they lie, such as <c>/load</c>.</param>
    /// <param name="options">What they accept; null: the defaults.</param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <returns>The group of the endpoints, for authorization, rate limits and the like.</returns>
    /// <exception cref="InvalidOperationException">The services of the host have no streams of the model.</exception>
    public static RouteGroupBuilder MapStreams<TModel>(
        this IEndpointRouteBuilder endpoints, string prefix, StreamEndpointOptions? options = null)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        CheckAdded<TModel>(endpoints, nameof(MapStreams));
        return new HttpEndpoints<TModel>(options ?? new(), endpoints.ServiceProvider).Map(endpoints.MapGroup(prefix));
    }

    /// <summary>
    /// Maps the streams of a model to gRPC: the service <c>aarengen.v1.Streams</c>, which the package describes in
    /// <c>protos/aarengen/v1/streams.proto</c>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Several models may be mapped. A call then names one in its metadata <c>aarengen-model</c>, by
    /// <see cref="StreamEndpointOptions.Name"/>, and each has its own authorization.
    /// </para>
    /// <para>Anybody may call it unless the host says otherwise: <c>MapStreamsGrpc(…).RequireAuthorization()</c>.</para>
    /// </remarks>
    /// <param name="endpoints">The endpoints of the host.</param>
    /// <param name="options">What it accepts; null: the defaults.</param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <returns>The endpoints, for authorization and the like.</returns>
    /// <exception cref="InvalidOperationException">
    /// The services of the host have no streams of the model, or no <see cref="AddStreamsGrpc"/>; or the name is that of other streams.
    /// </exception>
    public static IEndpointConventionBuilder MapStreamsGrpc<TModel>(
        this IEndpointRouteBuilder endpoints, StreamEndpointOptions? options = null)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        CheckAdded<TModel>(endpoints, nameof(MapStreamsGrpc));
        ModelNames names = endpoints.ServiceProvider.GetService<ModelNames>() ?? throw new InvalidOperationException(
            $"gRPC was not added: call builder.Services.{nameof(AddStreamsGrpc)}() before the host is built.");
        options ??= new();
        string name = options.Name ?? typeof(TModel).Name;
        names.Add(name, typeof(TModel));
        return endpoints.MapGrpcService<GrpcStreams<TModel>>().WithMetadata(new GrpcStreamsMetadata(
            name, options, new(options.MaxBufferedBytes)));
    }

    /// <summary>Adds gRPC, and what <see cref="MapStreamsGrpc"/> needs beyond it.</summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">
    /// Sets options of gRPC, such as the largest message (<c>MaxReceiveMessageSize</c>); null: the defaults.
    /// </param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddStreamsGrpc(
        this IServiceCollection services, Action<global::Grpc.AspNetCore.Server.GrpcServiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddGrpc(configure ?? (static _ => { }));
        return ModelPolicy.AddTo(services);
    }

    private static void CheckAdded<TModel>(IEndpointRouteBuilder endpoints, string method)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        if (endpoints.ServiceProvider.GetService<IServiceProviderIsService>()?.IsService(typeof(IStreamService<TModel>)) == false)
        {
            string name = typeof(TModel).Name;
            throw new InvalidOperationException(
                $"{method}<{name}> finds no streams: call builder.Services.AddStreams<{name}>(…) before the host is built.");
        }
    }
}
