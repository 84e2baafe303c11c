using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using AarenGen.AspNetCore.Http;
using AarenGen.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AarenGen.AspNetCore;

/// <summary>Maps streams of records of a model with a task to endpoints of a host.</summary>
public static class RecordEndpointExtensions
{
    /// <summary>Maps the streams of records of a model to HTTP.</summary>
    /// <remarks>
    /// <para>
    /// The addresses are those of <see cref="StreamEndpointExtensions.MapStreams"/>, with records in place of tokens; forecasts have
    /// <c>POST prefix/{id}/advance</c>, too, which completes intervals that have ended. Mistakes are answered with problem details.
    /// </para>
    /// <para>
    /// Anybody may call the endpoints unless the host says otherwise: <c>MapRecordStreams(…).RequireAuthorization()</c>.
    /// </para>
    /// </remarks>
    /// <param name="endpoints">The endpoints of the host.</param>
    /// <param name="prefix">Where they lie, such as <c>/load</c>.</param>
    /// <param name="options">What they accept, where tokens are records; null: the defaults.</param>
    /// <param name="type">
    /// By its options records are read from JSON; null: by those of the host, which <c>ConfigureHttpJsonOptions</c> sets. NativeAOT needs
    /// one or the other. Unknown properties, those that are there twice, and times without a zone are refused in any case, unless the
    /// record's type says otherwise by an attribute such as <see cref="JsonUnmappedMemberHandlingAttribute"/>.
    /// </param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <typeparam name="TRecord">The type of its records.</typeparam>
    /// <returns>The group of the endpoints, for authorization, rate limits and the like.</returns>
    /// <exception cref="InvalidOperationException">
    /// The services of the host have no streams of records of the model, or do not know how to read records from JSON.
    /// </exception>
    public static RouteGroupBuilder MapRecordStreams<TModel, TRecord>(
        this IEndpointRouteBuilder endpoints, string prefix, StreamEndpointOptions? options = null, JsonTypeInfo<TRecord>? type = null)
        where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        IServiceProvider services = endpoints.ServiceProvider;
        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(RecordService<TModel, TRecord>)) == false)
        {
            string names = $"{typeof(TModel).Name}, {typeof(TRecord).Name}";
            throw new InvalidOperationException(
                $"{nameof(MapRecordStreams)}<{names}> finds no streams: call builder.Services.AddRecordStreams<{names}>(…) before the host "
                + "is built.");
        }
        JsonSerializerOptions json = type?.Options ?? services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        return new RecordEndpoints<TModel, TRecord>(options ?? new(), services, TypeOf<TRecord>(json)).Map(endpoints.MapGroup(prefix));
    }

    /// <summary>How records are read: by options, but strictly, since a misspelt property would be a missing value.</summary>
    private static JsonTypeInfo<TRecord> TypeOf<TRecord>(JsonSerializerOptions like)
    {
        var options = new JsonSerializerOptions(like)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
        };
        if (!options.Converters.Any(static c => c.CanConvert(typeof(DateTimeOffset))))
        {
            options.Converters.Add(new ZonedTimeConverter());
        }
        try
        {
            return (JsonTypeInfo<TRecord>)options.GetTypeInfo(typeof(TRecord));
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
        {
            throw new InvalidOperationException(
                $"The host does not know how to read {typeof(TRecord).Name} from JSON: add a JsonSerializerContext that has it by "
                + "ConfigureHttpJsonOptions, or pass its JsonTypeInfo.",
                e);
        }
    }
}
