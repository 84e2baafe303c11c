using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace AarenGen.Tests;

/// <summary>Safetensors files as other programs write them: with other names and metadata, and without our checksum.</summary>
internal static class SafetensorsFile
{
    /// <summary>The header of a file.</summary>
    public static JsonObject HeaderOf(byte[] file) =>
        JsonNode.Parse(file.AsSpan(sizeof(long), (int)BinaryPrimitives.ReadInt64LittleEndian(file)))!.AsObject();

    /// <summary>The same tensors with other names, and with these metadata alone.</summary>
    public static byte[] With(byte[] file, Func<string, string> rename, JsonObject? metadata = null)
    {
        var header = new JsonObject();
        if (metadata is not null)
        {
            header["__metadata__"] = metadata;
        }
        foreach ((string name, JsonNode? tensor) in HeaderOf(file))
        {
            if (name != "__metadata__")
            {
                header[rename(name)] = tensor!.DeepClone();
            }
        }
        byte[] text = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        long data = sizeof(long) + BinaryPrimitives.ReadInt64LittleEndian(file);
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. file.AsSpan((int)data)];
    }

    /// <summary>What a method writes.</summary>
    public static byte[] Written(Action<Stream> save)
    {
        using var stream = new MemoryStream();
        save(stream);
        return stream.ToArray();
    }
}
