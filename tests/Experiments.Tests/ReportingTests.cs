using System.Xml.Linq;

namespace Experiments.Tests;

/// <summary>Means and deviations, the store of runs, and the report's text.</summary>
public sealed class ReportingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("experiments").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Deviation_is_that_of_samples()
    {
        Assert.Equal(1, Summary.Deviation([1, 2, 3])!.Value, 1e-15);
        Assert.Null(Summary.Deviation([5]));
    }

    [Fact]
    public void The_best_mean_of_a_column_is_marked_by_its_direction()
    {
        Group group = Assert.Single(Summary.Of([Result("a", 1, 0.5, 0.9), Result("a", 2, 0.7, 0.7), Result("b", 1, 0.5, 0.75)]));
        Assert.Equal(["a", "b"], group.Models.Select(static m => m.Model));
        Assert.Equal([false, true], group.Models[0].Scores.Select(static s => s.IsBest));
        Assert.Equal([true, false], group.Models[1].Scores.Select(static s => s.IsBest));
        Assert.Equal(0.6, group.Models[0].Scores[0].Mean, 1e-15);
        Assert.Equal(Math.Sqrt(0.02), group.Models[0].Scores[0].Deviation!.Value, 1e-12);
    }

    [Fact]
    public void A_store_finds_what_was_added_and_nothing_else()
    {
        var store = new RunStore(folder);
        RunResult result = Result("a", 1, 0.5, 0.9);
        store.Add(result);
        Assert.Equal(result.Metrics, new RunStore(folder).Find(Planned(result.Key, result.Options))!.Metrics);
        Assert.Null(store.Find(Planned(result.Key, "other options")));
        Assert.Null(store.Find(Planned(result.Key with { Seed = 2 }, result.Options)));
        RunResult later = result with { Options = "other options", Provenance = result.Provenance with { Started = DateTimeOffset.UnixEpoch.AddDays(1) } };
        store.Add(later);
        Assert.Equal("other options", Assert.Single(store.For([])).Options);
        Assert.Equal(result.Options, Assert.Single(store.For([Planned(result.Key, result.Options)])).Options);
        File.Delete(Directory.GetFiles(Path.Combine(folder, "runs")).Single(path => File.ReadAllText(path).Contains("other options", StringComparison.Ordinal)));
        File.WriteAllText(Directory.GetFiles(Path.Combine(folder, "runs"))[0], "{ cut short");
        Assert.Null(store.Find(Planned(result.Key, result.Options)));
        Assert.Empty(store.For([]));
    }

    [Fact]
    public void A_report_is_one_page_of_its_own_and_escapes_names()
    {
        RunResult result = Result("a", 1, 0.5, 0.9) with { Key = new("classification", "<script>alert(1)</script>", "s", "Aaren", 1), Training = Trained };
        Report.Write(folder, [result]);
        string html = File.ReadAllText(Path.Combine(folder, Report.HtmlName));
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.Contains("commit c0ffee", html, StringComparison.Ordinal);
        string[] pictures = Directory.GetFiles(Path.Combine(folder, "figures"), "*.svg");
        Assert.Equal(4, pictures.Length);
        Assert.All(pictures, static path => Assert.Equal("svg", XDocument.Load(path).Root!.Name.LocalName));
        string markdown = File.ReadAllText(Path.Combine(folder, "report.md"));
        Assert.All(pictures, path => Assert.Contains(Path.GetFileName(path), markdown, StringComparison.Ordinal));
        Assert.Contains("0.5000", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_of_nothing_says_so()
    {
        Report.Write(folder, []);
        Assert.Contains("No run is finished.", File.ReadAllText(Path.Combine(folder, "report.md")), StringComparison.Ordinal);
    }

    private static Training Trained => new("[SequenceModel]", 10, 80, "AdamW", [new(2, 3), new(1, 2)], 2, 1.5);

    private static PlannedRun Planned(RunKey key, string options) => new(key, options, (_, _) => throw new InvalidOperationException("It is finished."));

    private static RunResult Result(string model, int seed, double loss, double accuracy) => new(
        new("task", "data", "setting", model, seed), "options", [new("loss", loss), new("accuracy", accuracy, HigherIsBetter: true)], null,
        new("title", [1, 2, 3], [4, 5], [4, 4], [3, 3], [5, 5]), new(["x", "y"], [3, 1, 0, 4]),
        new("hours", [0.1, 1, 10], [0.5, 0.5], [0.4, 0.6]), null, new("experiments …", "c0ffee", "machine", DateTimeOffset.UnixEpoch));
}
