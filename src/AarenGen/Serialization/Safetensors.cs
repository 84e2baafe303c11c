using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace AarenGen.Serialization;

/// <summary>A tensor of a safetensors file. Start and End are offsets of its data from the first byte of the format.</summary>
internal sealed record TensorEntry(string Name, string Type, long[] Shape, long Start, long End);

/// <summary>
/// Reads the safetensors header strictly. Format: u64 header length, JSON header, little-endian data
/// (github.com/huggingface/safetensors). Nothing is allocated by what a header merely claims.
/// </summary>
internal static class Safetensors
{
    /// <summary>Characters of what a parser says that a message repeats.</summary>
    private const int MaxProblem = 400;

    private const int LengthBytes = 8;
    private const long LargestHeader = 100_000_000;

    /// <summary>Bytes that are allocated for a header before the first of them was read.</summary>
    private const int HeaderChunk = 1 << 16;

    /// <summary>Far above what a model has; far below what a header of that size could name, and take memory for.</summary>
    private const int MaxTensors = 100_000, MaxMetadata = 10_000, MaxNameBytes = 4096, MaxDimensions = 32;

    private static readonly Dictionary<string, int> Bytes = new(StringComparer.Ordinal)
    {
        ["F64"] = 8, ["F32"] = 4, ["F16"] = 2, ["BF16"] = 2, ["I64"] = 8, ["I32"] = 4, ["I16"] = 2, ["I8"] = 1,
        ["U64"] = 8, ["U32"] = 4, ["U16"] = 2, ["U8"] = 1, ["BOOL"] = 1, ["C64"] = 8,
        ["F8_E4M3"] = 1, ["F8_E5M2"] = 1, ["F8_E8M0"] = 1, ["F8_E4M3FNUZ"] = 1, ["F8_E5M2FNUZ"] = 1,
    };

    /// <summary>Reads the header at a stream's position, and no byte after it. The stream need not seek.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="isWholeStream">Whether the tensors must end where the stream does, if it tells its length.</param>
    /// <param name="begun">What was read of the format before, at most eight bytes.</param>
    public static (Dictionary<string, TensorEntry> Tensors, Dictionary<string, string> Metadata) ReadHeader(
        Stream stream, bool isWholeStream = true, ReadOnlySpan<byte> begun = default)
    {
        long? length = stream.CanSeek ? stream.Length - stream.Position + begun.Length : null;
        Span<byte> start = stackalloc byte[FileFormat.StartBytes];
        begun.CopyTo(start);
        int left = LengthBytes + 1 - begun.Length;
        int read = begun.Length + stream.ReadAtLeast(start.Slice(begun.Length, left), left, throwOnEndOfStream: false);
        if (read <= LengthBytes || start[LengthBytes] != '{')
        {
            read += stream.ReadAtLeast(start[read..], start.Length - read, throwOnEndOfStream: false);
            throw new ModelFileException($"Not a safetensors file, but {FileFormat.Describe(start[..read], isState: false)}");
        }
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (headerLength == 0 || headerLength > (ulong)Math.Min(length - LengthBytes ?? LargestHeader, LargestHeader))
        {
            string available = length is { } bytes ? $"the file has {bytes}" : $"at most {LargestHeader} are allowed";
            throw new ModelFileException($"Not a safetensors file, or cut short: the header claims {headerLength} bytes, {available}.");
        }
        byte[] header = ReadHeaderBytes(stream, (int)headerLength);
        try
        {
            return Parse(header, LengthBytes + (long)headerLength, length, isWholeStream);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or DecoderFallbackException)
        {
            // What the parser says may quote the rest of the file.
            string problem = e.Message.Length <= MaxProblem ? e.Message : e.Message[..MaxProblem] + "…";
            throw new ModelFileException($"The safetensors header is damaged: {problem.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>
    /// The header's bytes for tensors of float32, in this order, padded to 8. Some of float64, and some of bytes after these, may come
    /// before them.
    /// </summary>
    public static byte[] WriteHeader(
        IEnumerable<(string Name, IReadOnlyList<int> Shape)> tensors, IReadOnlyDictionary<string, string> metadata,
        IEnumerable<(string Name, IReadOnlyList<int> Shape)>? doubles = null,
        IEnumerable<(string Name, IReadOnlyList<int> Shape)>? bytes = null)
    {
        return WriteHeader([.. Typed(doubles ?? [], "F64"), .. Typed(bytes ?? [], "U8"), .. Typed(tensors, "F32")], metadata);

        static IEnumerable<(string, string, IReadOnlyList<long>)> Typed(
            IEnumerable<(string Name, IReadOnlyList<int> Shape)> tensors, string type) =>
            tensors.Select(t => (t.Name, type, (IReadOnlyList<long>)[.. t.Shape.Select(static n => (long)n)]));
    }

    /// <summary>The header's bytes for tensors of known types, in this order, padded to 8.</summary>
    public static byte[] WriteHeader(
        IEnumerable<(string Name, string Type, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var text = new MemoryStream();
        text.Write(stackalloc byte[LengthBytes]);
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata)
            {
                json.WriteString(key, value);
            }
            json.WriteEndObject();
            long at = 0;
            foreach ((string name, string type, IReadOnlyList<long> shape) in tensors)
            {
                at = WriteEntry(json, name, shape, type, at);
            }
            json.WriteEndObject();
        }
        while (text.Length % LengthBytes != 0)
        {
            text.WriteByte((byte)' ');
        }
        byte[] header = text.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - LengthBytes);
        return header;
    }

    /// <summary>Writes what a header says of a tensor; returns where its data end.</summary>
    private static long WriteEntry(Utf8JsonWriter json, string name, IReadOnlyList<long> shape, string type, long start)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", type);
        json.WriteStartArray("shape");
        long end = Bytes[type];
        foreach (long size in shape)
        {
            json.WriteNumberValue(size);
            end *= size;
        }
        end += start;
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(start);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }

