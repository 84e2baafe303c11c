using System.Globalization;
using System.Text;

namespace AarenGen;

/// <summary>The errors of a target over the part for validation, over all intervals of the horizon, in its own unit.</summary>
/// <param name="Target">The target's name.</param>
/// <param name="Count">Values that were forecast, and before which one was known.</param>
/// <param name="MeanAbsoluteError">Mean distance of the predicted value, or of the median, from the truth.</param>
/// <param name="LastValueError">
/// The same over the same values, of the last value that was known: a forecast that must be beaten.
/// </param>
/// <param name="RankedProbabilityScore">Mean <see cref="PredictedDistribution.RankedProbabilityScore"/>; null: no distribution.</param>
/// <param name="Coverage">
/// Fraction of values within the interval of <paramref name="NominalCoverage"/>; null: no distribution, or no pair of levels like 0.1 and
/// 0.9.
/// </param>
/// <param name="NominalCoverage">
/// The probability of the interval between the outermost pair of levels; 0.8 for losses without levels; null as for
/// <paramref name="Coverage"/>.
/// </param>
public sealed record ForecastError(
    string Target, long Count, double MeanAbsoluteError, double LastValueError, double? RankedProbabilityScore, double? Coverage,
    double? NominalCoverage);

/// <summary>The result of a training from records.</summary>
/// <param name="Training">Losses, times, the best epoch.</param>
/// <param name="Series">
/// A line for each series: its intervals, gaps and duplicates. Those with the most intervals without a record come first, then those with
/// the most duplicates, then all others by their keys.
/// </param>
/// <param name="ValidatedFrom">The beginning of the part for validation; null: there was none.</param>
/// <param name="Errors">The errors of each target over that part, of the weights that remain; empty: there was none.</param>
public sealed record ForecastReport(
    TrainingReport Training, IReadOnlyList<string> Series, DateTimeOffset? ValidatedFrom, IReadOnlyList<ForecastError> Errors)
{
    private const int MaxLines = 10;

    /// <summary>What was found in some series, what a reader should see first.</summary>
    internal static IReadOnlyList<string> Lines(IEnumerable<RegularSeries> series) =>
    [
        .. series.OrderByDescending(static s => s.EmptyRows).ThenByDescending(static s => s.DuplicateRows)
            .ThenBy(static s => s.Key, StringComparer.Ordinal).Select(static s => s.Summary),
    ];

    /// <summary>The first ten series; the epochs; the errors.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (string line in Series.Take(MaxLines))
        {
            text.Append(line).Append('\n');
        }
        if (Series.Count > MaxLines)
        {
            text.Append(CultureInfo.InvariantCulture, $"and {Series.Count - MaxLines} more series\n");
        }
        text.Append(Training).Append('\n');
        if (ValidatedFrom is { } from)
        {
            text.Append(CultureInfo.InvariantCulture, $"validated from {from.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z\n");
            foreach (ForecastError e in Errors)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{e.Target}: mean absolute error {e.MeanAbsoluteError:G5}, of the last value {e.LastValueError:G5}");
                if (e.RankedProbabilityScore is { } score)
                {
                    text.Append(CultureInfo.InvariantCulture, $"; CRPS {score:G5}");
                }
                if (e is { Coverage: { } coverage, NominalCoverage: { } nominal })
                {
                    text.Append(CultureInfo.InvariantCulture, $"; {100 * coverage:F1} % within the {100 * nominal:F0} % interval");
                }
                text.Append('\n');
            }
        }
        return text.ToString().TrimEnd('\n');
    }
}
