using System.Globalization;
using System.Text;

namespace AarenGen;

/// <summary>A table of a report, as texts.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Header">Names of the columns.</param>
/// <param name="Rows">A text for each column.</param>
internal sealed record ReportTable(string Title, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>Steps of a horizon in a table; more of them are sampled, the first and the last among them.</summary>
    private const int MaxSteps = 12;

    public static IEnumerable<ReportTable> Of(BacktestReport report)
    {
        bool hasDensity = report.Overall.LogLikelihood is not null, hasLevels = report.Levels.Count > 0;
        string[] scores =
        [
            "skill", "MASE", "MAE", "RMSE", "sMAPE %", .. hasLevels ? (string[])["pinball", "CRPS"] : [],
            .. hasDensity ? (string[])["log-lik."] : [],
        ];
        yield return new(
            "Targets", ["target", "values", .. scores],
            [.. report.Targets.Select(t => Row(t.Name, t.Scores)), .. report.Targets.Count > 1 ? [Row("all", report.Overall)] : Empty]);
        yield return new(
            "Beside simple forecasts", ["target", "forecast", "MASE", "MAE", "RMSE", "sMAPE %"],
            [.. report.Targets.SelectMany(static t => Methods(t.Name, t.Scores)),
                .. report.Targets.Count > 1 ? Methods("all", report.Overall) : []]);
        yield return new(
            "Intervals", ["target", "wanted", "coverage", "width", "conformal coverage", "conformal width", "unbounded"],
            [.. report.Targets.SelectMany(t => Intervals(t.Name, t.Scores)),
                .. report.Targets.Count > 1 ? Intervals("all", report.Overall) : []]);
        if (report.Horizon > 1)
        {
            yield return new(
                "Steps", ["target", "step", .. scores, "coverage", "conformal"],
                [.. report.Targets.SelectMany(t => Sampled(report.Horizon).Select(s => (IReadOnlyList<string>)
                    [t.Name, Number(s + 1), .. Scores(t.Steps[s]), Percent(Outermost(t.Steps[s])),
                        Percent(t.Steps[s].ConformalInterval.Coverage)]))]);
        }
        if (report.SeriesCount > 1)
        {
            yield return new(
                "Series with the largest errors", ["series", "forecasts", .. scores],
                [.. report.WorstSeries.Select(s => (IReadOnlyList<string>)[s.Key, Number(s.Origins), .. ScoresOf(s)])]);
        }
        if (report.Anomalies is { } anomalies)
        {
            yield return new(
                "Anomalies", ["alarms a day, wanted", "alarms a day", "alarms", "threshold", "scores", "scores before"],
                [[Text(anomalies.WantedPerDay), Text(anomalies.PerDay), Number(anomalies.AlarmCount), Text(anomalies.Threshold),
                    Number(anomalies.Count), Number(anomalies.ReferenceCount)]]);
        }

        string[] Scores(ForecastScores s) => Columns(s.Skill, s.Model, s.PinballLoss, s.RankedProbabilityScore, s.LogLikelihood);

        string[] ScoresOf(SeriesReport s) => Columns(s.Skill, s.Model, s.PinballLoss, s.RankedProbabilityScore, s.LogLikelihood);

        string[] Columns(double skill, PointScores model, double? pinball, double? ranked, double? likelihood) =>
        [
            Text(skill), Text(model.MeanAbsoluteScaledError), Text(model.MeanAbsoluteError), Text(model.RootMeanSquaredError),
            Text(model.SymmetricPercentageError), .. hasLevels ? (string[])[Text(pinball), Text(ranked)] : [],
            .. hasDensity ? (string[])[Text(likelihood)] : [],
        ];

        IReadOnlyList<string> Row(string name, ForecastScores s) => [name, Number(s.Model.Count), .. Scores(s)];
    }

    /// <summary>A number with four significant digits; a dash where there is none.</summary>
    public static string Text(double? value)
    {
        if (value is not { } number || double.IsNaN(number))
        {
            return "–";
        }
        double size = Math.Abs(number);
        return size is 0 or (>= 1e-3 and < 1e5) || double.IsInfinity(number)
            ? number.ToString(size >= 1000 ? "F0" : size >= 100 ? "F1" : size >= 10 ? "F2" : size >= 1 ? "F3" : "F4",
                CultureInfo.InvariantCulture)
            : number.ToString("E2", CultureInfo.InvariantCulture);
    }

    /// <summary>Text escaped for Markdown: names of data may hold any character.</summary>
    public static string Literal(string text) => string.Concat(text.Select(
        static c => c is '\\' or '|' or '*' or '_' or '`' or '[' or ']' or '<' or '>' ? $"\\{c}" : char.IsControl(c) ? " " : c.ToString()));

    public void AppendMarkdown(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture,
            $"| {string.Join(" | ", Header.Select(Literal))} |\n|---|{string.Concat(Header.Skip(1).Select(static _ => "---:|"))}\n");
        foreach (IReadOnlyList<string> row in Rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select(Literal))} |\n");
        }
    }

    public void AppendText(StringBuilder text)
    {
        int[] widths = [.. Header.Select((h, i) => Rows.Select(r => r[i].Length).Append(h.Length).Max())];
        var line = new StringBuilder();
        foreach (IReadOnlyList<string> row in (IReadOnlyList<string>[])[Header, .. Rows])
        {
            line.Clear();
            for (int i = 0; i < row.Count; i++)
            {
                string cell = string.Concat(row[i].Select(static c => char.IsControl(c) ? ' ' : c));
                line.Append(i == 0 ? "  " + cell.PadRight(widths[0]) : "  " + cell.PadLeft(widths[i]));
            }
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
    }

    private static IReadOnlyList<string>[] Empty => [];

    private static IEnumerable<IReadOnlyList<string>> Methods(string name, ForecastScores scores)
    {
        yield return Method("model", scores.Model);
        foreach (BaselineScores baseline in scores.Baselines)
        {
            yield return Method(baseline.Name, baseline.Scores);
        }

        IReadOnlyList<string> Method(string method, PointScores s) =>
        [
            name, method, Text(s.MeanAbsoluteScaledError), Text(s.MeanAbsoluteError), Text(s.RootMeanSquaredError),
            Text(s.SymmetricPercentageError),
        ];
    }

    private static IEnumerable<IReadOnlyList<string>> Intervals(string name, ForecastScores scores)
    {
        IntervalScores conformal = scores.ConformalInterval;
        if (scores.Intervals.Count == 0)
        {
            yield return
            [
                name, Percent(conformal.Wanted), "–", "–", Percent(conformal.Coverage), Text(conformal.MeanWidth),
                Number(conformal.UnboundedCount),
            ];
        }
        foreach ((IntervalScores interval, int i) in scores.Intervals.Select(static (s, i) => (s, i)))
        {
            yield return
            [
                name, Percent(interval.Wanted), Percent(interval.Coverage), Text(interval.MeanWidth),
                .. i > 0 ? (string[])["", "", ""]
                    : [Percent(conformal.Coverage), Text(conformal.MeanWidth), Number(conformal.UnboundedCount)],
            ];
        }
    }

    private static double Outermost(ForecastScores scores) => scores.Intervals.Count > 0 ? scores.Intervals[0].Coverage : double.NaN;

    private static IEnumerable<int> Sampled(int horizon) => horizon <= MaxSteps ? Enumerable.Range(0, horizon)
        : Enumerable.Range(0, MaxSteps).Select(i => (int)((long)i * (horizon - 1) / (MaxSteps - 1)));

    private static string Percent(double fraction) =>
        double.IsNaN(fraction) ? "–" : (100 * fraction).ToString("F1", CultureInfo.InvariantCulture) + " %";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
