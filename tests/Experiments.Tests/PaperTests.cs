using System.Globalization;
using AarenGen;
using Control;

namespace Experiments.Tests;

/// <summary>The paper's data sets: what they are called, how they are found, and how they are run.</summary>
[Collection(ProgramRun.Collection)]
public sealed class PaperTests : TemporaryFolder
{
    private static readonly Blocks Small = new(16, 32, 2, 1, 0);

    [Fact]
    public void The_catalogue_has_the_papers_38_data_sets()
    {
        Assert.Equal(
            [(PaperSetting.Control, 12), (PaperSetting.Events, 8), (PaperSetting.Classification, 10), (PaperSetting.Forecasting, 8)],
            PaperCatalog.All.GroupBy(static d => d.Setting).Select(static g => (g.Key, g.Count())));
        Assert.Equal(38, PaperCatalog.All.Select(static d => d.Name).Distinct().Count());
        Assert.All(PaperCatalog.All, static d => Assert.StartsWith("http", d.Place, StringComparison.Ordinal));
        // No name stands for two data sets of a setting.
        Assert.All(PaperCatalog.All.GroupBy(static d => d.Setting), static g =>
            Assert.Distinct(g.SelectMany(static d => d.Names)));
    }

    [Theory]
    [InlineData("Hopper medium", "d4rl/hopper_medium-v2.hdf5")]
    [InlineData("Hopper medium", "HOPPER-Medium.h5")]
    [InlineData("Walker medium-replay", "walker2d_mixed.hdf5")]
    [InlineData("Ant medium-expert", "ant-medium-expert-v0.HDF5")]
    [InlineData("Wiki", "real/wiki.npz")]
    [InlineData("StackOverflow", "so_fold1.npz")]
    [InlineData("Uber", "uber_drop.pkl")]
    [InlineData("MIMIC", "data_mimic/fold1/train.pkl;data_mimic/fold1/dev.pkl;data_mimic/fold1/test.pkl")]
    [InlineData("MIMIC", "mimic/train.pkl;mimic/test.pkl")]
    [InlineData("StackOverflow", "StackOverflow/time-1-test.txt;StackOverflow/time-2-test.txt;"
        + "StackOverflow/event-1-test.txt;StackOverflow/event-2-test.txt")]
    [InlineData("StackOverflow", "data_so/time-1-train.txt;data_so/event-1-train.txt;data_so/time-1-test.txt;data_so/event-1-test.txt")]
    [InlineData("Taxi", "a/b/taxi.txt")]
    [InlineData("Reddit", "reddit-times.txt;reddit-marks.txt")]
    [InlineData("PEMS-SF", "PEMS-SF/PEMS-SF_TRAIN.ts;PEMS-SF/PEMS-SF_TEST.ts")]
    [InlineData("UWaveGestureLibrary", "uwavegesturelibrary_train.ts;uwavegesturelibrary_test.ts")]
    [InlineData("ETTm2", "ETT-small/ETTm2.csv.gz")]
    [InlineData("ECL", "electricity/electricity.csv")]
    [InlineData("Exchange", "exchange_rate.txt")]
    public void Files_are_found_under_their_published_names(string name, string paths)
    {
        string[] files = paths.Split(';');
        foreach (string file in files.Append("readme.txt").Append("other/time-1-test.txt").Append("train.pkl"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(file))!);
            Write(file, "");
        }
        var folder = new PaperFolder(At("."));
        PaperDataset dataset = PaperCatalog.All.Single(d => d.Name == name);
        Assert.Equal(files, folder.Find(dataset)!.Paths.Select(p => Path.GetRelativePath(At("."), p).Replace('\\', '/')));
        Assert.Single(PaperCatalog.All, d => folder.Find(d) is not null);
    }

    [Fact]
    public void A_folder_that_has_the_name_of_the_data_set_is_enough()
    {
        Directory.CreateDirectory(At("StackOverflow"));
        Write("StackOverflow/time-1-test.txt", "");
        Write("StackOverflow/time-2-test.txt", "");
        FoundDataset found = new PaperFolder(At("StackOverflow")).Find(PaperCatalog.All.Single(static d => d.Name == "StackOverflow"))!;
        Assert.Equal((2, EventLayout.Folds), (found.Paths.Count, found.Layout));
    }

    [Fact]
    public void Copies_are_told_and_links_in_a_circle_end()
    {
        Directory.CreateDirectory(At("a"));
        Write("ETTh1.csv", "");
        Write("a/ETTh1.csv.gz", "");
        Directory.CreateSymbolicLink(At("a/loop"), At("."));
        FoundDataset found = new PaperFolder(At(".")).Find(PaperCatalog.All.Single(static d => d.Name == "ETTh1"))!;
        Assert.EndsWith("ETTh1.csv", Assert.Single(found.Paths), StringComparison.Ordinal);
        Assert.EndsWith("ETTh1.csv.gz", Assert.Single(found.Others), StringComparison.Ordinal);
    }

    [Fact]
    public void Data_sets_are_run_by_both_recipes_into_one_report_and_bad_files_are_named()
    {
        Directory.CreateDirectory(At("data"));
        Write("data/taxi.txt", string.Concat(Enumerable.Range(0, 6).Select(static s =>
            string.Join(" ", Enumerable.Range(0, 8).Select(t => t * (t + s))) + "\n")));
        string cases = "@classLabel true a b\n@data\n" + string.Concat(Enumerable.Repeat("1,2,3:a\n3,2,1:b\n", 5));
        Write("data/Heartbeat_TRAIN.ts", cases);
        Write("data/Heartbeat_TEST.ts", cases);
        string bad = Write("data/wiki.npz", "not an archive");
        string[] arguments =
        [
            "paper", "--data", At("data"), "--mixers", "mingru", "--seeds", "1", "--epochs", "1", "--output", At("out"),
        ];
        (int code, string error) = ProgramRun.Of(typeof(Mixer).Assembly, arguments);
        Assert.Equal(2, code);
        Assert.Equal(2, error.Split('\n').Count(
            line => line.Contains($"Wiki: {bad}: this is not a complete archive", StringComparison.Ordinal)));
        string report = File.ReadAllText(At("out/report.md"));
        foreach (string expected in (string[])[
            "Taxi, intervals", "Heartbeat, given test file", "| paper's: Aaren |", "| paper's: Transformer |",
            "| ours: MinGru |", "[Dense(128)]", "\npaper's: Aaren, trained by", "\nours: MinGru, trained by"])
        {
            Assert.Contains(expected, report, StringComparison.Ordinal);
        }
        // A second run makes nothing.
        string[] before = [.. Directory.GetFiles(At("out/runs")).Order(StringComparer.Ordinal)];
        DateTime[] times = [.. before.Select(File.GetLastWriteTimeUtc)];
        Assert.Equal(2, ProgramRun.Of(typeof(Mixer).Assembly, arguments).Code);
        Assert.Equal(before, Directory.GetFiles(At("out/runs")).Order(StringComparer.Ordinal));
        Assert.Equal(times, before.Select(File.GetLastWriteTimeUtc));
    }

    [Theory]
    [InlineData("", "none of the 38 data sets is in this folder")]
    [InlineData("--settings forecasting",
        "none of the 8 data sets is in this folder or below it; Weather, for example, is looked for as weather.csv")]
    [InlineData("--settings robots", "--settings: 'robots' is unknown; choose from control,events,classification,forecasting.")]
    [InlineData("--mixers robots", "--mixers: 'robots' is unknown")]
    [InlineData("--horizon 0", "--horizon: '0'")]
    [InlineData("--epochs 0", "--epochs: '0'")]
    public void A_mistake_is_one_line(string options, string expected)
    {
        Directory.CreateDirectory(At("empty"));
        string[] arguments =
            ["paper", "--data", At("empty"), .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--output", At("out")];
        (int code, string error) = ProgramRun.Of(typeof(Mixer).Assembly, arguments);
        Assert.Equal(2, code);
        Assert.Contains(expected, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_missing_or_a_file_is_a_mistake()
    {
        Assert.Contains("there is no such folder",
            Assert.Throws<UserException>(() => new PaperFolder(At("nowhere"))).Message, StringComparison.Ordinal);
        string file = Write("file", "");
        Assert.Contains("this is a file", Assert.Throws<UserException>(() => new PaperFolder(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decision_models_of_any_mixer_learn_from_a_file_and_act()
    {
        var random = new Random(1);
        Episode[] episodes = [.. Enumerable.Range(0, 6).Select(_ => new Episode(
            [.. Enumerable.Range(0, 4 * 30).Select(_ => (float)random.NextDouble())],
            [.. Enumerable.Range(0, 30).Select(_ => (float)(2 * random.NextDouble() - 1))],
            [.. Enumerable.Repeat(1f, 30)], IsTerminal: true))];
        string path = At("cartpole_medium-v2.hdf5");
        TrajectoryFile.Write(path, new TrajectorySet(4, 1, episodes));
        DecisionRecipe ours = new(Small, new(1, 8, 1e-3, 1e-4, null), null, Rereads: false, new Dictionary<string, double>()),
            papers = ours with { Rereads = true, Updates = 2, TargetReturns = new Dictionary<string, double> { ["cartpole"] = 500 } };
        Mixer[] mixers = [new(MixerKind.Aaren), new(MixerKind.Forgetting), new(MixerKind.MinGru, HasConvolution: true)];
        PlannedRun[] plan =
        [
            .. Decisions.Plan(path, "cartpole",
                [.. Contender<DecisionRecipe>.Of(mixers, ours, "ours"),
                    .. Contender<DecisionRecipe>.Of(mixers[..1], papers, "paper's")], 1, 2),
        ];
        Assert.Equal(
            [
                "the data", "ours: Aaren, two states", "ours: Forgetting Aaren", "ours: MinGru, convolution",
                "paper's: Aaren, last 20 steps",
            ],
            plan.Select(static r => r.Key.Model));
        Assert.Contains("Relay", plan[1].Options, StringComparison.Ordinal);
        Assert.Contains("Streaming", plan[2].Options, StringComparison.Ordinal);
        Assert.Contains("Rereading; asked for 500", plan[4].Options, StringComparison.Ordinal);
        // Two updates of 8 windows; the data make 9.
        Assert.Contains("2 epochs", plan[4].Options, StringComparison.Ordinal);
        foreach (PlannedRun run in plan)
        {
            RunOutcome outcome = run.Make(new Progress<double>(), CancellationToken.None);
            Assert.Equal("normalised score", outcome.Metrics[0].Name);
            Assert.True(double.IsFinite(outcome.Metrics[0].Value));
            Assert.Equal(run.Key.Seed > 0, outcome.Training is not null);
        }
    }

    [Fact]
    public void A_missing_simulator_is_a_reason()
    {
        Assert.Equal("install it", Decisions.FindMissing(static () => throw new UserException("install it")));
        Assert.Null(Decisions.FindMissing(static () => { }));
    }

    [Fact]
    public void Rows_are_normalised_by_what_is_known()
    {
        float[] values = [.. Enumerable.Range(0, 12).SelectMany(static t => (float[])[t, 10 - 2 * t])];
        var windows = new RowWindows(values, 2, new(4, 8), 2, 4, 3);
        Assert.Equal((2, 7), (windows.Count, windows.GetLength(0)));
        var tokens = new float[7 * 2];
        windows.ReadTokens(1, tokens);
        // Rows 2 to 5: mean 3.5 and variance 1.25; the second column falls twice as fast.
        Assert.Equal((2 - 3.5) / Math.Sqrt(1.25 + 1e-5), tokens[0], 1e-6);
        Assert.Equal((6 - 3) / Math.Sqrt(5 + 1e-5), tokens[1], 1e-6);
        Assert.All(tokens[8..], static t => Assert.Equal(0, t));
        var target = new float[2];
        Assert.Equal(0, windows.ReadTarget(1, 3, target));
        Assert.Equal(1, windows.ReadTarget(1, 4, target));
        Assert.Equal((6 - 3.5) / Math.Sqrt(1.25 + 1e-5), target[0], 1e-6);
    }

    [Fact]
    public void Models_of_rows_learn_a_wave()
    {
        string path = Write("wave.csv", "x,y\n" + string.Concat(Enumerable.Range(0, 1500)
            .Select(static t => string.Create(CultureInfo.InvariantCulture, $"{Math.Sin(t * 0.26)},{Math.Cos(t * 0.26) * 3}\n"))));
        ForecastingRecipe recipe = new(Small, new(10, 8, 3e-3, 0, null), ForecastingForm.Rows, Lookback: 24, Patch: 1);
        Mixer[] mixers = [new(MixerKind.Aaren), new(MixerKind.Transformer)];
        IReadOnlyList<PlannedRun> plan = Forecasting.Plan(
            path, [6], Contender<ForecastingRecipe>.Of(mixers, recipe), 1, hasIntervals: false, stride: 4, "", static _ => { });
        double[] errors =
            [.. plan.Where(static r => r.Key.Seed == 1).Select(ErrorOf)];
        double naive = ErrorOf(plan.Single(static r => r.Key.Model == "last value"));
        Assert.Equal(2, errors.Length);
        Assert.All(errors, e => Assert.InRange(e, 0, naive / 2));
        Assert.Throws<ArgumentException>(() => Forecasting.Plan(
            path, [6], Contender<ForecastingRecipe>.Of(mixers, recipe), 1, hasIntervals: true, stride: 4, "", static _ => { }));

        static double ErrorOf(PlannedRun run) => run.Make(new Progress<double>(), CancellationToken.None).Metrics[0].Value;
    }

    [Fact]
    public void Marks_that_are_all_equal_are_none()
    {
        string times = Write("t.txt", "1 2 4\n1 3 4\n2 3 5\n"), marks = Write("m.txt", "1 1 1\n1 1 1\n1 1 1\n");
        IReadOnlyList<PlannedRun> plan = Events.Plan([times], [marks], "s", [new(MixerKind.MinGru)], 1, 1);
        Assert.Equal(["homogeneous Poisson", "log-normal", "MinGru"], plan.Select(static r => r.Key.Model));
        Assert.All(plan, static r => Assert.Equal("intervals", r.Key.Setting));
        RunOutcome outcome = plan[^1].Make(new Progress<double>(), CancellationToken.None);
        Assert.DoesNotContain(outcome.Metrics, static m => m.Name.Contains("mark", StringComparison.Ordinal));
    }

    /// <summary>Results of few kinds of marks stay those that were published.</summary>
    [Theory]
    [InlineData(64, "[Dense(64)]\n[CrossEntropy]")]
    [InlineData(65, "[Categorical(64, Width = 16)]")]
    public void Up_to_64_kinds_of_marks_have_an_output_each(int kinds, string expected)
    {
        string squares = string.Join(" ", Enumerable.Range(0, kinds).Select(static t => t * t));
        string times = Write("t.txt", string.Concat(Enumerable.Repeat(squares + "\n", 3)));
        string marks = Write("m.txt", string.Concat(Enumerable.Repeat(string.Join(" ", Enumerable.Range(0, kinds)) + "\n", 3)));
        PlannedRun run = Events.Plan([times], [marks], "s", [new(MixerKind.Aaren)], 1, 40).Single(static r => r.Key.Seed == 1);
        Assert.StartsWith($"""
            [SequenceModel]
            [Continuous(2)]
            [TimeEncoding(16, LongestPeriod = 1000)]
            [Categorical({kinds}, Width = 16)]
            """, run.Options, StringComparison.Ordinal);
        Assert.Contains(expected, run.Options, StringComparison.Ordinal);
        Assert.Contains("[Aaren(Heads = 4, FeedForward = 128, Repeat = 2, Dropout = 0.1)]", run.Options, StringComparison.Ordinal);
        Assert.Contains(
            "AdamW, up to 40 epochs, patience 5, batch 16, learning rate 0.001, weight decay 0.01\ns", run.Options,
            StringComparison.Ordinal);
    }
}
