using System.Reflection;
using System.Runtime.InteropServices;
using AarenGen.Memory;

namespace AarenGen.Serialization;

/// <summary>
/// Files for embedding: a model's memory as inference reads it, weights with padding and packed matrices, as two tensors of a
/// safetensors file, beside the statistics of standardisation. Embedded in an assembly it is used where it lies.
/// </summary>
internal static class CompiledModel
{
    /// <summary>
    /// The metadata that marks such a file. Its value is the version of the layout of packed matrices, and their precision.
    /// </summary>
    public const string Mark = "aarengen.compiled";
    private const string Weights = "compiled.weights", Packed = "compiled.packed";

    /// <summary>Counts up when the layout of weights or packed matrices changes.</summary>
    private const int LayoutVersion = 1;

    /// <exception cref="InvalidOperationException">The weights are not finite. Nothing is written.</exception>
    public static Action<Stream> Writer(
        ModelDescription description, AlignedBuffer weights, AlignedBuffer packed, WeightPrecision precision, in ModelNotes notes,
        ulong fingerprint)
    {
        ModelFile.CheckFinite(weights);
        StandardizationStatistics? statistics = notes.Statistics;
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [ModelFile.Fingerprint] = description.Fingerprint, [Mark] = Version(precision),
        };
        StatisticsFile.AddMark(statistics, metadata);
        notes.AddTo(metadata, fingerprint);
        byte[] names = StatisticsFile.NamesOf(description, statistics);
        byte[] header = Safetensors.WriteHeader(
            [(Weights, [weights.Length]), (Packed, [packed.Length])], metadata,
            StatisticsFile.Tensors(description, statistics?.Series.Count ?? 0), StatisticsFile.NameTensors(description, names));
        double[] doubles = StatisticsFile.Data(statistics);
        return stream =>
        {
            stream.Write(header);
            stream.Write(MemoryMarshal.AsBytes(doubles.AsSpan()));
            stream.Write(names);
            stream.Write(MemoryMarshal.AsBytes(weights.Span));
            stream.Write(MemoryMarshal.AsBytes(packed.Span));
        };
    }

    /// <summary>The embedded resource of a file's name.</summary>
    /// <exception cref="ModelFileException">There is none, or more than one.</exception>
    public static UnmanagedMemoryStream Open(Assembly assembly, string file)
    {
        string[] names = [.. assembly.GetManifestResourceNames().Where(n => n == file || n.EndsWith("." + file, StringComparison.Ordinal))];
        if (names.Length != 1)
        {
            throw new ModelFileException(names.Length == 0
                ? $"'{file}' is not embedded in {assembly.GetName().Name}; add <EmbeddedResource Include=\"{file}\" /> to its project."
                : $"'{file}' is embedded in {assembly.GetName().Name} more than once, as {string.Join(" and ", names)}; rename one of the "
                    + "files.");
        }
        // Resources lie in the mapped assembly: their streams are over unmanaged memory.
        return (UnmanagedMemoryStream)assembly.GetManifestResourceStream(names[0])!;
    }

    /// <summary>The memory of a file of <see cref="Writer"/>; null for a file of weights.</summary>
    /// <exception cref="ModelFileException">It was written for another declaration or by another version.</exception>
    public static (AlignedBuffer Weights, AlignedBuffer Packed, WeightPrecision Precision, ModelNotes Notes)? TryRead(
        UnmanagedMemoryStream resource, ModelDescription description, string file)
    {
        Dictionary<string, TensorEntry> tensors;
        Dictionary<string, string> metadata;
        try
        {
            resource.Position = 0;
            (tensors, metadata) = Safetensors.ReadHeader(resource);
        }
        catch (ModelFileException e)
        {
            throw new ModelFileException($"{file}: {e.Message}", e);
        }
        if (!metadata.TryGetValue(Mark, out string? version))
        {
            return null;
        }
        if (metadata.GetValueOrDefault(ModelFile.Fingerprint) != description.Fingerprint)
        {
            throw new ModelFileException(
                $"{file} was compiled for another declaration than that of '{description.Name}'; write it anew with SaveCompiled.");
        }
        if (PrecisionOf(version) is { } precision)
        {
            return (
                Memory(Weights, description.Layout.WeightFloats), Memory(Packed, description.Layout.PackedFloats), precision, Notes());
        }
        // A damaged file's text does not belong into a message.
        string other = version.Length < 40 && version.All(static c => c is >= ' ' and <= '~') ? $" ({version})" : "";
        throw new ModelFileException($"{file} was compiled by another version of AarenGen{other}; write it anew with SaveCompiled.");

        AlignedBuffer Memory(string name, int length)
        {
            resource.Position = Find(name, "F32", [length]).Start;
            unsafe
            {
                return new((float*)resource.PositionPointer, length);
            }
        }

        ModelNotes Notes()
        {
            var numbers = new List<double>();
            foreach ((string name, IReadOnlyList<int> shape) in
                StatisticsFile.Tensors(description, StatisticsFile.SeriesIn(description, tensors)))
            {
                TensorEntry tensor = Find(name, "F64", shape);
                var read = new double[(tensor.End - tensor.Start) / sizeof(double)];
                Read(tensor, MemoryMarshal.AsBytes(read.AsSpan()));
                numbers.AddRange(read);
            }
            byte[] names = [];
            if (description.IsPerSeries)
            {
                int length = tensors.GetValueOrDefault(StatisticsFile.Names) is { Shape: [long bytes] } ? (int)bytes : 0;
                TensorEntry tensor = Find(StatisticsFile.Names, "U8", [length]);
                names = new byte[length];
                Read(tensor, names);
            }
            try
            {
                return ModelNotes.Read(
                    StatisticsFile.Parse(description, metadata, numbers.ToArray(), names), metadata, UserMetadata.In(metadata));
            }
            catch (ModelFileException e)
            {
                throw new ModelFileException($"{file}: {e.Message}", e);
            }
        }

        void Read(TensorEntry tensor, Span<byte> data)
        {
            resource.Position = tensor.Start;
            resource.ReadExactly(data);
        }

        TensorEntry Find(string name, string type, IReadOnlyList<int> shape) =>
            tensors.TryGetValue(name, out TensorEntry? tensor) && tensor.Type == type
                && tensor.Shape.SequenceEqual(shape.Select(static n => (long)n))
            ? tensor
            : throw new ModelFileException(
                $"{file}: '{name}' is missing or has another size than {string.Join(" by ", shape)}; "
                    + "write the file anew with SaveCompiled.");
    }

    /// <summary>The precision that a mark tells; null for one of another version.</summary>
    public static WeightPrecision? PrecisionOf(string mark)
    {
        foreach (WeightPrecision precision in Enum.GetValues<WeightPrecision>())
        {
            if (mark == Version(precision))
            {
                return precision;
            }
        }
        return null;
    }

    private static string Version(WeightPrecision precision) => $"{LayoutVersion} {precision}";
}
