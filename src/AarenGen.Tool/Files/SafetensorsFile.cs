using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace AarenGen.Tool.Files;

/// <summary>A tensor of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its numbers, such as F32.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Start">The first byte of its data in the file.</param>
/// <param name="Bytes">Bytes of its data.</param>
internal sealed record SavedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Start, long Bytes);

/// <summary>The header of a safetensors file: weights, compiled models and checkpoints.</summary>
/// <param name="Path">The file.</param>
/// <param name="Metadata">Its metadata.</param>
/// <param name="Tensors">Its tensors in the order of their data.</param>
internal sealed record SafetensorsFile(
    string Path, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<SavedTensor> Tensors)
{
    /// <summary>Metadata of the library.</summary>
    public const string Fingerprint = "aarengen.fingerprint", Compiled = "aarengen.compiled", Checkpoint = "aarengen.checkpoint";

    private const int LengthBytes = 8, MaxHeader = 100_000_000;

    /// <summary>What kind of file it is.</summary>
    public string Kind => Metadata.ContainsKey(Compiled) ? "compiled model" : Metadata.ContainsKey(Checkpoint) ? "checkpoint" : "weights";

    /// <summary>Whether a file begins as this format does.</summary>
    public static bool IsStart(ReadOnlySpan<byte> start) => start.Length > LengthBytes && start[LengthBytes] == '{';

    /// <summary>Reads the header.</summary>
    /// <exception cref="UserException">The file is damaged, or has another format.</exception>
    public static SafetensorsFile Read(string path)
    {
        using FileStream file = InputFiles.Open(path);
        Span<byte> length = stackalloc byte[LengthBytes + 1];
        int read = file.ReadAtLeast(length, length.Length, throwOnEndOfStream: false);
        long bytes = read < length.Length ? 0 : BinaryPrimitives.ReadInt64LittleEndian(length);
        if (!IsStart(length[..read]) || bytes is <= 0 or > MaxHeader || bytes > file.Length - LengthBytes)
        {
            throw new UserException($"{path}: this is no safetensors file, or it is damaged; name one of Save.");
        }
        byte[] header = new byte[bytes];
        file.Position = LengthBytes;
        file.ReadExactly(header);
        try
        {
            using JsonDocument json = JsonDocument.Parse(header);
            long begin = LengthBytes + bytes;
            Dictionary<string, string> metadata = new(StringComparer.Ordinal);
            List<SavedTensor> tensors = [];
            foreach (JsonProperty entry in json.RootElement.EnumerateObject())
            {
                if (entry.Name == "__metadata__")
                {
                    metadata = entry.Value.EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value.GetString()!);
                    continue;
                }
                JsonElement offsets = entry.Value.GetProperty("data_offsets");
                (long start, long end) = (offsets[0].GetInt64(), offsets[1].GetInt64());
                if (start < 0 || end < start || begin + end > file.Length)
                {
                    throw new FormatException($"'{entry.Name}' lies outside of the file.");
                }
                tensors.Add(new(
                    entry.Name, entry.Value.GetProperty("dtype").GetString()!,
                    [.. entry.Value.GetProperty("shape").EnumerateArray().Select(static n => n.GetInt64())], begin + start, end - start));
            }
            return new(path, metadata, [.. tensors.OrderBy(static t => t.Start)]);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException
            or IndexOutOfRangeException or ArgumentException)
        {
            throw new UserException($"{path}: the header is damaged; use an older copy.", cause: e);
        }
    }

    /// <summary>Writes a file; one that is there is replaced as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">The metadata.</param>
    /// <param name="tensors">Each tensor, and its data.</param>
    /// <exception cref="UserException">The file cannot be written.</exception>
    public static void Write(
        string path, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<(SavedTensor Tensor, byte[] Data)> tensors)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata.OrderBy(static m => m.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }
            json.WriteEndObject();
            long at = 0;
            foreach ((SavedTensor tensor, byte[] data) in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type);
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape)
                {
                    json.WriteNumberValue(size);
                }
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at += data.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        // As other writers do, so that data are aligned.
        text.Write(Encoding.ASCII.GetBytes(new string(' ', (int)(-text.Length & (LengthBytes - 1)))));
        InputFiles.Replace(path, file =>
        {
            Span<byte> length = stackalloc byte[LengthBytes];
            BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
            file.Write(length);
            text.WriteTo(file);
            foreach ((_, byte[] data) in tensors)
            {
                file.Write(data);
            }
        });
    }
}
