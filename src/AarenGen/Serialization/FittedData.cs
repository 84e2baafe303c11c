using System.Globalization;

namespace AarenGen.Serialization;

/// <summary>What a file has of the data that its model was fitted to, beside the weights.</summary>
/// <param name="Statistics">Those of standardisation; null for a model that standardises nothing.</param>
/// <param name="Until">The end of the records that trainings used; null: none is known.</param>
internal readonly record struct FittedData(StandardizationStatistics? Statistics, DateTimeOffset? Until)
{
    private const string Mark = "aarengen.fitted_until", Format = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    /// <summary>Writes <see cref="Until"/> into the metadata of a file.</summary>
    public void AddMark(IDictionary<string, string> metadata)
    {
        if (Until is { } until)
        {
            metadata[Mark] = until.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Reads it from there.</summary>
    /// <exception cref="ModelFileException">It is no time.</exception>
    public static DateTimeOffset? ReadMark(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(Mark, out string? text))
        {
            return null;
        }
        return DateTimeOffset.TryParseExact(
            text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset until)
            ? until : throw new ModelFileException($"the metadata '{Mark}' are no time; write the file anew with Save.");
    }
}
