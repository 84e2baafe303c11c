using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AarenGen;

/// <summary>The scores of a target, over all series.</summary>
public sealed record TargetReport
{
    /// <summary>The target's name.</summary>
    public required string Name { get; init; }

    /// <summary>The scores over all steps of the horizon.</summary>
    public required ForecastScores Scores { get; init; }

    /// <summary>The scores of each step, the next interval first.</summary>
    public required IReadOnlyList<ForecastScores> Steps { get; init; }
}

/// <summary>The scores of a series, over all targets and steps: of each series few numbers, since there may be many.</summary>
public sealed record SeriesReport
{
    /// <summary>The series' key.</summary>
    public required string Key { get; init; }

    /// <summary>From how many rows it was forecast.</summary>
    public required long Origins { get; init; }

    /// <summary>The errors of the model's values: medians where it predicts distributions.</summary>
    public required PointScores Model { get; init; }

    /// <summary>As <see cref="ForecastScores.Skill"/>.</summary>
    public required double Skill { get; init; }

    /// <summary>As <see cref="ForecastScores.PinballLoss"/>.</summary>
    public double? PinballLoss { get; init; }

    /// <summary>As <see cref="ForecastScores.RankedProbabilityScore"/>.</summary>
    public double? RankedProbabilityScore { get; init; }

    /// <summary>As <see cref="ForecastScores.LogLikelihood"/>.</summary>
    public double? LogLikelihood { get; init; }

    /// <summary>Coverage of the outermost intervals; NaN where there are none.</summary>
    public required double Coverage { get; init; }

    /// <summary>Coverage of the conformal intervals; NaN where there are none.</summary>
    public required double ConformalCoverage { get; init; }
}

/// <summary>The scores of forecasts of values within a span of time, over all targets, series and steps.</summary>
public sealed record PeriodReport
{
    /// <summary>Its beginning, in UTC.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Number of scored values.</summary>
    public required long Count { get; init; }

    /// <summary>The model's MASE; its MAE where no series has a scale.</summary>
    public required double Error { get; init; }

    /// <summary>The same of the forecast that skill is relative to.</summary>
    public required double BaselineError { get; init; }

    /// <summary>Coverage of the outermost intervals; NaN where there are none.</summary>
    public required double Coverage { get; init; }

    /// <summary>Coverage of the conformal intervals.</summary>
    public required double ConformalCoverage { get; init; }

    /// <summary>The largest anomaly score of a value; NaN where there is none.</summary>
    public required double AnomalyScore { get; init; }
}

/// <summary>A value that the newest forecast of it held for unlikely.</summary>
public sealed record Anomaly
{
    /// <summary>The series' key.</summary>
    public required string Series { get; init; }

    /// <summary>The target's name.</summary>
    public required string Target { get; init; }

    /// <summary>The beginning of the interval, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>−log₁₀ of the tail probability.</summary>
    public required double Score { get; init; }

    /// <summary>The value.</summary>
    public required double Truth { get; init; }

    /// <summary>What was forecast: the median.</summary>
    public required double Forecast { get; init; }
}

/// <summary>The alarms of a backtest, each value under the newest forecast of it.</summary>
public sealed record AnomalyReport
{
    /// <summary>The wanted alarms a day where nothing is wrong.</summary>
    public required double WantedPerDay { get; init; }

    /// <summary>
    /// The threshold of the scores (<see cref="AnomalyThreshold"/>); NaN where the reference is too short, or as many alarms are wanted as
    /// there are scores.
    /// </summary>
    public required double Threshold { get; init; }

    /// <summary>Scores of the reference, before the backtest.</summary>
    public required long ReferenceCount { get; init; }

    /// <summary>Scores of the backtest.</summary>
    public required long Count { get; init; }

    /// <summary>
    /// Scores of the backtest for each day from the first to the last one: fewer than intervals × targets × series where values are missing
    /// or a series ends.
    /// </summary>
    public required double ScoresPerDay { get; init; }

    /// <summary>Scores above the threshold; from 10,000 on counted in steps of 0.005 of the score.</summary>
    public required long AlarmCount { get; init; }

    /// <summary>The alarms a day that came, over the days from the first to the last score; NaN without a threshold.</summary>
    public required double PerDay { get; init; }

    /// <summary>The most unlikely ones of these, at most 200, in the order of time.</summary>
    public required IReadOnlyList<Anomaly> Alarms { get; init; }
}

/// <summary>A forecast of one target, for a picture. Lists have a value for each step; NaN: unknown.</summary>
public sealed record SampledForecast
{
    /// <summary>Why it was taken: "first", "middle", "last" or "worst".</summary>
    public required string Reason { get; init; }

    /// <summary>The series' key.</summary>
    public required string Series { get; init; }

    /// <summary>The target's name.</summary>
    public required string Target { get; init; }

    /// <summary>The beginnings of the intervals before the forecast, in UTC.</summary>
    public required IReadOnlyList<DateTimeOffset> HistoryTimes { get; init; }

    /// <summary>Their values.</summary>
    public required IReadOnlyList<double> History { get; init; }

    /// <summary>The beginnings of the forecast intervals, in UTC.</summary>
    public required IReadOnlyList<DateTimeOffset> Times { get; init; }

    /// <summary>What came.</summary>
    public required IReadOnlyList<double> Truth { get; init; }

    /// <summary>What was forecast.</summary>
    public required IReadOnlyList<double> Forecast { get; init; }

