using System.Diagnostics;
using AarenGen;
using Spectre.Console;

namespace Forecasting;

/// <summary>The main job: read, train, compare, save, load, stream, draw.</summary>
internal sealed class Job(string path, string? time, int horizon, int epochs, int seed, int? season, int[]? split, string output)
{
    private const int WindowLength = 96;

    /// <summary>Time in which the runtime recompiles hot methods.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    public int Run(CancellationToken cancellation)
    {
        OutputFolder.Prepare(output);
        SeriesTable table = CommandLine.Abandonable(() => SeriesTable.Read(path, new() { TimeColumn = time }), cancellation);
        (int trainRows, int validationRows, int testRows) = Split(table.Rows);
        int used = trainRows + validationRows + testRows;
        (float[] values, StandardScaler scaler) = table.Scale(trainRows, used);
        int columns = table.Columns.Length;
        float[][] series = [.. Enumerable.Range(0, columns)
            .Select(c => Enumerable.Range(0, used).Select(row => values[row * columns + c]).ToArray())];
        Season chosen = SeasonOption.Choose(season, table, trainRows);
        int period = chosen.Rows;
        // Not through the console's layout: it would wrap these lines.
        foreach (string line in table.Report)
        {
            Console.WriteLine(line);
        }
        Console.WriteLine($"{trainRows} / {validationRows} / {testRows} rows to train / validate / test, horizon {horizon}, season "
            + $"{period} ({chosen.Source})");
        Console.WriteLine(Forecaster.Description.Card + "\n");

        Forecaster model = Forecaster.Create(seed);
        TrainingReport report = Train(
            model, Windows(series, period, 0, trainRows), Windows(series, period, trainRows, trainRows + validationRows), cancellation);
        string speed = $"{report.Epochs.Count} epochs in {report.Duration.TotalSeconds:F1} s, {report.TokensPerSecond:N0} tokens/s";
        double? loss = report.Epochs[report.BestEpoch - 1].ValidationLoss;
        AnsiConsole.MarkupLineInterpolated($"trained {speed}; best: epoch {report.BestEpoch}, validation loss {loss:G4}");

        string weights = Path.Combine(output, "forecaster.safetensors");
        model.Save(weights);
        Forecaster loaded = Forecaster.Load(weights);

        PointError[] errors = [new(), new(), new()];
        var forecast = new float[horizon];
        for (int c = series.Length - 1; c >= 0; c--)
        {
            Evaluation.Run(loaded, series[c], period, trainRows + validationRows, horizon, errors, forecast, cancellation);
        }
        Print(["Aaren", "last value", $"seasonal naive ({period})"], errors);
        double difference = CompareStreamWithWhole(loaded, series[0], period, trainRows + validationRows, cancellation);
        Measure(loaded, series[0], period, cancellation);

        // The loop ended with the first column.
        double[] shown = [.. forecast.Select(v => v * scaler.StandardDeviations[0] + scaler.Means[0])];
        string picture = Path.Combine(output, "forecast.png"), losses = Path.Combine(output, "loss.png");
        Charts.Forecast(picture, table.Names[0], table.Columns[0].AsSpan(0, used), shown, period);
        Charts.Losses(losses, report.Epochs);
        AnsiConsole.MarkupLineInterpolated($"wrote {weights}, {picture}, {losses}");
        if (Plots.MissingFonts is { } notice)
        {
            Console.WriteLine(notice);
        }
        if (difference > 1e-5)
        {
            AnsiConsole.MarkupLine("[red]error:[/] streamed and whole-sequence outputs differ");
            return 1;
        }
        return 0;
    }

    private (int Train, int Validation, int Test) Split(int rows)
    {
        int tenth = rows / 10, most = (int)(rows * 7L / 10);
        (int train, int validation, int test) = split is [var first, var second, var third] ? (first, second, third)
            : (most, tenth, rows - most - tenth);
        if (train < 1 || validation < 1 || test < 1 || train + (long)validation + test > rows)
        {
            throw split is { Length: 3 }
                ? new UserException($"--split: {train}, {validation} and {test} rows are not three parts of the {rows} rows of {path}; "
                    + "give numbers from 1 with no larger sum.")
                : new TableException(path, null, null, $"{rows} rows are too few to train, validate and test; use a longer file.");
        }
        int min = Forecaster.OutputWidth + 8;
        return train >= 3 * min && validation >= min && test > horizon
            ? (train, validation, test)
            : throw new TableException(
                path, null, null, $"{train} / {validation} / {test} rows to train / validate / test are too few; at least {3 * min} / "
                + $"{min} / {horizon + 1L} are needed for horizon {horizon}: use a longer file, a shorter horizon or --split.");
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
        var options = new TrainingOptions
        {
            Epochs = epochs, BatchSize = 16, LearningRate = 2e-3, WeightDecay = 0.05, Patience = 10, Seed = seed,
        };
        TrainingReport? report = null;
        AnsiConsole.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(),
            new PercentageColumn(), new RemainingTimeColumn()).Start(context =>
        {
            ProgressTask task = context.AddTask("training", maxValue: 1);
            report = model.Fit(new StoppableData(train, cancellation), new StoppableData(validation, cancellation), options,
                new Listener(task), cancellation);
            task.Value = 1;
        });
        return report!;
    }

    private static void Print(string[] methods, PointError[] errors)
    {
        Table table = new Table().AddColumns("method", "MSE", "MAE").Title("test part, scaled values");
        foreach ((string method, PointError error) in methods.Zip(errors))
        {
            table.AddRow(method, error.MeanSquared.ToString("F4", null), error.MeanAbsolute.ToString("F4", null));
        }
        AnsiConsole.Write(table);
    }

    /// <summary>
    /// Streams the test part token by token, and in one call; returns the largest difference, relative to the largest output.
    /// </summary>
    private static double CompareStreamWithWhole(
        Forecaster model, float[] series, int season, int testStart, CancellationToken cancellation)
    {
        float[] tokens = SeriesFeatures.Tokens(series, season)[(testStart * Forecaster.InputWidth)..];
        int count = tokens.Length / Forecaster.InputWidth;
        float[] whole = new float[count * Forecaster.OutputWidth], streamed = new float[count * Forecaster.OutputWidth];
        model.Forward(model.CreateState(), tokens, whole);
        StreamState<Forecaster> state = model.CreateState();
        for (int t = 0; t < count; t++)
        {
            cancellation.ThrowIfCancellationRequested();
            model.Step(state, tokens.AsSpan(t * Forecaster.InputWidth, Forecaster.InputWidth),
                streamed.AsSpan(t * Forecaster.OutputWidth, Forecaster.OutputWidth));
        }
        double difference = whole.Zip(streamed, static (a, b) => Math.Abs((double)a - b)).Max()
            / whole.Max(static v => Math.Abs((double)v));
        AnsiConsole.MarkupLineInterpolated(
            $"streamed token by token against the whole sequence: largest relative difference {difference:G3} over {count} tokens");
        return difference;
    }

    /// <summary>Time and allocated bytes per token: medians of many rounds after warm-up.</summary>
    private static void Measure(Forecaster model, float[] series, int season, CancellationToken cancellation)
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
            cancellation.ThrowIfCancellationRequested();
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
        double microseconds = times[times.Length / 2], bytes = allocated / (double)count;
        AnsiConsole.MarkupLineInterpolated(
            $"streaming: {microseconds:F2} microseconds and {bytes:F0} bytes allocated per token; state: {Forecaster.StateBytes:N0} bytes");
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