    /// <summary>
    /// Reads a header whose first byte, a brace, was read before. Memory grows with what was read, not with what is claimed.
    /// </summary>
    private static byte[] ReadHeaderBytes(Stream stream, int length)
    {
        byte[] header = new byte[Math.Min(length, HeaderChunk)];
        header[0] = (byte)'{';
        int count = 1;
        while (count < length)
        {
            if (count == header.Length)
            {
                Array.Resize(ref header, (int)Math.Min(length, 2L * header.Length));
            }
            int read = stream.Read(header, count, header.Length - count);
            if (read == 0)
            {
                throw new ModelFileException($"The safetensors header is cut short: {count} of {length} bytes are there.");
            }
            count += read;
        }
        return header;
    }

    private static (Dictionary<string, TensorEntry>, Dictionary<string, string>) Parse(
        byte[] header, long dataStart, long? available, bool isWholeStream)
    {
        var tensors = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        // A header needs three levels.
        var json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 3 });
        bool hasMetadata = false;
        Expect(ref json, JsonTokenType.StartObject);
        while (Next(ref json) == JsonTokenType.PropertyName)
        {
            string name = ReadName(ref json);
            if (tensors.Count == MaxTensors)
            {
                throw new FormatException($"it names more than {MaxTensors} tensors.");
            }
            Expect(ref json, JsonTokenType.StartObject);
            bool isNew = name == "__metadata__"
                ? ReadMetadata(ref json, metadata) && !hasMetadata
                : tensors.TryAdd(name, ReadEntry(ref json, name, dataStart));
            if (!isNew)
            {
                throw new FormatException($"'{name}' occurs twice.");
            }
            hasMetadata |= name == "__metadata__";
        }
        if (json.Read())
        {
            throw new FormatException("something follows the header's object.");
        }
        long end = dataStart;
        foreach (TensorEntry tensor in tensors.Values.OrderBy(static t => t.Start).ThenBy(static t => t.End))
        {
            if (tensor.Start != end)
            {
                throw new FormatException($"the data of '{tensor.Name}' begin at byte {tensor.Start}, not {end} where those before end.");
            }
            end = tensor.End;
        }
        return available is not { } length || end == length || (end < length && !isWholeStream)
            ? (tensors, metadata)
            : throw new FormatException($"the tensors end at byte {end}, the file at {length}.");
    }

    private static bool ReadMetadata(ref Utf8JsonReader json, Dictionary<string, string> metadata)
    {
        bool isNew = true;
        while (Next(ref json) == JsonTokenType.PropertyName)
        {
            string key = ReadName(ref json);
            if (metadata.Count == MaxMetadata)
            {
                throw new FormatException($"it has more than {MaxMetadata} entries of metadata.");
            }
            Expect(ref json, JsonTokenType.String);
            isNew &= metadata.TryAdd(key, json.GetString()!);
        }
        return isNew;
    }

    private static TensorEntry ReadEntry(ref Utf8JsonReader json, string name, long dataStart)
    {
        string? type = null;
        List<long>? shape = null, offsets = null;
        while (Next(ref json) == JsonTokenType.PropertyName)
        {
            switch (ReadName(ref json))
            {
                case "dtype" when type is null:
                    Expect(ref json, JsonTokenType.String);
                    type = json.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref json);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref json);
                    break;
                case var other:
                    throw new FormatException($"'{name}' has an unknown or repeated field '{other}'.");
            }
        }
        if (type is null || shape is null || offsets is not [long start, long end] || !Bytes.TryGetValue(type, out int bytes))
        {
            throw new FormatException($"'{name}' lacks a known dtype, a shape or two data offsets.");
        }
        if (end < start || end > long.MaxValue - dataStart || GetSize(bytes, shape) is not { } size)
        {
            throw new FormatException(
                $"'{name}' has shape [{string.Join(", ", shape)}] and offsets {start} to {end}, which no file can have.");
        }
        return end - start == size ? new(name, type, [.. shape], dataStart + start, dataStart + end)
            : throw new FormatException($"'{name}' has offsets {start} to {end}, but its shape takes {size} bytes.");
    }

    /// <summary>Bytes of a tensor; null: more than 64 bits count.</summary>
    private static long? GetSize(long bytes, List<long> shape)
    {
        if (shape.Contains(0))
        {
            return 0;
        }
        foreach (long n in shape)
        {
            if (bytes > long.MaxValue / n)
            {
                return null;
            }
            bytes *= n;
        }
        return bytes;
    }

    private static string ReadName(ref Utf8JsonReader json) => json.ValueSpan.Length <= MaxNameBytes
        ? json.GetString()!
        : throw new FormatException($"it has a name of {json.ValueSpan.Length} bytes, more than {MaxNameBytes}.");

    private static List<long> ReadNumbers(ref Utf8JsonReader json)
    {
        var numbers = new List<long>();
        Expect(ref json, JsonTokenType.StartArray);
        while (Next(ref json) == JsonTokenType.Number)
        {
            if (numbers.Count == MaxDimensions)
            {
                throw new FormatException($"a shape has more than {MaxDimensions} dimensions.");
            }
            numbers.Add(
                json.TryGetInt64(out long n) && n >= 0 ? n : throw new FormatException("a size or offset is no non-negative integer."));
        }
        return json.TokenType == JsonTokenType.EndArray ? numbers : throw new FormatException("a list of sizes holds something else.");
    }

    private static JsonTokenType Next(ref Utf8JsonReader json) =>
        json.Read() ? json.TokenType : throw new FormatException("it ends too soon.");

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (Next(ref json) != type)
        {
            throw new FormatException($"{type} expected, {json.TokenType} found at byte {json.TokenStartIndex}.");
        }
    }
}
