using System.Text;
using AarenGen.Serialization;

namespace AarenGen.Reports;

/// <summary>
/// Shows a backtest as one HTML page that needs no other file: forecasts over what came, errors and coverage by step and over time,
/// anomalies, tables and notices. Thread-safe.
/// </summary>
/// <remarks>
/// Pictures need a font; without one the page says so. On Linux, add SkiaSharp.NativeAssets.Linux.NoDependencies to the program.
/// </remarks>
public static class BacktestHtml
{
    /// <summary>Writes the page, replacing the file atomically.</summary>
    /// <param name="report">The backtest.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    public static void Write(BacktestReport report, string path)
    {
        byte[] html = Encoding.UTF8.GetBytes(ToHtml(report));
        AtomicFile.Write(path, stream => stream.Write(html));
    }

    /// <summary>The page.</summary>
    /// <param name="report">The backtest.</param>
    public static string ToHtml(BacktestReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = new HtmlPage($"Backtest of {report.Model}");
        page.AddText(report.Summary);
        foreach (string notice in report.Notices.Concat(Plots.MissingFonts is { } missing ? [missing] : []))
        {
            page.AddText(notice);
        }
        ReportTable[] tables = [.. ReportTable.Of(report)];
        AddTable(page, tables[0]);
        AddTable(page, tables[1]);
        page.AddHeading("Forecasts");
        Add(page, BacktestCharts.Forecasts(report));
        page.AddHeading("By step of the horizon");
        Add(page, BacktestCharts.ErrorsByStep(report));
        Add(page, BacktestCharts.CoverageByStep(report) is { } coverage ? [coverage] : []);
        page.AddHeading("Over time");
        Add(page, BacktestCharts.OverTime(report));
        foreach (ReportTable table in tables[2..])
        {
            AddTable(page, table);
        }
        if (report.Anomalies is { Alarms.Count: > 0 } anomalies)
        {
            page.AddHeading("Alarms");
            page.AddTable(
                ["time", "series", "target", "score", "truth", "forecast"],
                anomalies.Alarms.Select(static a => Plain(
                    [
                        FormattableString.Invariant($"{a.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z"), a.Series, a.Target,
                        ReportTable.Text(a.Score), ReportTable.Text(a.Truth), ReportTable.Text(a.Forecast),
                    ])));
        }
        return page.ToString();
    }

    private static void Add(HtmlPage page, IEnumerable<(string Svg, string Caption)> figures)
    {
        foreach ((string svg, string caption) in figures)
        {
            page.AddFigure(svg, caption, caption);
        }
    }

    private static void AddTable(HtmlPage page, ReportTable table)
    {
        page.AddHeading(table.Title);
        page.AddTable(table.Header, table.Rows.Select(Plain));
    }

    private static IEnumerable<(string, bool)> Plain(IReadOnlyList<string> cells) => cells.Select(static c => (c, false));
}
