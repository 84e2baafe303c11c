using System.Globalization;

namespace AarenGen.Serialization;

/// <summary>What a file has of the data that its model was fitted to, beside the weights.</summary>
/// <param name="Statistics">Those of standardisation; null for a model that standardises nothing.</param>
/// <param name="Until">The end of the records that trainings used; null: none is known.</param>
/// <param name="ReturnScale">What returns are divided by; null: none is known.</param>
internal readonly record struct FittedData(StandardizationStatistics? Statistics, DateTimeOffset? Until, double? ReturnScale)
{
    private const string Mark = "aarengen.fitted_until", Format = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", ScaleMark = "aarengen.return_scale";

    /// <summary>Writes all but the statistics into the metadata of a file.</summary>
    public void AddMarks(IDictionary<string, string> metadata)
    {
        if (Until is { } until)
        {
            metadata[Mark] = until.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
        }
        if (ReturnScale is { } scale)
        {
            metadata[ScaleMark] = scale.ToString("R", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Reads it from there.</summary>
    /// <exception cref="ModelFileException">A mark is nothing that <see cref="AddMarks"/> writes.</exception>
    public static FittedData Read(StandardizationStatistics? statistics, IReadOnlyDictionary<string, string> metadata) =>
        new(statistics, ReadUntil(metadata), ReadScale(metadata));

    private static DateTimeOffset? ReadUntil(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(Mark, out string? text))
        {
            return null;
        }
        return DateTimeOffset.TryParseExact(
            text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset until)
            ? until : throw new ModelFileException($"the metadata '{Mark}' are no time; write the file anew with Save.");
    }

    private static double? ReadScale(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(ScaleMark, out string? text))
        {
            return null;
        }
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double scale)
            && scale > 0 && double.IsFinite(scale)
            ? scale : throw new ModelFileException($"the metadata '{ScaleMark}' are no number above 0; write the file anew with Save.");
    }
}
