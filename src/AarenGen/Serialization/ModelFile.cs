using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AarenGen.Kernels;
using AarenGen.Memory;

namespace AarenGen.Serialization;

/// <summary>Weights in safetensors files: PyTorch's names and shapes, without the padding of memory.</summary>
internal static class ModelFile
{
    /// <summary>The metadata that a checkpoint has and a file of weights has not.</summary>
    public const string CheckpointMark = "aarengen.checkpoint";
    private const string Checksum = "aarengen.sha256", Fingerprint = "aarengen.fingerprint";
    private const int BufferBytes = 1 << 15;

    /// <summary>How many tensors a message names.</summary>
    private const int MaxNamed = 50;

    /// <exception cref="InvalidOperationException">The weights are not finite. Nothing was written.</exception>
    public static void Write(string path, ModelDescription description, AlignedBuffer weights)
    {
        CheckFinite(weights);
        WriteSets(path, description, [("", weights)], new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <summary>Refuses to write what could not be read again.</summary>
    public static void CheckFinite(AlignedBuffer weights)
    {
        if (!VectorMath.AreFinite(weights.Span))
        {
            throw new InvalidOperationException("The weights hold NaN or infinity and are not saved: load or train the model anew.");
        }
    }

    public static void Read(string path, ModelDescription description, AlignedBuffer weights) =>
        ReadSets(path, description, [("", weights)], isCheckpoint: false);

    /// <summary>Reads a stream from its start; the name is for messages.</summary>
    public static void Read(Stream stream, string name, ModelDescription description, AlignedBuffer weights) =>
        ReadSets(stream, name, description, [("", weights)], isCheckpoint: false);

    /// <summary>Writes several buffers laid out as the parameters, each tensor's name led by its set's prefix.</summary>
    public static void WriteSets(
        string path, ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets,
        IReadOnlyDictionary<string, string> metadata)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Fingerprint] = description.Fingerprint };
        foreach ((string key, string value) in metadata)
        {
            all[key] = value;
        }
        all[Checksum] = Hash(description, sets, all);
        byte[] header = Safetensors.WriteHeader(
            sets.SelectMany(s => description.Parameters.Select(p => (s.Prefix + p.Name, p.Shape))), all);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            EachRow(description, sets, stream.Write);
        });
    }

    /// <summary>Reads what <see cref="WriteSets"/> wrote, or, without checksum, any file with these tensors.</summary>
    public static IReadOnlyDictionary<string, string> ReadSets(
        string path, ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets, bool isCheckpoint = true)
    {
        using FileStream stream = InputFile.Open(path);
        return ReadSets(stream, path, description, sets, isCheckpoint);
    }

    private static Dictionary<string, string> ReadSets(
        Stream stream, string path, ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets,
        bool isCheckpoint)
    {
        try
        {
            stream.Position = 0;
            (Dictionary<string, TensorEntry> tensors, Dictionary<string, string> metadata) = Safetensors.ReadHeader(stream);
            if (metadata.ContainsKey(CompiledModel.Mark))
            {
                throw new ModelFileException("this is a file of SaveCompiled, which [Weights] embeds; load one of Save.");
            }
            if (metadata.ContainsKey(CheckpointMark) != isCheckpoint)
            {
                throw new ModelFileException(isCheckpoint
                    ? "this is a file of weights, not a checkpoint of Fit: load it with Load and train without Resume."
                    : "this is a checkpoint of Fit, not a file of weights: Fit with it as CheckpointPath and Resume, then Save.");
            }
            CheckNames(description, sets, tensors);
            foreach ((string prefix, AlignedBuffer weights) in sets)
            {
                foreach (ParameterDescription p in description.Parameters)
                {
                    ReadTensor(stream, tensors[prefix + p.Name], p, weights.Span);
                }
            }
            bool hasChecksum = metadata.Remove(Checksum, out string? expected);
            var hashed = new SortedDictionary<string, string>(metadata, StringComparer.Ordinal);
            if (hasChecksum ? Hash(description, sets, hashed) != expected : isCheckpoint)
            {
                throw new ModelFileException("the checksum does not fit the contents; the file is damaged. Use an older copy.");
            }
            return metadata;
        }
        catch (ModelFileException e)
        {
            throw new ModelFileException($"{path}: {e.Message}", e);
        }
        catch (EndOfStreamException e)
        {
            throw new ModelFileException($"{path}: the file became shorter while it was read.", e);
        }
    }

    private static void CheckNames(
        ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets, Dictionary<string, TensorEntry> tensors)
    {
        var errors = new List<string>();
        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach (string prefix in sets.Select(static s => s.Prefix))
        {
            foreach (ParameterDescription p in description.Parameters)
            {
                string name = prefix + p.Name;
                expected.Add(name);
                if (!tensors.TryGetValue(name, out TensorEntry? tensor))
                {
                    errors.Add($"missing: {name} [{string.Join(", ", p.Shape)}]");
                }
                else if (!tensor.Shape.SequenceEqual(p.Shape.Select(static n => (long)n)))
                {
                    errors.Add($"misshapen: {name} is [{string.Join(", ", tensor.Shape)}], the model needs [{string.Join(", ", p.Shape)}]");
                }
                else if (tensor.Type is not ("F64" or "F32" or "F16" or "BF16"))
                {
                    errors.Add($"wrong type: {name} is {tensor.Type}, the model needs F64, F32, F16 or BF16");
                }
            }
        }
        errors.AddRange(tensors.Keys.Where(n => !expected.Contains(n)).Order(StringComparer.Ordinal).Select(static n => $"unexpected: {n}"));
        if (errors.Count > 0)
        {
            throw new ModelFileException(
                $"the tensors do not fit '{description.Name}'; use a file of the same declaration:\n  "
                + string.Join("\n  ", errors.Take(MaxNamed))
                + (errors.Count > MaxNamed ? $"\n  and {errors.Count - MaxNamed} more" : ""));
        }
    }

    private static void ReadTensor(Stream stream, TensorEntry tensor, ParameterDescription p, Span<float> weights)
    {
        int bytes = tensor.Type switch { "F64" => 8, "F32" => 4, _ => 2 };
        Span<byte> buffer = new byte[Math.Min(BufferBytes, p.Columns * bytes)];
        stream.Position = tensor.Start;
        for (int row = 0; row < p.Rows; row++)
        {
            Span<float> target = weights.Slice(p.Offset + row * p.RowStride, p.Columns);
            while (!target.IsEmpty)
            {
                int count = Math.Min(target.Length, buffer.Length / bytes);
                stream.ReadExactly(buffer[..(count * bytes)]);
                for (int i = 0; i < count; i++)
                {
                    ReadOnlySpan<byte> at = buffer[(i * bytes)..];
                    target[i] = tensor.Type switch
                    {
                        "F64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(at),
                        "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
                        "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(at),
                        _ => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
                    };
                    if (!float.IsFinite(target[i]))
                    {
                        throw new ModelFileException($"{tensor.Name} holds {target[i]}; weights must be finite in float32.");
                    }
                }
                target = target[count..];
            }
        }
    }

    private static string Hash(
        ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets, SortedDictionary<string, string> metadata)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string key, string value) in metadata)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{key.Length}:{key}{value.Length}:{value}"));
        }
        EachRow(description, sets, hash.AppendData);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void EachRow(
        ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets, Action<ReadOnlySpan<byte>> use)
    {
        foreach ((_, AlignedBuffer weights) in sets)
        {
            foreach (ParameterDescription p in description.Parameters)
            {
                for (int row = 0; row < p.Rows; row++)
                {
                    // The format is little-endian, as are the machines that vectors of the kernels run on.
                    use(MemoryMarshal.AsBytes(weights.Span.Slice(p.Offset + row * p.RowStride, p.Columns)));
                }
            }
        }
    }
}
