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

    /// <summary>The metadata that tell the hash of everything, and the fingerprint of the declaration.</summary>
    public const string Checksum = "aarengen.sha256", Fingerprint = "aarengen.fingerprint";
    private const int BufferBytes = 1 << 15;

    /// <summary>The tensor of a checkpoint that holds the states of sequences which go on.</summary>
    private const string States = "states";

    /// <summary>How many tensors a message names.</summary>
    private const int MaxNamed = 50;

    /// <summary>What writes the weights of a model to a stream.</summary>
    /// <exception cref="InvalidOperationException">The weights are not finite. Nothing was written.</exception>
    public static Action<Stream> Writer(ModelDescription description, AlignedBuffer weights, in ModelNotes notes, ulong fingerprint)
    {
        CheckFinite(weights);
        var metadata = new Dictionary<string, string> { [UserMetadata.PythonFormat] = "pt" };
        notes.AddTo(metadata, fingerprint);
        return Writer(description, [("", weights)], metadata, [], notes.Statistics);
    }

    /// <summary>Identifies weights, statistics and the scale of returns, by the first bytes of a hash; never 0.</summary>
    public static ulong FingerprintOf(
        ModelDescription description, AlignedBuffer weights, StandardizationStatistics? statistics, double? returnScale)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (returnScale is { } scale)
        {
            Span<byte> bytes = stackalloc byte[sizeof(double)];
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, scale);
            hash.AppendData(bytes);
        }
        hash.AppendData(MemoryMarshal.AsBytes(StatisticsFile.Data(statistics).AsSpan()));
        hash.AppendData(StatisticsFile.NamesOf(description, statistics));
        EachRow(description, [("", weights)], hash.AppendData);
        return Math.Max(1, BinaryPrimitives.ReadUInt64BigEndian(hash.GetHashAndReset()));
    }

    /// <summary>Refuses to write what could not be read again.</summary>
    public static void CheckFinite(AlignedBuffer weights)
    {
        if (!VectorMath.AreFinite(weights.Span))
        {
            throw new InvalidOperationException("The weights hold NaN or infinity and are not saved: load or train the model anew.");
        }
    }

    /// <summary>Reads the weights of a file; returns what it has beside them.</summary>
    public static ModelNotes Read(string path, ModelDescription description, AlignedBuffer weights, WeightLoadOptions options)
    {
        using FileStream stream = InputFile.Open(path);
        return Read(stream, path, description, weights, options);
    }

    /// <summary>Reads a stream from its position up to the last byte of the weights; it need not seek.</summary>
    public static ModelNotes Read(Stream stream, ModelDescription description, AlignedBuffer weights, WeightLoadOptions options) =>
        ReadWeights(stream, description, weights, options, isWholeStream: false);

    /// <summary>Reads all of a file, which messages call by its name.</summary>
    public static ModelNotes Read(
        Stream stream, string name, ModelDescription description, AlignedBuffer weights, WeightLoadOptions options) =>
        Named(name, () => ReadWeights(stream, description, weights, options, isWholeStream: true));

    private static ModelNotes ReadWeights(
        Stream stream, ModelDescription description, AlignedBuffer weights, WeightLoadOptions options, bool isWholeStream)
    {
        (Dictionary<string, string> metadata, _, StandardizationStatistics? statistics) = ReadSets(
            stream, description, [("", weights)], isCheckpoint: false, isWholeStream, options.Prefix);
        return ModelNotes.Read(statistics, metadata, options.SkipMetadata ? UserMetadata.None : UserMetadata.In(metadata));
    }

    /// <summary>
    /// Writes several buffers laid out as the parameters, each tensor's name led by its set's prefix, and states of streams and the
    /// statistics of standardisation, if there are any.
    /// </summary>
    public static void WriteSets(
        string path, ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets,
        IReadOnlyDictionary<string, string> metadata, double[]? states = null, StandardizationStatistics? statistics = null) =>
        AtomicFile.Write(path, Writer(description, sets, metadata, states ?? [], statistics));

    private static Action<Stream> Writer(
        ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets,
        IReadOnlyDictionary<string, string> metadata, double[] states, StandardizationStatistics? statistics)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Fingerprint] = description.Fingerprint };
        foreach ((string key, string value) in metadata)
        {
            all[key] = value;
        }
        StatisticsFile.AddMark(statistics, all);
        double[] doubles = [.. states, .. StatisticsFile.Data(statistics)];
        byte[] names = StatisticsFile.NamesOf(description, statistics);
        all[Checksum] = Hash(description, sets, doubles, names, all);
        int width = description.Layout.StateDoubles;
        IEnumerable<(string, IReadOnlyList<int>)> carried = states.Length == 0 ? [] : [(States, [states.Length / width, width])];
        byte[] header = Safetensors.WriteHeader(
            sets.SelectMany(s => description.Parameters.Select(p => (s.Prefix + p.Name, p.Shape))), all,
            carried.Concat(StatisticsFile.Tensors(description, statistics?.Series.Count ?? 0)),
            StatisticsFile.NameTensors(description, names));
        return stream =>
        {
            stream.Write(header);
            stream.Write(MemoryMarshal.AsBytes(doubles.AsSpan()));
            stream.Write(names);
            EachRow(description, sets, stream.Write);
        };
    }

    /// <summary>Reads what <see cref="WriteSets"/> wrote, or, without checksum, any file with these tensors.</summary>
    public static (IReadOnlyDictionary<string, string> Metadata, double[] States, StandardizationStatistics? Statistics) ReadSets(
        string path, ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets)
    {
        using FileStream stream = InputFile.Open(path);
        return Named(path, () => ReadSets(stream, description, sets, isCheckpoint: true, isWholeStream: true, prefix: ""));
    }

    private static T Named<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ModelFileException e)
        {
            throw new ModelFileException($"{path}: {e.Message}", e);
        }
    }

    private static (Dictionary<string, string> Metadata, double[] States, StandardizationStatistics? Statistics) ReadSets(
        Stream stream, ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets, bool isCheckpoint,
        bool isWholeStream, string prefix)
    {
        try
        {
            (Dictionary<string, TensorEntry> tensors, Dictionary<string, string> metadata) = Safetensors.ReadHeader(stream, isWholeStream);
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
            tensors = TensorNames.WithoutPrefix(tensors, prefix);
            TensorEntry? carried = isCheckpoint && tensors.Remove(States, out TensorEntry? entry) ? entry : null;
            double[] states = [];
            IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> statistics =
                StatisticsFile.Tensors(description, StatisticsFile.SeriesIn(description, tensors));
            var columns = new double[statistics.Count][];
            byte[] names = [];
            TensorEntry? seriesNames = description.IsPerSeries ? TakeNames(tensors) : null;
            CheckNames(description, sets, statistics, tensors);
            // In the order of their data, without gaps, so that a stream that cannot seek is read as well.
            IEnumerable<(TensorEntry Tensor, Action Read)> targets = sets.SelectMany(s => description.Parameters.Select(p =>
            {
                TensorEntry tensor = tensors[s.Prefix + p.Name];
                return (tensor, (Action)(() => ReadTensor(stream, tensor, p, s.Weights.Span)));
            }));
            if (carried is not null)
            {
                targets = targets.Append((carried, () => states = ReadStates(stream, carried, description)));
            }
            targets = targets.Concat(statistics.Select((s, i) =>
            {
                TensorEntry tensor = tensors[s.Name];
                return (tensor, (Action)(() => columns[i] = ReadNumbers(stream, tensor)));
            }));
            if (seriesNames is not null)
            {
                targets = targets.Append((seriesNames, () => names = ReadBytes(stream, seriesNames)));
            }
            foreach ((_, Action read) in targets.OrderBy(static t => t.Tensor.Start))
            {
                read();
            }
            if (isWholeStream && stream.ReadByte() >= 0)
            {
                throw new ModelFileException("the file goes on after its last tensor; it is damaged, or holds more than a model.");
            }
            bool hasChecksum = metadata.Remove(Checksum, out string? expected);
            double[] standardization = [.. columns.SelectMany(static c => c)];
            if (hasChecksum ? Hash(description, sets, [.. states, .. standardization], names, metadata) != expected : isCheckpoint)
            {
                throw new ModelFileException(
                    "the checksum does not fit the contents; the file is damaged. Use an older copy. If a program of yours changed it: "
                    + $"leave '{Checksum}' out of its metadata.");
            }
            return (metadata, states, StatisticsFile.Parse(description, metadata, standardization, names));
        }
        catch (EndOfStreamException e)
        {
            throw new ModelFileException("the weights are cut short: the data end before their last tensor does.", e);
        }
    }

    /// <summary>
    /// Whether a tensor has a parameter's shape. The weight of PyTorch's depth-wise Conv1d has a dimension of one input channel more.
    /// </summary>
    private static bool IsShape(IReadOnlyList<long> tensor, IReadOnlyList<int> parameter) =>
        (tensor is [long rows, 1, long columns] ? [rows, columns] : tensor).SequenceEqual(parameter.Select(static n => (long)n));

    /// <summary>Takes the tensor of series's names out of the tensors; the model knows the names and shapes of all others.</summary>
    private static TensorEntry TakeNames(Dictionary<string, TensorEntry> tensors) =>
        tensors.Remove(StatisticsFile.Names, out TensorEntry? entry) && entry is { Type: "U8", Shape: [_] } ? entry
            : throw new ModelFileException(
                $"the tensor '{StatisticsFile.Names}' of bytes (U8) is missing; use a file of the same declaration.");

    private static void CheckNames(
        ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets,
        IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> statistics, Dictionary<string, TensorEntry> tensors)
    {
        var errors = new List<string>();
        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string name, IReadOnlyList<int> shape) in sets
            .SelectMany(s => description.Parameters.Select(p => (s.Prefix + p.Name, p.Shape))).Concat(statistics))
        {
            expected.Add(name);
            if (!tensors.TryGetValue(name, out TensorEntry? tensor))
            {
                errors.Add($"missing: {name} [{string.Join(", ", shape)}]");
            }
            else if (!IsShape(tensor.Shape, shape))
            {
                errors.Add($"misshapen: {name} is [{string.Join(", ", tensor.Shape)}], the model needs [{string.Join(", ", shape)}]");
            }
            else if (tensor.Type is not ("F64" or "F32" or "F16" or "BF16"))
            {
                errors.Add($"wrong type: {name} is {tensor.Type}, the model needs F64, F32, F16 or BF16");
            }
        }
        errors.AddRange(
            tensors.Keys.Where(n => !expected.Contains(n)).Order(StringComparer.Ordinal).Select(static n => $"unexpected: {n}"));
        if (errors.Count > 0)
        {
            throw new ModelFileException(
                $"the tensors do not fit '{description.Name}'; use a file of the same declaration:\n  "
                + string.Join("\n  ", errors.Take(MaxNamed))
                + (errors.Count > MaxNamed ? $"\n  and {errors.Count - MaxNamed} more" : "")
                + TensorNames.Suggestion(expected, tensors.Keys));
        }
    }

    private static void ReadTensor(Stream stream, TensorEntry tensor, ParameterDescription p, Span<float> weights)
    {
        int bytes = BytesOf(tensor.Type);
        long left = (long)p.Rows * p.Columns;
        Span<byte> buffer = new byte[Math.Min(BufferBytes, left * bytes)];
        int row = 0, column = 0;
        while (left > 0)
        {
            int count = (int)Math.Min(left, buffer.Length / bytes);
            stream.ReadExactly(buffer[..(count * bytes)]);
            for (int i = 0; i < count; i++)
            {
                float value = (float)Number(tensor.Type, buffer[(i * bytes)..]);
                if (!float.IsFinite(value))
                {
                    throw new ModelFileException($"{tensor.Name} holds {value}; weights must be finite in float32.");
                }
                weights[p.Offset + row * p.RowStride + column] = value;
                column++;
                if (column == p.Columns)
                {
                    column = 0;
                    row++;
                }
            }
            left -= count;
        }
    }

    /// <summary>The numbers of a tensor whose shape has been checked.</summary>
    private static double[] ReadNumbers(Stream stream, TensorEntry tensor)
    {
        int bytes = BytesOf(tensor.Type);
        byte[] buffer = ReadBytes(stream, tensor);
        var numbers = new double[buffer.Length / bytes];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = Number(tensor.Type, buffer.AsSpan(i * bytes));
        }
        return numbers;
    }

    /// <summary>The bytes of a tensor, whose number a header claims: memory grows with what was read.</summary>
    private static byte[] ReadBytes(Stream stream, TensorEntry tensor)
    {
        long count = tensor.End - tensor.Start;
        if (count > Array.MaxLength)
        {
            throw new ModelFileException($"'{tensor.Name}' has {count} bytes, more than the limit of {Array.MaxLength}.");
        }
        byte[] bytes = new byte[Math.Min(count, BufferBytes)];
        stream.ReadExactly(bytes);
        while (bytes.Length < count)
        {
            int read = bytes.Length;
            Array.Resize(ref bytes, (int)Math.Min(count, 2L * read));
            stream.ReadExactly(bytes.AsSpan(read));
        }
        return bytes;
    }

    private static int BytesOf(string type) => type switch { "F64" => 8, "F32" => 4, _ => 2 };

    private static double Number(string type, ReadOnlySpan<byte> at) => type switch
    {
        "F64" => BinaryPrimitives.ReadDoubleLittleEndian(at),
        "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
        "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
        _ => BFloat16.Widen(BinaryPrimitives.ReadUInt16LittleEndian(at)),
    };

    private static double[] ReadStates(Stream stream, TensorEntry tensor, ModelDescription description)
    {
        int width = description.Layout.StateDoubles;
        if (width == 0 || tensor.Type != "F64" || tensor.Shape is not [long rows, long columns] || columns != width
            || rows > Array.MaxLength / width)
        {
            throw new ModelFileException(
                $"'{States}' is {tensor.Type} [{string.Join(", ", tensor.Shape)}], the model needs F64 [sequences, {width}].");
        }
        var states = new double[rows * width];
        stream.ReadExactly(MemoryMarshal.AsBytes(states.AsSpan()));
        return states;
    }

    /// <summary>What the checksum begins with; the data follow as they do in the file.</summary>
    public static void AppendMetadata(IncrementalHash hash, IReadOnlyDictionary<string, string> metadata)
    {
        foreach ((string key, string value) in metadata.OrderBy(static m => m.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{key.Length}:{key}{value.Length}:{value}"));
        }
    }

    private static string Hash(
        ModelDescription description, IReadOnlyList<(string Prefix, AlignedBuffer Weights)> sets, double[] doubles, byte[] names,
        IReadOnlyDictionary<string, string> metadata)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendMetadata(hash, metadata);
        hash.AppendData(MemoryMarshal.AsBytes(doubles.AsSpan()));
        hash.AppendData(names);
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