    /// <summary>The lower bounds of the outermost interval; empty for forecasts without one.</summary>
    public required IReadOnlyList<double> Lower { get; init; }

    /// <summary>The upper bounds of the outermost interval; empty for forecasts without one.</summary>
    public required IReadOnlyList<double> Upper { get; init; }

    /// <summary>The lower bounds of the conformal interval; −∞: unbounded, NaN: none.</summary>
    public required IReadOnlyList<double> ConformalLower { get; init; }

    /// <summary>The upper bounds of the conformal interval; ∞: unbounded, NaN: none.</summary>
    public required IReadOnlyList<double> ConformalUpper { get; init; }

    /// <summary>The forecast that skill is relative to.</summary>
    public required IReadOnlyList<double> Baseline { get; init; }
}

/// <summary>
/// What a backtest found: a model forecast from every row of the past, and its forecasts were compared with what came. Immutable.
/// </summary>
public sealed record BacktestReport
{
    private const int WorstCount = 10;

    /// <summary>What was tested.</summary>
    public required string Model { get; init; }

    /// <summary>The grid of time, such as "1h".</summary>
    public required string Grid { get; init; }

    /// <summary>The beginning of the first scored interval, in UTC.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The beginning of the last scored interval, in UTC.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Intervals of a forecast.</summary>
    public required int Horizon { get; init; }

    /// <summary>Intervals of the season.</summary>
    public required int Season { get; init; }

    /// <summary>Levels of the scored quantiles; empty for forecasts without a distribution.</summary>
    public required IReadOnlyList<double> Levels { get; init; }

    /// <summary>Number of series that were scored.</summary>
    public required int SeriesCount { get; init; }

    /// <summary>From how many rows the model forecast, over all series.</summary>
    public required long Origins { get; init; }

    /// <summary>How often the model was fitted anew.</summary>
    public required int Refits { get; init; }

    /// <summary>
    /// The scores over all targets, series and steps. Errors in units are means over values in different units if targets have such;
    /// <see cref="PointScores.MeanAbsoluteScaledError"/>, <see cref="ForecastScores.Skill"/> and coverages have none.
    /// </summary>
    public required ForecastScores Overall { get; init; }

    /// <summary>The scores of each target.</summary>
    public required IReadOnlyList<TargetReport> Targets { get; init; }

    /// <summary>The scores of each series that was scored, in the order of the data.</summary>
    public required IReadOnlyList<SeriesReport> Series { get; init; }

    /// <summary>Those of <see cref="Series"/> with the largest errors, by MASE, at most ten, the worst first.</summary>
    [JsonIgnore]
    public IReadOnlyList<SeriesReport> WorstSeries =>
    [
        .. Series.OrderByDescending(static s => double.IsNaN(s.Model.MeanAbsoluteScaledError) ? -1 : s.Model.MeanAbsoluteScaledError)
            .ThenByDescending(static s => s.Model.MeanAbsoluteError).Take(WorstCount),
    ];

    /// <summary>The scores over time, in at most a hundred periods.</summary>
    public required IReadOnlyList<PeriodReport> Periods { get; init; }

    /// <summary>The alarms; null for forecasts without a distribution.</summary>
    public AnomalyReport? Anomalies { get; init; }

    /// <summary>Forecasts for pictures: the first, the middle and the last of the first series, and the worst of all.</summary>
    public required IReadOnlyList<SampledForecast> Samples { get; init; }

    /// <summary>What a reader should know: what was left out, and why.</summary>
    public required IReadOnlyList<string> Notices { get; init; }

    /// <summary>
    /// Whether an anomaly score is an alarm by this backtest: above the threshold of <see cref="Anomalies"/>. False for NaN, which is no
    /// score, and where there is no threshold.
    /// </summary>
    /// <param name="score">A score of the same model, such as that of a live forecast.</param>
    public bool IsAlarm(double score) => Anomalies is { } anomalies && score > anomalies.Threshold;

    /// <summary>The report as JSON, with camel-case names; "NaN" and "Infinity" are texts.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BacktestJson.Default.BacktestReport);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonException">It is no report.</exception>
    public static BacktestReport FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return JsonSerializer.Deserialize(json, BacktestJson.Default.BacktestReport)
            ?? throw new JsonException("The text is 'null', but must be a report.");
    }

    /// <summary>The tables of the report as Markdown, with a title.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Backtest of {ReportTable.Literal(Model)}\n\n{Summary}\n");
        foreach (ReportTable table in ReportTable.Of(this))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {table.Title}\n\n");
            table.AppendMarkdown(text);
        }
        foreach (string notice in Notices)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n- {ReportTable.Literal(notice)}");
        }
        return Notices.Count > 0 ? text.Append('\n').ToString() : text.ToString();
    }

    /// <summary>The tables of the report as plain text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Backtest of {Model}. {Summary}\n");
        foreach (ReportTable table in ReportTable.Of(this))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{table.Title}\n");
            table.AppendText(text);
        }
        foreach (string notice in Notices)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{notice}");
        }
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>What was tested, in a sentence.</summary>
    internal string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"{Origins} forecasts of {Horizon} intervals of {Grid} for {SeriesCount} series, of values from "
        + $"{From.UtcDateTime:yyyy-MM-dd HH:mm}Z to {To.UtcDateTime:yyyy-MM-dd HH:mm}Z"
        + $"{(Refits > 0 ? $"; fitted anew {Refits} times" : "")}.");
}
