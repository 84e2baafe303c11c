using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using AarenGen.Tests.Backtesting;
using static AarenGen.Tests.Backtesting.TestSeries;

namespace AarenGen.Reports.Tests;

/// <summary>The page of a backtest: well-formed, self-contained, with every part that the report has.</summary>
public sealed partial class BacktestHtmlTests : TemporaryFolder
{
    [Fact]
    public void The_page_has_tables_pictures_with_time_axes_and_notices()
    {
        BacktestReport report = Run(6, new GaussianForecaster(2, 6, static (_, _, _, _) => 0, static _ => 1));
        XElement page = Parse(BacktestHtml.ToHtml(report));
        Assert.Equal("Backtest of <model>", page.Descendants("h1").Single().Value);
        string[] headings = [.. page.Descendants("h2").Select(static h => h.Value)];
        foreach (string expected in (string[])["Targets", "Forecasts", "By step of the horizon", "Over time", "Intervals", "Alarms"])
        {
            Assert.Contains(expected, headings);
        }
        Assert.Contains(page.Descendants("p"), static p => p.Value.StartsWith("1 of 2 series", StringComparison.Ordinal));
        // Four samples of two targets, errors of two targets, coverage by step; errors, coverage and anomalies over time.
        XElement[] images = [.. page.Descendants("img")];
        Assert.Equal(8 + 2 + 1 + 3, images.Length);
        const string prefix = "data:image/svg+xml;base64,";
        Assert.All(images, static i => Assert.StartsWith(prefix, (string)i.Attribute("src")!, StringComparison.Ordinal));
        // Nothing is loaded from elsewhere.
        Assert.DoesNotContain(page.Descendants(), static e => e.Name.LocalName is "script" or "link");
        Assert.Equal(
            report.Anomalies!.Alarms.Count,
            page.Descendants("table").Last().Descendants("tr").Skip(1).Count());
    }

    [FontFact]
    public void Axes_of_time_show_days()
    {
        BacktestReport report = Run(6, new GaussianForecaster(1, 6, static (_, _, _, _) => 0, static _ => 1));
        string svg = SvgOf(Parse(BacktestHtml.ToHtml(report)).Descendants("img").Last());
        Assert.Contains("UTC", svg, StringComparison.Ordinal);
        // The scored time is in January 2025.
        Assert.Contains("2025-01-1", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Forecasts_of_values_and_of_one_step_have_fewer_pictures()
    {
        BacktestReport report = Run(1, new PointForecaster(1, 1, static (_, _, _, _) => 0));
        XElement page = Parse(BacktestHtml.ToHtml(report));
        // Four samples; errors and coverage over time.
        Assert.Equal(4 + 2, page.Descendants("img").Count());
        Assert.DoesNotContain(page.Descendants("h2"), static h => h.Value == "Alarms");
    }

    [Fact]
    public void A_file_is_written_whole()
    {
        BacktestReport report = Run(2, new PointForecaster(1, 2, static (_, _, _, _) => double.NaN));
        string path = At("report.html");
        BacktestHtml.Write(report, path);
        // Identifiers in pictures are counted through.
        Assert.Equal(Parse(BacktestHtml.ToHtml(report)).Value, Parse(File.ReadAllText(path)).Value);
        Assert.Equal(path, Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!)));
        Assert.Throws<ArgumentNullException>(() => BacktestHtml.Write(null!, path));
        Assert.Throws<ArgumentException>(() => BacktestHtml.Write(report, ""));
        Assert.ThrowsAny<IOException>(() => BacktestHtml.Write(report, Path.Combine(At("missing"), "report.html")));
    }

    [Fact]
    public void Pages_escape_what_they_show()
    {
        var page = new HtmlPage("a<b>&");
        page.AddHeading("<h>");
        page.AddText("1 < 2");
        page.AddNote("\"quoted\"");
        page.AddDetails("<s>", "<code>", "<t>");
        page.AddTable(["<x>", "y"], [[("<1>", false), ("2", true)]]);
        page.AddFigure("<svg/>", "a \"description\"", "<caption>");
        XElement html = Parse(page.ToString());
        Assert.Equal("a<b>&", html.Descendants("title").Single().Value);
        Assert.Equal("<code>", html.Descendants("pre").Single().Value);
        Assert.Equal(["<x>", "y"], html.Descendants("th").Select(static t => t.Value));
        Assert.Equal("2", html.Descendants("td").Single(static t => (string?)t.Attribute("class") == "best").Value);
        Assert.Equal("a \"description\"", (string)html.Descendants("img").Single().Attribute("alt")!);
        Assert.Equal("<svg/>", SvgOf(html.Descendants("img").Single()));
        Assert.Throws<ArgumentException>(static () => Plots.AddLine(Plots.Create(12), null, Plots.Colors[0], [1], [1, 2]));
        Assert.Equal(("abc", "a…"), (Plots.Shorten("abc", 3), Plots.Shorten("abc", 2)));
    }

    private static BacktestReport Run(int horizon, OriginForecaster forecaster)
    {
        Assert.Equal(horizon, forecaster.Horizon);
        var random = new Random(5);
        double[][] columns = [.. forecaster.Targets.Select(_ => (double[])[.. Enumerable.Range(0, 400).Select(_ => Normal(random))])];
        return BacktestEngine.Run(
            "<model>", forecaster, [Hourly("a<b", 0, columns), Hourly("short", 0, [.. columns.Select(static c => c[..9])])],
            new() { From = Start.AddHours(250), ReferenceFraction = 1, AlarmsPerDay = 5 });
    }

    /// <summary>The page is XML but for its first line.</summary>
    private static XElement Parse(string html) => XElement.Parse(DocumentType.Replace(html, ""));

    private static string SvgOf(XElement image) =>
        Encoding.UTF8.GetString(Convert.FromBase64String(((string)image.Attribute("src")!).Split(',')[1]));

    [GeneratedRegex("^<!DOCTYPE html>\n")]
    private static partial Regex DocumentType { get; }
}

/// <summary>A test of letters in pictures.</summary>
public sealed class FontFactAttribute : FactAttribute
{
    public FontFactAttribute() => Skip = Plots.MissingFonts;
}
