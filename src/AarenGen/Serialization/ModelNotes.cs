using System.Globalization;

namespace AarenGen.Serialization;

/// <summary>What a file of a model has beside the weights.</summary>
/// <param name="Statistics">Those of standardisation; null for a model that standardises nothing.</param>
/// <param name="Until">The end of the records that trainings used; null: none is known.</param>
/// <param name="ReturnScale">What returns are divided by; null: none is known.</param>
/// <param name="Metadata">The user's.</param>
internal readonly record struct ModelNotes(
    StandardizationStatistics? Statistics, DateTimeOffset? Until, double? ReturnScale, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The entry of a file's metadata that tells <see cref="Until"/>.</summary>
    public const string UntilMark = "aarengen.fitted_until";

    /// <summary>The entry that tells <see cref="ReturnScale"/>.</summary>
    public const string ScaleMark = "aarengen.return_scale";

    /// <summary>The entry that tells the fingerprint of the weights, for people: a model that is loaded computes it anew.</summary>
    public const string WeightsMark = "aarengen.weights";
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    /// <summary>Adds all but the statistics, and a fingerprint, to the metadata of a file.</summary>
    public void AddTo(IDictionary<string, string> metadata, ulong weightFingerprint)
    {
        if (Until is { } until)
        {
            metadata[UntilMark] = until.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
        }
        if (ReturnScale is { } scale)
        {
            metadata[ScaleMark] = scale.ToString("R", CultureInfo.InvariantCulture);
        }
        metadata[WeightsMark] = WeightVersion.Text(weightFingerprint);
        foreach ((string key, string value) in Metadata)
        {
            metadata[key] = value;
        }
    }

    /// <summary>Reads them from there; the user's are given.</summary>
    /// <exception cref="ModelFileException">An entry is nothing that <see cref="AddTo"/> writes.</exception>
    public static ModelNotes Read(
        StandardizationStatistics? statistics, IReadOnlyDictionary<string, string> metadata, IReadOnlyDictionary<string, string> user) =>
        new(statistics, ReadUntil(metadata), ReadScale(metadata), user);

    private static DateTimeOffset? ReadUntil(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(UntilMark, out string? text))
        {
            return null;
        }
        return DateTimeOffset.TryParseExact(
            text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset until)
            ? until : throw new ModelFileException($"the metadata '{UntilMark}' are no time; write the file anew with Save.");
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
