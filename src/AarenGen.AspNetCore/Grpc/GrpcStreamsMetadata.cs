namespace AarenGen.AspNetCore.Grpc;

/// <summary>Which streams an endpoint of gRPC serves.</summary>
/// <param name="Name">What the metadata of a call must name.</param>
/// <param name="Options">What the endpoint accepts.</param>
/// <param name="Budget">What its calls hold together.</param>
internal sealed record GrpcStreamsMetadata(string Name, StreamEndpointOptions Options, MemoryBudget Budget);
