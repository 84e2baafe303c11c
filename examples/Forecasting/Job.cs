using System.Diagnostics;
using AarenGen;
using Spectre.Console;

namespace Forecasting;

/// <summary>The main job: read, train, compare, save, load, stream, draw.</summary>
internal sealed class Job(string path, int horizon, int epochs, int seed, int? season, int[]? split, string output)
{
    private const int WindowLength = 96;

    /// <summary>In which the runtime recompiles what runs often.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    public int Run(CancellationToken cancellation)
    {
        CsvTable table = CsvTable.Read(path);
        (int trainRows, int validationRows, int testRows) = Split(table.Rows);
        int used = trainRows + validationRows + testRows;
        float[][] series = [.. table.Columns.Select(c => c.AsSpan(0, used).ToArray())];
        StandardScaler[] scalers = [.. series.Select(s => StandardScaler.Fit(s.AsSpan(0, trainRows), 1))];
        for (int c = 0; c < series.Length; c++)
        {
            scalers[c].Transform(series[c]);
        }
        int period = season ?? SeriesFeatures.DetectSeason(series[0].AsSpan(0, trainRows));
        if (period < 1 || period > trainRows)
        {
            throw new UserException($"--season is {period}, but must be from 1 to the {trainRows} rows of training.");
        }
        AnsiConsole.MarkupLineInterpolated($"[bold]{Path.GetFileName(path)}[/]: {series.Length} column(s), {trainRows} / {validationRows} / {testRows} rows to train / validate / test, season {period}, horizon {horizon}");
        // Not through the console's layout: it would wrap the table's lines.
        Console.WriteLine(Forecaster.Description.Card + "\n");

        Forecaster model = Forecaster.Create(seed);
        TrainingReport report = Train(
            model, Windows(series, period, 0, trainRows), Windows(series, period, trainRows, trainRows + validationRows), cancellation);
        AnsiConsole.MarkupLineInterpolated(
            $"trained {report.Epochs.Count} epochs in {report.Duration.TotalSeconds:F1} s, {report.TokensPerSecond:N0} tokens/s; best: epoch {report.BestEpoch}, validation loss {report.Epochs[report.BestEpoch - 1].ValidationLoss:G4}");

        Directory.CreateDirectory(output);
        string weights = Path.Combine(output, "forecaster.safetensors");
        model.Save(weights);
        Forecaster loaded = Forecaster.Load(weights);

        Score[] scores = [new("Aaren"), new("last value"), new("seasonal naive")];
        var forecast = new float[horizon];
        for (int c = series.Length - 1; c >= 0; c--)
        {
            cancellation.ThrowIfCancellationRequested();
            Evaluation.Run(loaded, series[c], period, trainRows + validationRows, horizon, scores, forecast);
        }
        Print(scores);
        double difference = CompareStreamWithWhole(loaded, series[0], period, trainRows + validationRows);
        Measure(loaded, series[0], period);

        scalers[0].Inverse(forecast);
        string picture = Path.Combine(output, "forecast.png"), losses = Path.Combine(output, "loss.png");
        Charts.Forecast(picture, table.Names[0], table.Columns[0].AsSpan(0, used), forecast, period);
        Charts.Losses(losses, report.Epochs);
        AnsiConsole.MarkupLineInterpolated($"wrote {weights}, {picture}, {losses}");
        if (difference > 1e-5)
        {
            AnsiConsole.MarkupLine("[red]error:[/] streamed and whole-sequence outputs differ");
            return 1;
        }
        return 0;
    }

    private (int Train, int Validation, int Test) Split(int rows)
    {
        (int train, int validation, int test) = split is { Length: 3 }
            ? (split[0], split[1], split[2]) : (rows * 7 / 10, rows / 10, rows - rows * 7 / 10 - rows / 10);
        if (train + (long)validation + test > rows || train < 1 || validation < 1 || test < 1)
        {
            throw new UserException($"--split takes {train} + {validation} + {test} rows, but {path} has {rows}.");
        }
        int least = Forecaster.OutputWidth + 8;
        if (train < 3 * least || validation < least || test <= horizon)
        {
            throw new UserException($"{path}: {train} / {validation} / {test} rows are too few; at least {3 * least} / {least} / {horizon + 1} are needed for horizon {horizon}.");
        }
        return (train, validation, test);
    }

