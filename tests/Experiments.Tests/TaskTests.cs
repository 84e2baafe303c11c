using System.Globalization;
using AarenGen;

namespace Experiments.Tests;

/// <summary>Whole experiments on small data made here: every task with every mixer, and going on after an interruption.</summary>
[Collection(AarenGen.Tests.ProgramRun.Collection)]
public sealed class TaskTests : IDisposable
{
    private static readonly Mixer[] All = [.. Mixer.All];
    private readonly string folder = Directory.CreateTempSubdirectory("experiments").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(false, Forecasting.DefaultPatch)]
    [InlineData(true, Forecasting.DefaultPatch)]
    [InlineData(false, 48)]
    public void Forecasting_learns_a_wave(bool hasIntervals, int patch)
    {
        string path = Write("wave.csv", ["x,y", .. Enumerable.Range(0, 4000)
            .Select(static t => string.Create(CultureInfo.InvariantCulture, $"{Math.Sin(t * 0.26)},{Math.Cos(t * 0.26) * 3}"))]);
        RunResult[] results = Make(Forecasting.Plan(path, [8], All, seeds: 1, epochs: 8, hasIntervals, stride: 16, patch: patch));
        double naive = results.Single(static r => r.Key.Model == "last value").Metrics[0].Value;
        RunResult[] trained = [.. results.Where(static r => r.Training is not null)];
        Assert.Equal(All.Length, trained.Length);
        Assert.All(trained, r => Assert.InRange(r.Metrics[0].Value, 0, naive / 4));
        Assert.All(trained, r => Assert.Equal(hasIntervals ? 8 : 0, r.Forecast!.Lower.Length));
    }

    [Fact]
    public void Forecasting_from_records_streams_what_the_protocol_reads_again()
    {
        string[] rows = [.. Enumerable.Range(0, 3600).Select(static t => string.Create(
            CultureInfo.InvariantCulture,
            $"{new DateTime(2020, 1, 1).AddHours(t):yyyy-MM-dd HH:mm},{Math.Sin(t * 0.26)},{1e6 + Math.Cos(t * 0.26) * 300}"))];
        TypedErrors errors = Assert.Single(TypedForecasting.Run(Write("wave.csv", ["date,x,y", .. rows]), seeds: 1, epochs: 1, default));
        // Mean squares of scaled values are 1. A series a million times as far from 0 as the other one counts as much.
        Assert.InRange(errors.Streamed, 0, 0.2);
        Assert.InRange(errors.Backtest, 0, 0.2);
        Assert.InRange(errors.Reread, 0, 0.2);

        string path = Write("gap.csv", ["date,x", .. rows.Where(static (_, t) => t != 7).Select(static r => r[..r.LastIndexOf(',')])]);
        TableException error = Assert.Throws<TableException>(() => TypedForecasting.Run(path, seeds: 1, epochs: 1, default));
        Assert.Contains("row 8: the row is not an hour later", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The figure of docs/results.md is 0.3648 ± 0.0035 over three seeds.</summary>
    [DataFact]
    public void Forecasting_from_records_has_the_figure_of_the_protocol()
    {
        TypedErrors errors = Assert.Single(
            TypedForecasting.Run(BenchmarkData.At("forecasting", "ETTh1.csv"), seeds: 1, epochs: null, default));
        Assert.InRange(errors.Reread, 0.358, 0.372);
        Assert.InRange(errors.Streamed - errors.Reread, -0.002, 0.002);
        Assert.InRange(errors.Backtest - errors.Reread, -0.005, 0.005);
    }

    [Fact]
    public void Cases_that_cannot_be_scaled_are_reported_with_their_files()
    {
        string train = Write("Gap_TRAIN.ts", ["@classLabel true a b", "@data", .. Enumerable.Repeat("?,?:a", 9), "?,?:b"]);
        TableException error = Assert.Throws<TableException>(() => Classification.Plan(train, train, All, seeds: 1, epochs: 1));
        Assert.StartsWith($"{train}, {train}: Channel 1 has no observed value", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classification_distinguishes_rising_from_falling()
    {
        string train = Write("Slope_TRAIN.ts", Cases(40)), test = Write("Slope_TEST.ts", Cases(20));
        RunResult[] results = Make(Classification.Plan(train, test, All, seeds: 1, epochs: 30));
        Assert.All(results.Where(static r => r.Training is not null), static r => Assert.InRange(r.Metrics[0].Value, 0.9, 1));
        Assert.All(results, static r => Assert.Equal("Slope", r.Key.Dataset.Name));

        static string[] Cases(int count) =>
        [
            "@dimensions 2", "@classLabel true up down", "@data",
            .. Enumerable.Range(0, count).Select(static i =>
            {
                IEnumerable<string> values = Enumerable.Range(0, 6 + i % 5)
                    .Select(t => ((i % 2 == 0 ? t : -t) * 0.3 + i % 7).ToString(CultureInfo.InvariantCulture));
                return $"{string.Join(",", values)}:{string.Join(",", values.Select(static _ => "1"))}:{(i % 2 == 0 ? "up" : "down")}";
            }),
        ];
    }

    [Fact]
    public void Events_beat_the_baselines_if_the_past_decides_the_future()
    {
        // Short and long intervals take turns, and so do the marks.
        var random = new Random(1);
        var times = new List<string>();
        var marks = new List<string>();
        for (int sequence = 0; sequence < 60; sequence++)
        {
            double time = 0;
            string[] line = [.. Enumerable.Range(0, 20)
                .Select(i => (time += (i % 2 == 0 ? 1 : 5) * (0.9 + 0.2 * random.NextDouble())).ToString(CultureInfo.InvariantCulture))];
            times.Add(string.Join(" ", line));
            marks.Add(string.Join(" ", Enumerable.Range(0, 20).Select(static i => i % 2)));
        }
        RunResult[] results = Make(Events.Plan([Write("turns.txt", times)], [Write("marks.txt", marks)], "s", All, seeds: 1, epochs: 30));
        double baseline = results.Where(static r => r.Training is null).Min(static r => r.Metrics[0].Value);
        RunResult[] trained = [.. results.Where(static r => r.Training is not null)];
        Assert.All(trained, r =>
            Assert.True(r.Metrics[0].Value < baseline - 0.5, $"{r.Key.Model}: {r.Metrics[0].Value} against {baseline}"));
        Assert.All(trained, static r => Assert.Equal(1, r.Density!.Shares.Sum(), 1e-9));
    }

    [Fact]
    public void Many_kinds_of_marks_that_repeat_are_learned_in_few_epochs()
    {
        // Each sequence repeats a few of 2,000 marks; the last part has marks that training never saw.
        var random = new Random(4);
        string[] times = [.. Enumerable.Repeat(string.Join(" ", Enumerable.Range(0, 60).Select(static t => t * t)), 60)];
        string[] marks = [.. times.Select(_ =>
        {
            int[] own = [.. Enumerable.Range(0, 4).Select(_ => random.Next(2000))];
            int mark = own[0];
            return string.Join(" ", Enumerable.Range(0, 60).Select(_ => mark = random.Next(2) == 0 ? mark : own[random.Next(4)]));
        })];
        PlannedRun[] plan =
            [.. Events.Plan(
                [Write("days.txt", times)], [Write("kinds.txt", marks)], "s", [new(MixerKind.Forgetting)], seeds: 1, epochs: 2)];
        RunResult[] results = Make(plan);
        double Accuracy(string model) =>
            results.Single(r => r.Key.Model == model).Metrics.Single(static m => m.Name == "mark accuracy").Value;
        double ours = Accuracy("Forgetting Aaren"), chain = Accuracy("log-normal, Markov chain of marks");
        Assert.InRange(ours, 0.5, 1);
        Assert.True(ours > chain, $"{ours} against {chain}");
    }

    [Fact]
    public void Events_at_one_time_train_and_the_floor_is_shown_and_shared()
    {
        var random = new Random(2);
        string[] lines = [.. Enumerable.Range(0, 30).Select(_ =>
        {
            double time = 1.6e9;
            return string.Join(" ", Enumerable.Range(0, 20).Select(
                i => (time += i % 2 == 0 ? Math.Round(1 + random.NextDouble(), 3) : 0).ToString("F3", CultureInfo.InvariantCulture)));
        })];
        RunResult[] results = Make(Events.Plan([Write("pairs.txt", lines)], [], "s", [new(MixerKind.Aaren)], seeds: 1, epochs: 2));
        Assert.Equal(["Aaren", "homogeneous Poisson", "log-normal"], results.Select(static r => r.Key.Model).Order(StringComparer.Ordinal));
        Assert.All(results, static r => Assert.Matches("equal times count as 0\\.5.* s apart", r.Key.Setting));
        Assert.All(results, static r => Assert.All(r.Metrics, static m => Assert.True(double.IsFinite(m.Value), m.Name)));
    }

    [Fact]
    public void Events_at_even_intervals_train_without_the_baseline_that_does_not_fit()
    {
        string[] lines = [.. Enumerable.Range(0, 5).Select(static i => string.Join(" ", Enumerable.Range(i, 6)))];
        RunResult[] results = Make(Events.Plan([Write("even.txt", lines)], [], "s", [new(MixerKind.MinGru)], seeds: 1, epochs: 1));
        Assert.Equal(["MinGru", "homogeneous Poisson"], results.Select(static r => r.Key.Model).Order(StringComparer.Ordinal));
        Assert.All(results, static r => Assert.All(r.Metrics, static m => Assert.True(double.IsFinite(m.Value), m.Name)));
    }

    [Theory]
    [InlineData("1\n2\n3\n4\n5\n", "no sequence of the training part has two events")]
    [InlineData("1\n2\n3\n4 5\n5 6\n", "no sequence of the training part has two events")]
    [InlineData("1 2\n2 3\n3 4\n4 5\n5\n", "no sequence of the test part has two events")]
    [InlineData("1 2\n2 3\n3 4\n4\n5 6\n", "no sequence of the validation part has two events")]
    [InlineData("1 1\n2 2\n3 3\n4 4\n5 5\n", "all events of a sequence in the training part have the same time")]
    [InlineData("1 2 3\n", "there are 1 sequences")]
    [InlineData("", "the file is empty")]
    public void Too_few_events_are_reported_with_the_file(string text, string expected)
    {
        string path = Write("few.txt", text.Split('\n')[..^1]);
        TableException error = Assert.Throws<TableException>(() => Events.Plan([path], [], "s", [new(MixerKind.Aaren)], 1, 1));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 2 3\n2 3 1e40\n3 4 6\n4 5 7\n5 6 8\n", 2, "time 3, 1E+40, is 1E+40 after time 2")]
    [InlineData("1 2 3\n2 3 4\n3 4 6\n4 5 7\n5 6 1e40\n", 5, "time 3, 1E+40, is 1E+40 after time 2")]
    [InlineData("1 2 3\n2 3 4\n3 4 6\n4 2e15 2000000000000007\n5 6 8\n", 4, "time 2, 2000000000000000, is 2E+15 after time 1")]
    [InlineData("1 2 3\n2 3 4\n3 4 6\n4 -1e308 7\n5 6 8\n", 4, "time 2, '-1e308', lies beyond 1E+100")]
    public void An_interval_beyond_all_others_is_reported_with_its_line(string text, int line, string expected)
    {
        string path = Write("huge.txt", text.Split('\n')[..^1]);
        TableException error = Assert.Throws<TableException>(() => Events.Plan([path], [], "s", [new(MixerKind.Aaren)], 1, 1));
        Assert.StartsWith($"{path}, line {line}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_run_stops_at_once()
    {
        string table = Write("table.csv", ["when,x", .. Enumerable.Range(0, 3000).Select(static t => string.Create(
            CultureInfo.InvariantCulture, $"{new DateTime(2020, 1, 1).AddHours(t):yyyy-MM-dd HH:mm},{t % 24}"))]);
        string cases = Write(
            "cases.ts", ["@classLabel true a b", "@data", "1,2,3:a", "3,2,1:b", "1,2,2:a", "3,3,1:b", "1,3,3:a", "3,1,1:b"]);
        string times = Write("times.txt", [.. Enumerable.Range(0, 5).Select(static i => $"{i} {i + 1} {i + 4} {i + 9}")]);
        PlannedRun[] plan =
        [
            .. Forecasting.Plan(table, [24], [new(MixerKind.MinGru)], 1, 1, hasIntervals: false, stride: null),
            .. Classification.Plan(cases, cases, [new(MixerKind.MinGru)], 1, 1),
            .. Events.Plan([times], [], "s", [new(MixerKind.MinGru)], 1, 1),
        ];
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.All(plan, run => Assert.ThrowsAny<OperationCanceledException>(() => run.Make(new Progress<double>(), stop.Token)));
    }

    [Fact]
    public void Training_stops_between_its_steps_too()
    {
        using var stop = new CancellationTokenSource();
        var data = new SequenceList(1, 1);
        data.Add([1, 2], [1, 2]);
        var stoppable = new StoppableData(data, stop.Token);
        var tokens = new float[2];
        stoppable.ReadTokens(0, tokens);
        Assert.Equal([1, 2], tokens);
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => stoppable.ReadTokens(0, tokens));
    }

    [Fact]
    public void The_season_of_the_baseline_follows_from_the_times_or_the_user()
    {
        string path = Write("quarter-hours.csv", ["when,x", .. Enumerable.Range(0, 3000).Select(static t => string.Create(
            CultureInfo.InvariantCulture,
            $"{new DateTime(2020, 1, 1).AddMinutes(15 * t):yyyy-MM-dd HH:mm},{1e9 + 10 * Math.Sin(2 * Math.PI * t / 96)}"))]);
        IReadOnlyList<PlannedRun> plan = Forecasting.Plan(path, [24], [], 1, 1, hasIntervals: false, stride: null);
        Assert.Equal(["last value", "seasonal naive (96)", "train mean"], plan.Select(static p => p.Key.Model));
        // A sine repeats each season: nothing is lost with the offset but the last bits of 1e9, against a deviation of 7.
        Assert.Equal(0, plan[1].Make(new Progress<double>(), CancellationToken.None).Metrics[0].Value, 1e-12);
        Assert.Equal("seasonal naive (12)",
            Forecasting.Plan(path, [24], [], 1, 1, hasIntervals: false, stride: null, season: 12)[1].Key.Model);
        Assert.Throws<TableException>(() => Forecasting.Plan(path, [24], [], 1, 1, hasIntervals: false, stride: null, time: "then"));
    }

    [Fact]
    public void An_experiment_makes_only_what_is_missing()
    {
        string output = Path.Combine(folder, "out");
        int made = 0;
        PlannedRun[] plan = [.. Enumerable.Range(1, 3)
            .Select(seed => new PlannedRun(new("task", new("data", "digest"), "setting", "model", seed), "", (_, _) =>
        {
            Interlocked.Increment(ref made);
            return new([new("loss", seed)]);
        }))];
        Experiment.Run(plan[..2], output, "test", CancellationToken.None);
        Experiment.Run(plan, output, "test", CancellationToken.None);
        Assert.Equal(3, made);
        Assert.Contains("2.0000 ± 1.0000", File.ReadAllText(Path.Combine(output, "report.md")), StringComparison.Ordinal);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => Experiment.Run([plan[0] with { Options = "new" }], output, "test", cancelled.Token));
    }

    private RunResult[] Make(IReadOnlyList<PlannedRun> plan)
    {
        string output = Path.Combine(folder, "out");
        Experiment.Run(plan, output, "test", CancellationToken.None);
        return new RunStore(output).For([]);
    }

    private string Write(string name, IEnumerable<string> lines)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }
}
