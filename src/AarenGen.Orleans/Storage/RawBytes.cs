using Orleans;

namespace AarenGen.Orleans;

/// <summary>A state as a storage provider keeps it: bytes.</summary>
[GenerateSerializer]
internal sealed class RawBytes
{
    [Id(0)]
    public byte[] Data { get; set; } = [];
}
