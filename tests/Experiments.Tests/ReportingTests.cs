using System.Globalization;
using System.Xml.Linq;
using Spectre.Console;

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
    public void Scores_have_the_digits_that_their_deviations_show()
    {
        // Large scores whose seeds differ by little, one of another size, and a baseline without a deviation.
        Group group = Assert.Single(Summary.Of(
        [
            Result("a", 1, 15.8791, 0), Result("a", 2, 15.8813, 0), Result("b", 1, 15.91, 0), Result("b", 2, 15.93, 0),
            Result("c", 1, 2786, 0), Result("c", 2, 2912, 0), Result("d", 1, 250, 0), Result("d", 2, 250, 0),
            Result("naive", 1, 16.33, 0) with { Training = null },
        ]));
        Assert.Equal(
            ["15.8802 ± 0.0016", "15.9200 ± 0.0141", "2,849 ± 89", "250.0 ± 0.0", "16.3300"],
            group.Models.Select(m => ResultTable.Row(group, m)[1].Text));
        Assert.Equal("15.8802", ResultTable.Mean(group, group.Models[0].Scores[0]));
    }

    [Fact]
    public void A_store_finds_what_was_added_and_nothing_else()
    {
        var store = new RunStore(folder);
        RunResult result = Result("a", 1, 0.5, 0.9);
        store.Add(result);
        Assert.Equal(result.Metrics, new RunStore(folder).Find(Planned(result.Key, result.Version.Options))!.Metrics);
        Assert.Null(store.Find(Planned(result.Key, "other options")));
        Assert.Null(store.Find(Planned(result.Key with { Seed = 2 }, result.Version.Options)));
        RunResult later = result with
        {
            Version = result.Version with { Options = "other options" },
            Provenance = result.Provenance with { Started = DateTimeOffset.UnixEpoch.AddDays(1) },
        };
        store.Add(later);
        Assert.Equal("other options", Assert.Single(store.For([])).Version.Options);
        Assert.Equal(result.Version, Assert.Single(store.For([Planned(result.Key, result.Version.Options)])).Version);
        File.Delete(Directory.GetFiles(Path.Combine(folder, "runs"))
            .Single(path => File.ReadAllText(path).Contains("other options", StringComparison.Ordinal)));
        File.WriteAllText(Directory.GetFiles(Path.Combine(folder, "runs"))[0], "{ cut short");
        Assert.Null(store.Find(Planned(result.Key, result.Version.Options)));
        Assert.Empty(store.For([]));
    }

    [Fact]
    public void A_result_belongs_to_the_content_of_its_data_and_to_the_program()
    {
        var store = new RunStore(folder);
        RunResult result = Result("a", 1, 0.5, 0.9);
        store.Add(result);
        Assert.NotNull(store.Find(Planned(result.Key, result.Version.Options)));
        Assert.Null(store.Find(Planned(result.Key with { Dataset = new("data", "other content") }, result.Version.Options)));
        store.Add(result with { Key = result.Key with { Seed = 2 }, Version = result.Version with { Program = "older" } });
        Assert.Null(store.Find(Planned(result.Key with { Seed = 2 }, result.Version.Options)));
        // Seeds of two programs are not averaged.
        Assert.Equal(1, Assert.Single(store.For([Planned(result.Key, result.Version.Options)])).Key.Seed);
    }

    [Fact]
    public void Data_with_the_same_name_and_other_content_are_reported_separately()
    {
        RunResult first = Result("a", 1, 0.5, 0.9), second = Result("a", 1, 0.25, 0.9);
        second = second with { Key = second.Key with { Dataset = new("data", "0123456789") } };
        Report.Write(folder, [first with { Training = Trained }, second with { Training = Trained }]);
        string markdown = File.ReadAllText(Path.Combine(folder, "report.md"));
        Assert.Contains("## task: data (content digest), setting", markdown, StringComparison.Ordinal);
        Assert.Contains("## task: data (content 01234567), setting", markdown, StringComparison.Ordinal);
        Assert.Equal(8, Directory.GetFiles(Path.Combine(folder, "figures")).Length);
        Assert.Equal(["data, setting"], Summary.Of([first]).Select(static g => g.Title));
    }

    [Fact]
    public void A_task_with_several_settings_has_an_overview()
    {
        RunResult At(string setting, string model, int seed, double loss, bool isTrained = true)
        {
            RunResult result = Result(model, seed, loss, 0.9);
            return result with { Key = result.Key with { Setting = setting }, Training = isTrained ? Trained : null };
        }
        RunResult[] results =
        [
            At("one", "b", 1, 0.5), At("one", "b", 2, 0.75), At("one", "a", 1, 0.25), At("one", "naive", 1, 1000, isTrained: false),
            At("three", "a", 1, 0.125), At("three", "a naive", 1, 0.0625, isTrained: false),
        ];
        RunResult other = results[0] with { Key = results[0].Key with { Task = "x" } };
        Overview overview = Assert.Single(Overview.Of(Summary.Of([.. results, other])));
        Assert.Equal("task", overview.Task);
        Assert.Equal(["model", "data, one: loss", "data, three: loss"], overview.Header);
        Assert.Equal(
            [
                [("a", false), ("0.2500", true), ("0.1250", false)],
                [("b", false), ("0.6250", false), ("", false)],
                [("a naive", false), ("", false), ("0.0625", true)],
                [("naive", false), ("1,000", false), ("", false)],
            ],
            overview.Rows);
        Report.Write(folder, results);
        Assert.Contains(
            "## task: overview\n\n| model | data, one: loss | data, three: loss |\n|---|---:|---:|\n| a | **0.2500** | 0.1250 |\n",
            File.ReadAllText(Path.Combine(folder, "report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Titles_that_make_the_same_file_name_have_pictures_of_their_own()
    {
        RunResult first = Result("a", 1, 0.5, 0.9) with { Training = Trained };
        Report.Write(folder, [first with { Key = first.Key with { Dataset = new("ä", "1") } },
            first with { Key = first.Key with { Dataset = new("ö", "2") } }]);
        Assert.Equal(8, Directory.GetFiles(Path.Combine(folder, "figures")).Length);
    }

    [Fact]
    public void Files_have_the_same_identity_when_their_content_is_the_same()
    {
        string one = Write("one", "1,2"), same = Write("same", "1,2"), other = Write("other", "1,3");
        Assert.Equal(DataIdentity.OfFiles("d", one), DataIdentity.OfFiles("d", same));
        Assert.NotEqual(DataIdentity.OfFiles("d", one), DataIdentity.OfFiles("d", other));
        Assert.NotEqual(DataIdentity.OfFiles("d", one, other), DataIdentity.OfFiles("d", other, one));
        Assert.NotEqual(DataIdentity.OfFiles("d", Write("a", "xy"), Write("b", "z")),
            DataIdentity.OfFiles("d", Write("a", "x"), Write("b", "yz")));
        DataIdentity before = DataIdentity.OfFiles("d", one);
        Write("one", "1,4");
        Assert.NotEqual(before, DataIdentity.OfFiles("d", one));
    }

    [Fact]
    public void Every_change_of_an_assembly_is_another_program()
    {
        Directory.CreateDirectory(Path.Combine(folder, "bin"));
        string copy = Path.Combine(folder, "bin", "library.dll");
        File.Copy(typeof(RunStore).Assembly.Location, copy);
        string first = ProgramVersion.Of(Path.Combine(folder, "bin"));
        Assert.Equal(first, ProgramVersion.Of(Path.Combine(folder, "bin")));
        File.Copy(typeof(AarenGen.SequenceData).Assembly.Location, copy, overwrite: true);
        Assert.NotEqual(first, ProgramVersion.Of(Path.Combine(folder, "bin")));
    }

    [Fact]
    public void Names_of_maximum_length_are_saved()
    {
        var store = new RunStore(folder);
        RunResult result = Result("a", 1, 0.5, 0.9) with { Training = Trained };
        RunResult first = result with { Key = result.Key with { Dataset = new(new string('n', 254) + "1", "1") } };
        RunResult second = result with { Key = result.Key with { Dataset = new(new string('n', 254) + "2", "2") } };
        store.Add(first);
        store.Add(second);
        Assert.Equal(2, store.For([]).Length);
        Report.Write(folder, [first, second]);
        Assert.Equal(8, Directory.GetFiles(Path.Combine(folder, "figures")).Length);
    }

    /// <summary>As they were before a run told the content of its data.</summary>
    [Theory]
    [InlineData("""{"Key":{"Task":"task","Dataset":"data","Setting":"setting","Model":"a","Seed":1},"Options":"options","Metrics":[]"""
        + """, "Provenance":{"Command":"","Commit":"","Machine":"","Started":"2025-01-01T00:00:00+00:00"}}""")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{ cut short")]
    public void Other_files_of_results_are_passed_over(string content)
    {
        var store = new RunStore(folder);
        RunResult result = Result("a", 1, 0.5, 0.9);
        store.Add(result);
        string file = Assert.Single(Directory.GetFiles(Path.Combine(folder, "runs")));
        File.WriteAllText(file, content);
        Assert.Null(store.Find(Planned(result.Key, result.Version.Options)));
        Assert.Empty(store.For([]));
        store.Add(result);
        Assert.Single(store.For([]));
    }

    [Fact]
    public void What_a_killed_process_left_half_written_is_deleted()
    {
        Assert.Throws<InvalidOperationException>(() => WholeFile.Write(Path.Combine(folder, "file"), static temporary =>
        {
            File.WriteAllText(temporary, "half");
            throw new InvalidOperationException();
        }));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
        string leftover = "";
        WholeFile.Write(Path.Combine(folder, "file"), temporary => File.WriteAllText(leftover = temporary, "whole"));
        File.WriteAllText(leftover, "half");
        OutputFolder.Prepare(folder);
        // Another process may be about to move it.
        Assert.True(File.Exists(leftover));
        File.SetLastWriteTimeUtc(leftover, DateTime.UtcNow.AddMinutes(-2));
        using (new FileStream(leftover, FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            OutputFolder.Prepare(folder);
            Assert.True(File.Exists(leftover));
        }
        OutputFolder.Prepare(folder);
        Assert.Equal(["file"], Directory.GetFiles(folder).Select(Path.GetFileName));
    }

    [Fact]
    public void A_file_is_replaced_through_a_link_and_keeps_its_mode()
    {
        string target = Write("target", "old"), link = Path.Combine(folder, "link");
        File.CreateSymbolicLink(link, target);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        }
        WholeFile.WriteText(link, "new");
        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal(target, new FileInfo(link).LinkTarget);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead, File.GetUnixFileMode(target));
        }
    }

    [Fact]
    public void An_unwritable_folder_is_rejected_in_one_line()
    {
        string file = Write("file", "");
        Assert.Equal(
            $"{file}: nothing can be written there (it is a file). Name another folder by --output, or change its permissions.",
            Assert.Throws<IOException>(() => OutputFolder.Prepare(file)).Message);
        foreach (string path in (string[])[Path.Combine(file, "below"), "", "a\0b"])
        {
            Assert.DoesNotContain('\n', Assert.Throws<IOException>(() => OutputFolder.Prepare(path)).Message);
        }
        OutputFolder.Prepare(Path.Combine(folder, "new", "deeper"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(folder, "new", "deeper")));
    }

    [Fact]
    public void A_report_is_one_page_of_its_own_and_escapes_names()
    {
        RunResult result = Result("a", 1, 0.5, 0.9) with
        {
            Key = new("classification", new("<script>alert(1)</script>", "digest"), "s", "Aaren", 1), Training = Trained,
        };
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

    /// <summary>No word and no number is broken, whatever the width; the console's is 80 where output is redirected.</summary>
    [Theory]
    [InlineData(80)]
    [InlineData(200)]
    public void A_table_fits_the_console_without_a_broken_word(int width)
    {
        string[] scores = ["negative log-likelihood (nats per event)", "of the interval (nats)", "of the mark (nats)", "mark accuracy",
            "interval RMSE (days)"];
        RunResult[] results =
        [
            .. ((string[])["Aaren", "homogeneous Poisson, mark frequencies"]).Select(model => Result(model, 1, 0, 0) with
            {
                Metrics = [.. scores.Select(static name => new Metric(name, 1234.5))],
                Training = model == "Aaren" ? Trained with { Parameters = 1_234_567 } : null,
            }),
        ];
        string text = Render(results, width);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, width));
        string[] words = [.. scores.SelectMany(static s => s.Split(' ')), "homogeneous", "Poisson,", "frequencies", "parameters",
            "1,234,567", "1,234"];
        Assert.All(words, word => Assert.Contains(word, text.Split(' ', '\n', '│')));
        // Few scores stand beside each other at 80 columns too.
        Assert.Contains("loss", Render([Result("seasonal naive (7)", 1, 0.5, 0.9), Result("b", 1, 0.5, 0.75)], 80).Split('\n')
            .Single(static l => l.Contains("accuracy", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_has_one_colour_in_all_pictures()
    {
        RunResult[] results =
        [
            .. ((string[])["Aaren", "Aaren, last 20 steps", "Aaren, two states", "behaviour cloning"])
                .Select(static model => Result(model, 1, 0.5, 0.9) with
            {
                Training = Trained with { Declaration = model.Split(',')[0] }, Scores = new([10, 20], 15),
            }),
        ];
        foreach (string picture in (string[])["loss", "scores", "forecast", "density"])
        {
            string svg = PictureOf(results, picture);
            Assert.Contains("#0072B2", svg, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("#E69F00", svg, StringComparison.OrdinalIgnoreCase);
            Assert.All((string[])["#D55E00", "#009E73", "#CC79A7"],
                other => Assert.DoesNotContain(other, svg, StringComparison.OrdinalIgnoreCase));
        }
        Assert.Contains("#E69F00", PictureOf(results[3..], "loss"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_machine_without_fonts_has_a_notice_about_missing_letters()
    {
        Assert.Contains("install", Plots.MissingFontsOf(hasDigits: false), StringComparison.Ordinal);
        Assert.Null(Plots.MissingFontsOf(hasDigits: true));
    }

    [FontFact]
    public void Epochs_and_rows_have_whole_ticks_and_a_forecast_has_a_third_of_its_picture()
    {
        RunResult result = Result("Aaren", 1, 0.5, 0.9) with
        {
            Training = Trained,
            Forecast = new("t", [.. Enumerable.Range(0, 128).Select(static i => (float)i % 7)], new float[12], new float[12], [], []),
        };
        Assert.Equal(["1", "2"], Ticks(PictureOf([result], "loss")));
        int[] rows = [.. Ticks(PictureOf([result], "forecast"))
            .Select(static t => int.Parse(t.Replace('−', '-'), CultureInfo.InvariantCulture))];
        Assert.InRange(rows.Min(), -24, -10);
        Assert.InRange(rows.Max(), 5, 12);
    }

    /// <summary>A training that diverged, one of a single epoch, and one whose loss never changes.</summary>
    [Theory]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, 1.0)]
    [InlineData(1.0, null)]
    [InlineData(0.0, 0.0)]
    public void Pictures_are_drawn_of_any_losses(double training, double? validation)
    {
        foreach (int epochs in (int[])[1, 3])
        {
            RunResult result = Result(new string('M', 255), 1, double.NaN, 0) with
            {
                Training = Trained with { Epochs = [.. Enumerable.Repeat(new Epoch(training, validation), epochs)] },
                Forecast = new("t", [1, 1, 1], [1], [float.NaN], [float.NaN], [1]),
            };
            Report.Write(folder, [result]);
            string[] pictures = Directory.GetFiles(Path.Combine(folder, "figures"), "*.svg");
            Assert.Equal(4, pictures.Length);
            Assert.All(pictures, static path => Assert.DoesNotContain("NaN", File.ReadAllText(path), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Names_with_Markdowns_signs_stay_as_they_are()
    {
        RunResult result = Result("a", 1, 0.5, 0.9);
        Report.Write(folder, [result with { Key = result.Key with { Dataset = new("a|b*c[d]", "1"), Model = "x|y" } }]);
        string markdown = File.ReadAllText(Path.Combine(folder, "report.md"));
        Assert.Contains("## task: a\\|b\\*c\\[d\\], setting", markdown, StringComparison.Ordinal);
        Assert.Contains("| x\\|y | ", markdown, StringComparison.Ordinal);
    }

    private static string Render(RunResult[] results, int width)
    {
        var writer = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = width;
        console.Write(ResultTable.ForConsole(Assert.Single(Summary.Of(results)), width));
        return writer.ToString();
    }

    private static string PictureOf(RunResult[] results, string name) => Charts.Of(Assert.Single(Summary.Of(results)))
        .Single(p => p.Name == name).Svg;

    /// <summary>The numbers below a picture's axis.</summary>
    private static string[] Ticks(string svg)
    {
        (double Y, string Text)[] numbers =
        [
            .. XDocument.Parse(svg).Descendants().Where(static e => e.Name.LocalName == "text")
                .Select(static e => (System.Text.RegularExpressions.Regex.Match(
                    (string?)e.Attribute("transform") ?? "", @"^translate\(\S+ (\S+)\)$"), e.Value.Trim()))
                .Where(static t => t.Item1.Success
                    && double.TryParse(t.Item2.Replace('−', '-'), NumberStyles.Float, CultureInfo.InvariantCulture, out _))
                .Select(static t => (double.Parse(t.Item1.Groups[1].Value, CultureInfo.InvariantCulture), t.Item2)),
        ];
        double lowest = numbers.Max(static n => n.Y);
        return [.. numbers.Where(n => n.Y > lowest - 1).Select(static n => n.Text)];
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(folder, name), text);
        return Path.Combine(folder, name);
    }

    private static Training Trained => new("[SequenceModel]", 10, 80, "AdamW", [new(2, 3), new(1, 2)], 2, 1.5);

    private static PlannedRun Planned(RunKey key, string options) =>
        new(key, options, (_, _) => throw new InvalidOperationException("It is finished."));

    private static RunResult Result(string model, int seed, double loss, double accuracy) => new(
        new("task", new("data", "digest"), "setting", model, seed), new("options", ProgramVersion.Current),
        [new("loss", loss), new("accuracy", accuracy, HigherIsBetter: true)], null,
        new("title", [1, 2, 3], [4, 5], [4, 4], [3, 3], [5, 5]), new(["x", "y"], [3, 1, 0, 4]),
        new("hours", [0.1, 1, 10], [0.5, 0.5], [0.4, 0.6]), null, new("experiments …", "c0ffee", "machine", DateTimeOffset.UnixEpoch));
}
