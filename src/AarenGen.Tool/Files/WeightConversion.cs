using System.Buffers.Binary;

namespace AarenGen.Tool.Files;

/// <summary>Rewrites weights in another type of number and under other names. Statistics of standardisation keep their type.</summary>
internal static class WeightConversion
{
    /// <summary>The types of numbers by the names that users write.</summary>
    public static readonly IReadOnlyDictionary<string, string> Types =
        new Dictionary<string, string> { ["float32"] = "F32", ["bfloat16"] = "BF16", ["float16"] = "F16" };

    /// <summary>Of the contents as they were; what is rewritten has none, and is read without.</summary>
    private static readonly string[] Checksums = ["aarengen.sha256", "aarengen.weights"];

    /// <summary>Writes a converted file.</summary>
    /// <param name="input">The file of weights.</param>
    /// <param name="output">The file to write.</param>
    /// <param name="type">The type of weights, as the format calls it; null: as they are.</param>
    /// <param name="renames">What leads names, and what does so afterwards; the first that fits counts.</param>
    /// <exception cref="UserException">The input holds no weights, or names would be twice; a file cannot be read or written.</exception>
    public static void Run(string input, string output, string? type, IReadOnlyList<(string From, string To)> renames)
    {
        var file = SafetensorsFile.Read(input);
        if (file.Kind != "weights")
        {
            throw new UserException($"{input} is a {file.Kind}, whose layout the class of its model knows; convert a file of Save.");
        }
        using FileStream stream = InputFiles.Open(input);
        var tensors = new List<(SavedTensor, byte[])>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (SavedTensor tensor in file.Tensors)
        {
            byte[] data = new byte[tensor.Bytes];
            stream.Position = tensor.Start;
            stream.ReadExactly(data);
            (string from, string to) = renames.Append((From: "", To: ""))
                .First(r => tensor.Name.StartsWith(r.From, StringComparison.Ordinal));
            string name = to + tensor.Name[from.Length..];
            if (!names.Add(name))
            {
                throw new UserException($"{input}: two tensors would be called '{name}'; rename fewer.");
            }
            bool isWeight = tensor.Type is "F32" or "F16" or "BF16";
            string target = isWeight && type is not null ? type : tensor.Type;
            tensors.Add((tensor with { Name = name, Type = target }, Convert(data, tensor, target)));
        }
        foreach ((string from, _) in renames)
        {
            if (!file.Tensors.Any(t => t.Name.StartsWith(from, StringComparison.Ordinal)))
            {
                throw new UserException($"{input}: no tensor's name begins with '{from}'; one is '{file.Tensors[0].Name}'.");
            }
        }
        SafetensorsFile.Write(output, file.Metadata.Where(static m => !Checksums.Contains(m.Key)).ToDictionary(), tensors);
    }

    private static byte[] Convert(byte[] data, SavedTensor tensor, string type)
    {
        if (tensor.Type == type)
        {
            return data;
        }
        int from = tensor.Type == "F32" ? 4 : 2, to = type == "F32" ? 4 : 2;
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
                    // Beyond the range of 16 bits lies infinity, which no model loads.
                    BinaryPrimitives.WriteHalfLittleEndian(at, Half.IsFinite((Half)value) ? (Half)value : throw new UserException(
                        $"'{tensor.Name}' holds {value}, which float16 cannot; take bfloat16."));
                    break;
                default:
                    BinaryPrimitives.WriteUInt16LittleEndian(at, ToBFloat16(value));
                    break;
            }
        }
        return result;
    }

    private static float Read(string type, ReadOnlySpan<byte> at) => type switch
    {
        "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
        "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(at),
        _ => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
    };

    /// <summary>Rounds to the nearest, halves to the even.</summary>
    private static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
