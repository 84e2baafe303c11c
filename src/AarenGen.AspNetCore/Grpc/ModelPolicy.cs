using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AarenGen.AspNetCore.Grpc;

/// <summary>Chooses the streams that the metadata of a call name: all models have the same gRPC service, and so the same address.</summary>
internal sealed class ModelPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <summary>The key in the metadata of a call.</summary>
    public const string Key = "aarengen-model";

    private static readonly Endpoint
        Unknown = Refusal(StatusCode.NotFound, $"No streams have the name in the metadata {Key}."),
        Unnamed = Refusal(StatusCode.InvalidArgument, $"There are streams of several models: name one in the metadata {Key}.");

    public override int Order => 0;

    public static IServiceCollection AddTo(IServiceCollection services)
    {
        services.TryAddSingleton<ModelNames>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, ModelPolicy>());
        return services;
    }

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Any(static e => e.Metadata.GetMetadata<GrpcStreamsMetadata>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        string name = httpContext.Request.Headers[Key].ToString();
        int first = -1, chosen = 0;
        for (int i = 0; i < candidates.Count; i++)
        {
            EndpointMetadataCollection metadata = candidates[i].Endpoint.Metadata;
            // gRPC has an endpoint for methods that are not there, one for all models, which has what the first model was given.
            if (candidates.IsValidCandidate(i) && metadata.GetMetadata<GrpcMethodMetadata>() is not null
                && metadata.GetMetadata<GrpcStreamsMetadata>() is { } streams)
            {
                first = first < 0 ? i : first;
                bool isChosen = name.Length == 0 || name == streams.Name;
                chosen += isChosen ? 1 : 0;
                candidates.SetValidity(i, isChosen);
            }
        }
        if (first >= 0 && chosen != 1)
        {
            for (int i = 0; i < candidates.Count; i++)
            {
                candidates.SetValidity(i, i == first);
            }
            candidates.ReplaceEndpoint(first, chosen == 0 ? Unknown : Unnamed, candidates[first].Values);
        }
        return Task.CompletedTask;
    }

    /// <summary>Answers as gRPC does, with a status and no message.</summary>
    private static Endpoint Refusal(StatusCode status, string message) => new(
        context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers["grpc-message"] = message;
            return Task.CompletedTask;
        },
        EndpointMetadataCollection.Empty, message);
}