    /// <summary>Windows whose targets lie between two rows; the tokens' features may look back before them.</summary>
    private static SequenceList Windows(float[][] series, int season, int first, int end)
    {
        var windows = new SequenceList(Forecaster.InputWidth, Forecaster.OutputWidth);
        foreach (float[] column in series)
        {
            float[] tokens = SeriesFeatures.Tokens(column.AsSpan(0, end), season);
            (float[] targets, float[] weights) = SeriesFeatures.Targets(column.AsSpan(0, end), Forecaster.OutputWidth);
            int length = Math.Min(WindowLength, end - first), stride = Math.Max(1, Math.Min(length / 4, (end - first) / 256));
            for (int start = first; start + length <= end; start += stride)
            {
                windows.Add(
                    tokens.AsSpan(start * Forecaster.InputWidth, length * Forecaster.InputWidth).ToArray(),
                    targets.AsSpan(start * Forecaster.OutputWidth, length * Forecaster.OutputWidth).ToArray(),
                    weights.AsSpan(start, length).ToArray());
            }
        }
        return windows;
    }

    private TrainingReport Train(Forecaster model, SequenceList train, SequenceList validation, CancellationToken cancellation)
    {
        var options = new TrainingOptions { Epochs = epochs, BatchSize = 16, LearningRate = 2e-3, WeightDecay = 0.05, Patience = 10, Seed = seed };
        TrainingReport? report = null;
        AnsiConsole.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(context =>
        {
            ProgressTask task = context.AddTask("training", maxValue: 1);
            report = model.Fit(train, validation, options, new Listener(task), cancellation);
            task.Value = 1;
        });
        return report!;
    }

    private static void Print(Score[] scores)
    {
        Table table = new Table().AddColumns("method", "MSE", "MAE").Title("test part, scaled values");
        foreach (Score score in scores)
        {
            table.AddRow(score.Method, score.MeanSquaredError.ToString("F4", null), score.MeanAbsoluteError.ToString("F4", null));
        }
        AnsiConsole.Write(table);
    }

    /// <summary>Streams the test part token by token, and in one call; returns the largest difference, relative to the largest output.</summary>
    private static double CompareStreamWithWhole(Forecaster model, float[] series, int season, int testStart)
    {
        float[] tokens = SeriesFeatures.Tokens(series, season)[(testStart * Forecaster.InputWidth)..];
        int count = tokens.Length / Forecaster.InputWidth;
        float[] whole = new float[count * Forecaster.OutputWidth], streamed = new float[count * Forecaster.OutputWidth];
        model.Forward(model.CreateState(), tokens, whole);
        StreamState<Forecaster> state = model.CreateState();
        for (int t = 0; t < count; t++)
        {
            model.Step(state, tokens.AsSpan(t * Forecaster.InputWidth, Forecaster.InputWidth), streamed.AsSpan(t * Forecaster.OutputWidth, Forecaster.OutputWidth));
        }
        double difference = whole.Zip(streamed, static (a, b) => Math.Abs((double)a - b)).Max() / whole.Max(static v => Math.Abs((double)v));
        AnsiConsole.MarkupLineInterpolated($"streamed token by token against the whole sequence: largest relative difference {difference:G3} over {count} tokens");
        return difference;
    }

    /// <summary>Time and garbage of a token: the median of many rounds, after the compiler is warm.</summary>
    private static void Measure(Forecaster model, float[] series, int season)
    {
        float[] tokens = SeriesFeatures.Tokens(series, season);
        int count = tokens.Length / Forecaster.InputWidth;
        StreamState<Forecaster> state = model.CreateState();
        var output = new float[Forecaster.OutputWidth];
        var times = new double[41];
        long allocated = 0;
        long begin = Stopwatch.GetTimestamp();
        for (int round = 0; round < times.Length; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            for (int t = 0; t < count; t++)
            {
                model.Step(state, tokens.AsSpan(t * Forecaster.InputWidth, Forecaster.InputWidth), output);
            }
            times[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / count;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (Stopwatch.GetElapsedTime(begin) < WarmUp)
            {
                round = -1;
            }
        }
        Array.Sort(times);
        AnsiConsole.MarkupLineInterpolated($"streaming: {times[times.Length / 2]:F2} microseconds and {allocated / (double)count:F0} bytes allocated a token; {Forecaster.StateBytes:N0} bytes of state");
    }

    private sealed class Listener(ProgressTask task) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            task.Value = (double)value.Step / value.Steps;
            task.Description = $"epoch {value.Epoch}/{value.Epochs}, loss {value.TrainingLoss:G4}, validation {value.ValidationLoss:G4}";
        }
    }
}
