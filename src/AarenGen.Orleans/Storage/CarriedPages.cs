using System.Buffers;
using Orleans;

namespace AarenGen.Orleans;

/// <summary>The pages of a shard that moves, for the activation that follows.</summary>
/// <param name="Epoch">That of the activation that hands them over: they hold where nobody else has been there since.</param>
/// <param name="Pages">All pages, in order.</param>
[GenerateSerializer, Immutable]
internal sealed record CarriedPages([property: Id(0)] long Epoch, [property: Id(1)] IReadOnlyList<CarriedPage> Pages);

/// <summary>A page of a shard that moves.</summary>
/// <param name="ETag">What a write in its place must name.</param>
/// <param name="Data">The page.</param>
[GenerateSerializer, Immutable]
internal sealed record CarriedPage([property: Id(0)] string? ETag, [property: Id(1)] byte[] Data);
