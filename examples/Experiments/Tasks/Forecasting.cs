using System.Globalization;
using AarenGen;

namespace Experiments;

/// <summary>
/// Forecasts of all columns of a series over a horizon. The models stream each column separately, in long patches that overlap and are
/// normalised by their own mean and standard deviation. At the end of each patch they forecast the whole horizon.
/// </summary>
internal static class Forecasting
{
    /// <summary>The task's name.</summary>
    public const string Task = "forecasting";

    /// <summary>Rows of a patch, unless the user chooses.</summary>
    public const int DefaultPatch = 512;

    /// <summary>The rows that a forecast looks back on, at most.</summary>
    public const int MaxLookback = DefaultPatch + 3 * PatchStride;

    private const int PatchStride = 24, TrainingStride = 2;

    /// <summary>Levels of the quantiles that the probabilistic form predicts; the middle one is its point forecast.</summary>
    private static readonly double[] Levels = [0.1, 0.5, 0.9];

    /// <summary>
    /// Sizes that suit small series. A patch as long as the useful history lets the residual carry a linear forecast, which is hard
    /// to beat on them. Short patches leave it to the mixer to remember.
    /// </summary>
    private static Blocks BlocksFor(int patch) => patch > MaxLookback / 2 ? new(32, 64, 4, 1, 0.7) : new(64, 128, 4, 2, 0.2);

    /// <summary>The rows that a forecast looks back on: as many whole patches as fit, so that one ends with the last row.</summary>
    private static int LookbackOf(int patch) => patch + (MaxLookback - patch) / PatchStride * PatchStride;

    /// <summary>The recipe, chosen on the validation parts of ETTh1, and of ETTm1 for short patches.</summary>
    private static Recipe RecipeFor(int patch, int epochs) => new(epochs, 8, patch > MaxLookback / 2 ? 2e-4 : 1e-3, 0.01, 5);

