using System.Buffers.Binary;
using AarenGen.Kernels;
using AarenGen.Serialization;

namespace AarenGen.Tool.Files;

/// <summary>Rewrites weights in another type of number and under other names. Statistics of standardisation keep their type.</summary>
internal static class WeightConversion
{
    /// <summary>The types of numbers by the names that users write.</summary>
    public static readonly IReadOnlyDictionary<string, string> Types =
        new Dictionary<string, string> { ["float32"] = "F32", ["bfloat16"] = "BF16", ["float16"] = "F16" };

    /// <summary>Of the contents as they were; what is rewritten has none, and is read without.</summary>
    private static readonly string[] Checksums = [ModelFile.Checksum, ModelNotes.WeightsMark];

    /// <summary>Writes a converted file.</summary>
    /// <param name="input">The file of weights.</param>
    /// <param name="output">The file to write.</param>
    /// <param name="type">The type of weights, as the format calls it; null: as they are.</param>
    /// <param name="renames">What leads names, and what does so afterwards; the first that fits counts.</param>
    /// <exception cref="UserException">The input holds no weights, its checksum is wrong, or names would be twice.</exception>
    /// <exception cref="ModelFileException">The input is damaged, or has another format.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Run(string input, string output, string? type, IReadOnlyList<(string From, string To)> renames)
    {
        var report = FileReport.Read(input);
        if (report.Info.Kind != ModelFileKind.Weights)
        {
            throw new UserException($"{input} is a {report.Kind}, whose layout the class of its model knows; convert a file of Save.");
        }
        // What is written has no checksum that would tell.
        report.CheckChecksum();
        (byte[] header, List<byte[]> data) = ([], []);
        InputFile.Read(input, stream => header = Read(stream, input, type, renames, data));
        AtomicFile.Write(output, file =>
        {
            file.Write(header);
            data.ForEach(bytes => file.Write(bytes));
        });
    }

    /// <summary>Whether numbers of a type are weights, rather than statistics or text.</summary>
    public static bool IsWeight(string type) => Types.Values.Contains(type);

    /// <summary>Reads a file and converts its tensors; returns the header of the converted file.</summary>
    private static byte[] Read(
        Stream stream, string input, string? type, IReadOnlyList<(string From, string To)> renames, List<byte[]> data)
    {
        (Dictionary<string, TensorEntry> entries, Dictionary<string, string> metadata) = Safetensors.ReadHeader(stream);
        TensorEntry[] tensors = [.. entries.Values.OrderBy(static t => t.Start).ThenBy(static t => t.End)];
        if (renames.FirstOrDefault(r => !tensors.Any(t => t.Name.StartsWith(r.From, StringComparison.Ordinal))) is { From: { } unused })
        {
            throw new UserException($"{input}: no tensor's name begins with '{unused}'"
                + (tensors.Length > 0 ? $"; one is '{tensors[0].Name}'." : ", since the file has none."));
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        var converted = new List<(string Name, string Type, IReadOnlyList<long> Shape)>();
        foreach (TensorEntry tensor in tensors)
        {
            (string from, string to) = renames.Append((From: "", To: ""))
                .First(r => tensor.Name.StartsWith(r.From, StringComparison.Ordinal));
            string name = to + tensor.Name[from.Length..];
            if (!names.Add(name))
            {
                throw new UserException($"{input}: two tensors would be called '{name}'; rename fewer.");
            }
            string target = IsWeight(tensor.Type) && type is not null ? type : tensor.Type;
            long length = tensor.End - tensor.Start;
            if (Math.Max(length, target == tensor.Type ? 0 : length / Size(tensor.Type) * Size(target)) > Array.MaxLength)
            {
                throw new UserException(
                    $"{input}: '{tensor.Name}' has more than {Array.MaxLength:N0} bytes before or after; this command cannot convert it.");
            }
            byte[] bytes = new byte[length];
            stream.Position = tensor.Start;
            stream.ReadExactly(bytes);
            converted.Add((name, target, tensor.Shape));
            data.Add(Convert(bytes, tensor, target));
        }
        foreach (string key in Checksums)
        {
            metadata.Remove(key);
        }
        return Safetensors.WriteHeader(converted, new SortedDictionary<string, string>(metadata, StringComparer.Ordinal));
    }

    /// <summary>Bytes of a number of a type of weights.</summary>
    private static int Size(string type) => type == "F32" ? sizeof(float) : sizeof(ushort);

    private static byte[] Convert(byte[] data, TensorEntry tensor, string type)
    {
        if (tensor.Type == type)
        {
            return data;
        }
        int from = Size(tensor.Type), to = Size(type);
        byte[] result = new byte[data.Length / from * to];
        for (int i = 0; i * from < data.Length; i++)
        {
            float value = Read(tensor.Type, data.AsSpan(i * from));
            Span<byte> at = result.AsSpan(i * to);
            switch (type)
            {
                case "F32":
                    BinaryPrimitives.WriteSingleLittleEndian(at, value);
                    break;
                case "F16":
                    BinaryPrimitives.WriteHalfLittleEndian(at, (Half)value);
                    break;
                default:
                    BinaryPrimitives.WriteUInt16LittleEndian(at, BFloat16.Round(value));
                    break;
            }
            // A number beyond the range would become infinite. What was infinite or NaN before stays so.
            if (float.IsFinite(value) && !float.IsFinite(Read(type, at)))
            {
                throw new UserException($"'{tensor.Name}' holds {value}, which {(type == "F16" ? "float16 cannot; take bfloat16"
                    : "bfloat16 cannot; take float32")}.");
            }
        }
        return result;
    }

    private static float Read(string type, ReadOnlySpan<byte> at) => type switch
    {
        "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
        "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(at),
        _ => BFloat16.Widen(BinaryPrimitives.ReadUInt16LittleEndian(at)),
    };
}
