using Orleans.Storage;

namespace AarenGen.Orleans;

/// <summary>Hands the bytes of streams to a provider as they are, and states of other grains to the serializer that the host has.</summary>
internal sealed class RawBytesSerializer(IGrainStorageSerializer others) : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => input is RawBytes raw ? new(raw.Data) : others.Serialize(input);

    public T? Deserialize<T>(BinaryData input) =>
        typeof(T) == typeof(RawBytes) ? (T)(object)new RawBytes { Data = input.ToArray() } : others.Deserialize<T>(input);
}