    /// <summary>The runs of a file, for every horizon, mixer and seed, and the baselines.</summary>
    /// <param name="path">A table, optionally compressed with gzip.</param>
    /// <param name="horizons">Rows to forecast, each at least 1.</param>
    /// <param name="mixers">The mixers to compare.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    /// <param name="epochs">Maximum number of epochs.</param>
    /// <param name="hasIntervals">Whether quantiles are predicted, rather than means.</param>
    /// <param name="stride">Rows from one training window to the next.</param>
    /// <param name="season">Rows in a season; null: from the times or the series.</param>
    /// <param name="time">The time column's name, or none; null: it is recognised.</param>
    /// <param name="patch">Rows of a patch, at most <see cref="MaxLookback"/>.</param>
    /// <exception cref="TableException">The file is missing, bad or too short.</exception>
    /// <exception cref="ArgumentException">The season is longer than the training rows.</exception>
    public static IReadOnlyList<PlannedRun> Plan(
        string path, IReadOnlyList<int> horizons, IReadOnlyList<Mixer> mixers, int seeds, int epochs, bool hasIntervals, int? stride,
        int? season = null, string? time = null, int patch = DefaultPatch)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(patch, MaxLookback);
        int lookback = LookbackOf(patch);
        SeriesTable table = TableReader.Read(path, time);
        ForecastingSplit split = ForecastingSplit.Create(path, table.Rows);
        float[] values = table.Scale(split.Train.Count, split.Test.End).Values;
        var chosen = Season.Choose(season, table, split.Train.Count);
        string seasonFound = string.Create(CultureInfo.InvariantCulture, $"season: {chosen.Rows} rows ({chosen.Source})");
        foreach (string line in table.Report.Append(seasonFound))
        {
            // Not through the console's layout, which would break lines at 80 columns.
            Console.WriteLine(line);
        }
        // Without the format's ending, but with other dots: load.2019.csv and load.2020.csv differ.
        string file = Path.GetFileName(path), stem = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        var name = DataIdentity.OfFiles(Path.GetFileNameWithoutExtension(stem), path);
        int columns = table.Columns.Length, trainingStride = stride ?? TrainingStride * Math.Max(1, table.Rows / 20_000);
        // The effect of a file's name and the options on its content: equal content that is read in another way is another experiment.
        string shared = string.Create(
            CultureInfo.InvariantCulture,
            $"training rows {split.Train}, validation rows {split.Validation}, test rows {split.Test}, season {chosen.Rows}, time "
                + $"column {time ?? "recognised"}");
        var runs = new List<PlannedRun>();
        foreach (int horizon in horizons)
        {
            RowRange test = Windows(path, split.Test, lookback, horizon);
            var train = new ForecastWindows(
                values, columns, Windows(path, split.Train, lookback, horizon), trainingStride, lookback, horizon, lastOnly: false);
            var validation = new ForecastWindows(
                values, columns, Windows(path, split.Validation, lookback, horizon), trainingStride, lookback, horizon, lastOnly: true);
            string patches = patch == DefaultPatch ? "" : string.Create(CultureInfo.InvariantCulture, $", patches of {patch}");
            string setting = string.Create(
                CultureInfo.InvariantCulture, $"horizon {horizon}{(hasIntervals ? ", quantiles" : "")}{patches}");
            foreach (IForecastBaseline baseline in (IForecastBaseline[])[
                new LastValue(), new SeasonalNaive(chosen.Rows), new TrainMean(values.AsSpan(0, split.Train.End * columns), columns)])
            {
                runs.Add(new(new(Task, name, setting, baseline.Name, 0), shared, (_, cancellation) =>
                {
                    ForecastError error = ForecastEvaluation.Run(baseline, values, columns, test, horizon, cancellation);
                    return new([new("MSE", error.MeanSquared), new("MAE", error.MeanAbsolute)]);
                }));
            }
            foreach (Mixer mixer in mixers)
            {
                string declaration = Declare(columns, horizon, mixer, hasIntervals, patch);
                Recipe recipe = RecipeFor(patch, epochs);
                for (int seed = 1; seed <= seeds; seed++)
                {
                    int one = seed;
                    string options = string.Create(CultureInfo.InvariantCulture,
                        $"{declaration}\n{recipe}\nwindows of {lookback} rows every {trainingStride}; {shared}");
                    runs.Add(new(new(Task, name, setting, mixer.ToString(), seed), options, (progress, cancellation) => ModelRun.Make(
                        declaration, train, validation, recipe, one,
                        new Score(values, table.Names, test, lookback, horizon, hasIntervals), progress, cancellation)));
                }
            }
        }
        return runs;
    }

    private static RowRange Windows(string path, RowRange part, int lookback, int horizon)
    {
        try
        {
            return ForecastingSplit.Windows(part, lookback, horizon);
        }
        catch (ArgumentException exception)
        {
            throw new TableException(path, null, null, exception.Message, exception);
        }
    }

    private static string Declare(int columns, int horizon, Mixer mixer, bool hasIntervals, int patch)
    {
        Blocks blocks = BlocksFor(patch);
        int outputs = hasIntervals ? checked(horizon * Levels.Length) : horizon;
        string loss = hasIntervals ? $"Quantiles({string.Join(", ", Levels.Select(static l => l.ToString(CultureInfo.InvariantCulture)))})"
            : "MeanSquaredError";
        return string.Create(CultureInfo.InvariantCulture, $"""
            [SequenceModel]
            [Continuous({columns})]
            [ChannelIndependent]
            [InstanceNorm(Window = {DefaultPatch})]
            [Patch({patch}, {PatchStride})]
            [Dense({blocks.Width})]
            {mixer.Attribute(blocks, (MaxLookback - patch) / PatchStride + 1)}
            [Dense({outputs})]
            [{loss}]
            """);
    }

    /// <summary>Every test window, streamed from a fresh state; the forecast is the output at its last row.</summary>
    private sealed class Score(float[] values, string[] names, RowRange windows, int lookback, int horizon, bool hasIntervals) : IScore
    {
        public RunOutcome Of<TModel>(TModel model, CancellationToken cancellation)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            int columns = names.Length, width = SequenceModel<TModel>.Description.OutputWidth, perColumn = width / columns;
            int median = hasIntervals ? Levels.Length / 2 * horizon : 0, shown = windows.Start + windows.Count / 2;
            StreamState<TModel> state = model.CreateState();
            var outputs = new float[lookback * width];
            var truth = new float[horizon];
            var error = new ForecastError();
            var coverage = new IntervalCoverage();
            ForecastFigure? figure = null;
            for (int row = windows.Start; row < windows.End; row++)
            {
                cancellation.ThrowIfCancellationRequested();
                state.Reset();
                model.Forward(state, values.AsSpan((row - lookback) * columns, lookback * columns), outputs);
                ReadOnlySpan<float> last = outputs.AsSpan((lookback - 1) * width);
                for (int column = 0; column < columns; column++)
                {
                    for (int step = 0; step < horizon; step++)
                    {
                        truth[step] = values[(row + step) * columns + column];
                    }
                    ReadOnlySpan<float> output = last.Slice(column * perColumn, perColumn);
                    error.Add(output.Slice(median, horizon), truth);
                    for (int step = 0; step < horizon && hasIntervals; step++)
                    {
                        float low = output[step], high = output[(Levels.Length - 1) * horizon + step];
                        coverage.Add(Math.Min(low, high), Math.Max(low, high), truth[step]);
                    }
                    if (row == shown && column == columns - 1)
                    {
                        figure = new(
                            $"{names[column]}, from row {row}",
                            [.. Enumerable.Range(row - DefaultPatch / 4, DefaultPatch / 4).Select(r => values[r * columns + columns - 1])],
                            [.. truth],
                            output.Slice(median, horizon).ToArray(), hasIntervals ? output[..horizon].ToArray() : [],
                            hasIntervals ? output[((Levels.Length - 1) * horizon)..].ToArray() : []);
                    }
                }
            }
            List<Metric> metrics = [new("MSE", error.MeanSquared), new("MAE", error.MeanAbsolute)];
            if (hasIntervals)
            {
                metrics.Add(new("coverage of 80 %", coverage.Coverage, HigherIsBetter: true));
            }
            return new(metrics, Forecast: figure);
        }
    }
}
