namespace AarenGen.Serialization;

/// <summary>The statistics of standardisation as tensors of float64 beside the weights.</summary>
internal static class StatisticsFile
{
    /// <summary>The metadata that statistics have which no training computed; statistics of any other origin count as fitted.</summary>
    private const string Mark = "aarengen.standardize", NotFitted = "not fitted";
    private const string Tokens = "standardize.tokens.", Targets = "standardize.targets.", Center = "center", Scale = "scale";

    /// <summary>Names and shapes of the tensors, in the order of their data; none where nothing is standardised.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> Tensors(ModelDescription description)
    {
        if (description.Standardization is null)
        {
            return [];
        }
        int[] tokens = description.ModalityCount == 1
            ? [description.InputWidth] : [description.ModalityCount, description.InputWidth];
        int[] targets = [description.TargetWidth];
        return [(Tokens + Center, tokens), (Tokens + Scale, tokens), (Targets + Center, targets), (Targets + Scale, targets)];
    }

    /// <summary>The tensors' data, one after the other.</summary>
    public static double[] Data(StandardizationStatistics? statistics) => statistics is null ? [] :
    [
        .. statistics.Tokens.Select(static c => c.Center), .. statistics.Tokens.Select(static c => c.Scale),
        .. statistics.Targets.Select(static c => c.Center), .. statistics.Targets.Select(static c => c.Scale),
    ];

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
        ModelDescription description, IReadOnlyDictionary<string, string> metadata, ReadOnlySpan<double> data)
    {
        if (description.Standardization is null)
        {
            return null;
        }
        int tokens = StandardizationStatistics.TokenCount(description), targets = description.TargetWidth;
        var statistics = new StandardizationStatistics(
            metadata.GetValueOrDefault(Mark) != NotFitted,
            Columns(data[..tokens], data.Slice(tokens, tokens)),
            Columns(data.Slice(2 * tokens, targets), data.Slice(2 * tokens + targets, targets)));
        return statistics.FindMistake(description) is { } mistake
            ? throw new ModelFileException($"the tensors 'standardize.…' do not fit '{description.Name}': {mistake}.")
            : statistics;
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
