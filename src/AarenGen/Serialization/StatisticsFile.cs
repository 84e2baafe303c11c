using System.Text;

namespace AarenGen.Serialization;

/// <summary>
/// The statistics of standardisation beside the weights, as tensors of float64. Those of series are tensors with a row for each; a tensor
/// of bytes holds their names in the same order.
/// </summary>
internal static class StatisticsFile
{
    /// <summary>The metadata that statistics have which no training computed; statistics of any other origin count as fitted.</summary>
    private const string Mark = "aarengen.standardize", NotFitted = "not fitted";
    private const string Tokens = "standardize.tokens.", Targets = "standardize.targets.", Center = "center", Scale = "scale";
    private const string SeriesTokens = "standardize.series.tokens.", SeriesTargets = "standardize.series.targets.";

    /// <summary>
    /// The tensor of the names: each in UTF-8 with a null character after it, and more null characters up to a multiple of eight bytes, so
    /// that what follows is aligned.
    /// </summary>
    public const string Names = "standardize.series.names";

    /// <summary>Names and shapes of the tensors of float64, in the order of their data; none where nothing is standardised.</summary>
    /// <param name="description">The model.</param>
    /// <param name="series">Series that have statistics.</param>
    public static IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> Tensors(ModelDescription description, int series)
    {
        if (description.Standardization is null)
        {
            return [];
        }
        int[] tokens = description.ModalityCount == 1
            ? [description.InputWidth] : [description.ModalityCount, description.InputWidth];
        int[] targets = [description.TargetWidth];
        List<(string, IReadOnlyList<int>)> all =
            [(Tokens + Center, tokens), (Tokens + Scale, tokens), (Targets + Center, targets), (Targets + Scale, targets)];
        if (description.IsPerSeries)
        {
            (int[] ofTokens, int[] ofTargets) = ([series, .. tokens], [series, .. targets]);
            all.AddRange([
                (SeriesTokens + Center, ofTokens), (SeriesTokens + Scale, ofTokens),
                (SeriesTargets + Center, ofTargets), (SeriesTargets + Scale, ofTargets)]);
        }
        return all;
    }

    /// <summary>The tensor of the names, where there is one.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> NameTensors(ModelDescription description, byte[] names) =>
        description.IsPerSeries ? [(Names, [names.Length])] : [];

    /// <summary>How many series a file has, judged by a tensor whose shape is still to be checked; 0 where it tells nothing.</summary>
    public static int SeriesIn(ModelDescription description, IReadOnlyDictionary<string, TensorEntry> tensors)
    {
        int widest = Math.Max(StandardizationStatistics.TokenCount(description), description.TargetWidth);
        return description.IsPerSeries && tensors.GetValueOrDefault(SeriesTokens + Center) is { Shape: [long series, ..] }
            && series <= Array.MaxLength / Math.Max(1, 4 * widest) ? (int)series : 0;
    }

    /// <summary>The data of the tensors of float64, one after the other.</summary>
    public static double[] Data(StandardizationStatistics? statistics)
    {
        if (statistics is null)
        {
            return [];
        }
        StandardizationStatistics[] series = [.. statistics.Series.Values];
        return
        [
            .. statistics.Tokens.Select(static c => c.Center), .. statistics.Tokens.Select(static c => c.Scale),
            .. statistics.Targets.Select(static c => c.Center), .. statistics.Targets.Select(static c => c.Scale),
            .. series.SelectMany(static s => s.Tokens.Select(static c => c.Center)),
            .. series.SelectMany(static s => s.Tokens.Select(static c => c.Scale)),
            .. series.SelectMany(static s => s.Targets.Select(static c => c.Center)),
            .. series.SelectMany(static s => s.Targets.Select(static c => c.Scale)),
        ];
    }

    /// <summary>The data of the tensor of names; empty where the model knows no series.</summary>
    public static byte[] NamesOf(ModelDescription description, StandardizationStatistics? statistics)
    {
        if (statistics is null || !description.IsPerSeries)
        {
            return [];
        }
        byte[] names = [.. statistics.Series.Keys.SelectMany(static name => (byte[])[.. SeriesName.Encoding.GetBytes(name), 0])];
        Array.Resize(ref names, (names.Length + 7) / 8 * 8);
        return names;
    }

    public static void AddMark(StandardizationStatistics? statistics, IDictionary<string, string> metadata)
    {
        if (statistics is { IsFitted: false })
        {
            metadata[Mark] = NotFitted;
        }
    }

    /// <summary>The statistics of a file with these tensors' data; null for a model that standardises nothing.</summary>
    /// <exception cref="ModelFileException">They do not fit the model.</exception>
    public static StandardizationStatistics? Parse(
        ModelDescription description, IReadOnlyDictionary<string, string> metadata, ReadOnlySpan<double> data, ReadOnlySpan<byte> names)
    {
        if (description.Standardization is null)
        {
            return null;
        }
        int tokens = StandardizationStatistics.TokenCount(description), targets = description.TargetWidth;
        int count = data.Length / (2 * (tokens + targets)) - 1;
        bool isFitted = metadata.GetValueOrDefault(Mark) != NotFitted;
        ReadOnlySpan<double> common = data[..(2 * (tokens + targets))], own = data[common.Length..];
        var series = new Dictionary<string, StandardizationStatistics>(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> ofTargets = own[(2 * count * tokens)..];
            bool isNew = series.TryAdd(NextName(ref names), new(
                isFitted,
                Columns(own.Slice(i * tokens, tokens), own.Slice((count + i) * tokens, tokens)),
                Columns(ofTargets.Slice(i * targets, targets), ofTargets.Slice((count + i) * targets, targets))));
            if (!isNew)
            {
                throw new ModelFileException($"the tensor '{Names}' holds a name twice.");
            }
        }
        if (names.ContainsAnyExcept((byte)0) || names.Length >= 8)
        {
            throw new ModelFileException($"the tensor '{Names}' does not hold {count} names, one for each row of the others.");
        }
        var statistics = new StandardizationStatistics(
            isFitted, Columns(common[..tokens], common.Slice(tokens, tokens)),
            Columns(common.Slice(2 * tokens, targets), common.Slice(2 * tokens + targets, targets)), series);
        return statistics.FindMistake(description) is { } mistake
            ? throw new ModelFileException($"the tensors 'standardize.…' do not fit '{description.Name}': {mistake}.")
            : statistics;
    }

    private static string NextName(ref ReadOnlySpan<byte> names)
    {
        int end = names.IndexOf((byte)0);
        try
        {
            if (end > 0 && SeriesName.Encoding.GetString(names[..end]) is var name && SeriesName.IsValid(name))
            {
                names = names[(end + 1)..];
                return name;
            }
        }
        catch (DecoderFallbackException)
        {
        }
        throw new ModelFileException($"the tensor '{Names}' holds no name of a series where one should be.");
    }

    private static ColumnScale[] Columns(ReadOnlySpan<double> centers, ReadOnlySpan<double> scales)
    {
        var columns = new ColumnScale[centers.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            columns[i] = new(centers[i], scales[i]);
        }
        return columns;
    }
}
