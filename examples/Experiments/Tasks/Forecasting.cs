using System.Globalization;
using AarenGen;

namespace Experiments;

/// <summary>What the tokens of a forecasting model are.</summary>
internal enum ForecastingForm
{
    /// <summary>Patches of one column; the model streams, and each forecasts the whole horizon.</summary>
    Patches,

    /// <summary>Rows of all columns, then one empty row for each that is forecast; see <see cref="RowWindows"/>.</summary>
    Rows,
}

/// <summary>How forecasting models are built and trained.</summary>
/// <param name="Blocks">Sizes.</param>
/// <param name="Training">Training.</param>
/// <param name="Form">What a token is.</param>
/// <param name="Lookback">Rows that a forecast looks back on.</param>
/// <param name="Patch">Rows of a patch.</param>
internal sealed record ForecastingRecipe(Blocks Blocks, Recipe Training, ForecastingForm Form, int Lookback, int Patch)
{
    /// <summary>Rows whose mean and standard deviation normalise a patch.</summary>
    public int NormalizedRows { get; init; }

    /// <summary>Fraction of the numbers in front of the mixers that is dropped in training.</summary>
    public double Dropout { get; init; }

    /// <summary>The loss of forecasts without intervals.</summary>
    public string Loss { get; init; } = "MeanSquaredError";
}

/// <summary>
/// Forecasts of all columns of a series over a horizon. The models stream each column separately, in long patches that overlap and are
/// normalised by the mean and standard deviation of recent rows. At the end of each patch they forecast the whole horizon.
/// </summary>
internal static class Forecasting
{
    /// <summary>The task's name.</summary>
    public const string Task = "forecasting";

    /// <summary>Rows of a patch, unless the user chooses.</summary>
    public const int DefaultPatch = 512;

    /// <summary>The rows that a forecast looks back on, at most.</summary>
    public const int MaxLookback = DefaultPatch + 3 * PatchStride;

    /// <summary>Rows from one patch to the next.</summary>
    public const int PatchStride = 24;

    /// <summary>Rows from one training window to the next, unless the user chooses.</summary>
    public const int TrainingStride = 2;

    /// <summary>Levels of the quantiles that the probabilistic form predicts; the middle one is its point forecast.</summary>
    private static readonly double[] Levels = [0.1, 0.5, 0.9];

    /// <summary>
    /// Sizes that suit small series. A patch as long as the useful history lets the residual carry a linear forecast, which is hard
    /// to beat on them. Short patches leave the history to the mixer. Training was chosen on the validation parts of ETTh1, ETTm1
    /// and exchange rates, and on that of ETTm1 for short patches.
    /// </summary>
    /// <param name="patch">Rows of a patch, at most <see cref="MaxLookback"/>.</param>
    /// <param name="epochs">Maximum number of epochs; null: a suitable number.</param>
    public static ForecastingRecipe Recipe(int patch, int? epochs)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(patch, MaxLookback);
        // As many whole patches as fit, so that one ends with the last row.
        int lookback = patch + (MaxLookback - patch) / PatchStride * PatchStride;
        return patch > MaxLookback / 2
            ? new(new(32, 64, 4, 1, 0.7), new(epochs ?? 4, 8, 1e-3, 0.01, 5), ForecastingForm.Patches, lookback, patch)
            {
                NormalizedRows = 336, Dropout = 0.2, Loss = "Huber",
            }
            : new(new(64, 128, 4, 2, 0.2), new(epochs ?? 12, 8, 1e-3, 0.01, 5), ForecastingForm.Patches, lookback, patch)
            {
                NormalizedRows = DefaultPatch,
            };
    }

    /// <summary>The runs of a file, for every horizon, mixer and seed, and the baselines.</summary>
    /// <param name="path">A table, optionally compressed with gzip.</param>
    /// <param name="horizons">Rows to forecast, each at least 1.</param>
    /// <param name="mixers">The mixers to compare.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    /// <param name="epochs">Maximum number of epochs; null: a suitable number.</param>
    /// <param name="hasIntervals">Whether quantiles are predicted, rather than means.</param>
    /// <param name="stride">Rows from one training window to the next.</param>
    /// <param name="season">Rows in a season; null: from the times or the series.</param>
    /// <param name="time">The time column's name, or none; null: it is recognised.</param>
    /// <param name="patch">Rows of a patch, at most <see cref="MaxLookback"/>.</param>
    /// <exception cref="TableException">The file is missing, bad or too short.</exception>
    /// <exception cref="ArgumentException">The season is longer than the training rows.</exception>
    public static IReadOnlyList<PlannedRun> Plan(
        string path, IReadOnlyList<int> horizons, IReadOnlyList<Mixer> mixers, int seeds, int? epochs, bool hasIntervals, int? stride,
        int? season = null, string? time = null, int patch = DefaultPatch) => Plan(
            path, horizons, Contender<ForecastingRecipe>.Of(mixers, Recipe(patch, epochs)), seeds, hasIntervals, stride,
            patch == DefaultPatch ? "" : string.Create(CultureInfo.InvariantCulture, $", patches of {patch}"), Console.WriteLine, season,
            time);

    /// <summary>The runs of a file, for every horizon, model and seed, and the baselines.</summary>
    /// <param name="path">A table, optionally compressed with gzip.</param>
    /// <param name="horizons">Rows to forecast, each at least 1.</param>
    /// <param name="contenders">The models to compare.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    /// <param name="hasIntervals">Whether quantiles are predicted, rather than means.</param>
    /// <param name="stride">Rows from one training window to the next; null: as the recipe has it.</param>
    /// <param name="note">The end of the settings' names.</param>
    /// <param name="tell">Receives what was recognised in the table, not through the console's layout, which would break lines.</param>
    /// <param name="season">Rows in a season; null: from the times or the series.</param>
    /// <param name="time">The time column's name, or none; null: it is recognised.</param>
    /// <exception cref="TableException">The file is missing, bad or too short.</exception>
    /// <exception cref="ArgumentException">The season is longer than the training rows.</exception>
    public static IReadOnlyList<PlannedRun> Plan(
        string path, IReadOnlyList<int> horizons, IReadOnlyList<Contender<ForecastingRecipe>> contenders, int seeds, bool hasIntervals,
        int? stride, string note, Action<string> tell, int? season = null, string? time = null)
    {
        SeriesTable table = SeriesTable.Read(path, new() { TimeColumn = time });
        ForecastingSplit split = ForecastingSplit.Create(path, table.Rows);
        float[] values = table.Scale(split.Train.Count, split.Test.End).Values;
        Season chosen = SeasonOption.Choose(season, table, split.Train.Count);
        string seasonFound = string.Create(CultureInfo.InvariantCulture, $"season: {chosen.Rows} rows ({chosen.Source})");
        foreach (string line in table.Report.Append(seasonFound))
        {
            tell(line);
        }
        // Without the format's ending, but with other dots: load.2019.csv and load.2020.csv differ.
        string file = Path.GetFileName(path), stem = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        var name = DataIdentity.OfFiles(Path.GetFileNameWithoutExtension(stem), path);
        int columns = table.Columns.Length;
        // The effect of a file's name and the options on its content: equal content that is read in another way is another experiment.
        string shared = string.Create(
            CultureInfo.InvariantCulture,
            $"training rows {split.Train}, validation rows {split.Validation}, test rows {split.Test}, season {chosen.Rows}, time "
                + $"column {time ?? "recognised"}");
        var runs = new List<PlannedRun>();
        foreach (int horizon in horizons)
        {
            int lookback = contenders.Select(static c => c.Recipe.Lookback).DefaultIfEmpty(MaxLookback).Max();
            RowRange test = Windows(path, split.Test, lookback, horizon);
            string setting = string.Create(CultureInfo.InvariantCulture, $"horizon {horizon}{(hasIntervals ? ", quantiles" : "")}{note}");
            foreach (IForecastBaseline baseline in (IForecastBaseline[])[
                new LastValue(), new SeasonalNaive(chosen.Rows), new TrainMean(values.AsSpan(0, split.Train.End * columns), columns)])
            {
                runs.Add(new(new(Task, name, setting, baseline.Name, 0), shared, (_, cancellation) =>
                {
                    PointError error = ForecastEvaluation.Run(baseline, values, columns, test, horizon, cancellation);
                    return new([new("MSE", error.MeanSquared), new("MAE", error.MeanAbsolute)]);
                }));
            }
            foreach (Contender<ForecastingRecipe> contender in contenders)
            {
                ForecastingRecipe recipe = contender.Recipe;
                if (hasIntervals && recipe.Form == ForecastingForm.Rows)
                {
                    throw new ArgumentException("Quantiles are predicted only from patches.", nameof(hasIntervals));
                }
                string declaration = Declare(columns, horizon, contender, hasIntervals);
                int trainingStride = stride
                    ?? (recipe.Form == ForecastingForm.Rows ? 1 : TrainingStride * Math.Max(1, table.Rows / 20_000));
                RowRange trainRows = Windows(path, split.Train, recipe.Lookback, horizon),
                    validationRows = Windows(path, split.Validation, recipe.Lookback, horizon);
                SequenceData train = recipe.Form == ForecastingForm.Rows
                        ? new RowWindows(values, columns, trainRows, trainingStride, recipe.Lookback, horizon)
                        : new ForecastWindows(values, columns, trainRows, trainingStride, recipe.Lookback, horizon, lastOnly: false),
                    validation = recipe.Form == ForecastingForm.Rows
                        ? new RowWindows(values, columns, validationRows, trainingStride, recipe.Lookback, horizon)
                        : new ForecastWindows(values, columns, validationRows, trainingStride, recipe.Lookback, horizon, lastOnly: true);
                for (int seed = 1; seed <= seeds; seed++)
                {
                    int one = seed;
                    string options = string.Create(CultureInfo.InvariantCulture,
                        $"{declaration}\n{recipe.Training}\nwindows of {recipe.Lookback} rows every {trainingStride}; {shared}");
                    IScore score = recipe.Form == ForecastingForm.Rows ? new RowScore(values, columns, test, recipe.Lookback, horizon)
                        : new Score(values, table.Names, test, recipe.Lookback, horizon, hasIntervals);
                    runs.Add(new(new(Task, name, setting, contender.Name, seed), options, (progress, cancellation) => ModelRun.Make(
                        declaration, train, validation, recipe.Training, one, score, progress, cancellation)));
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

    private static string Declare(int columns, int horizon, Contender<ForecastingRecipe> contender, bool hasIntervals)
    {
        ForecastingRecipe recipe = contender.Recipe;
        Blocks blocks = recipe.Blocks;
        if (recipe.Form == ForecastingForm.Rows)
        {
            return string.Create(CultureInfo.InvariantCulture, $"""
                [SequenceModel]
                [Continuous({columns})]
                [Dense({blocks.Width})]
                [Positions(PositionKind.Sinusoidal)]
                {contender.Mixer.Attribute(blocks, recipe.Lookback + horizon)}
                [LayerNorm]
                [Dense({columns})]
                [MeanSquaredError]
                """);
        }
        int outputs = hasIntervals ? checked(horizon * Levels.Length) : horizon;
        string loss = hasIntervals ? $"Quantiles({string.Join(", ", Levels.Select(static l => l.ToString(CultureInfo.InvariantCulture)))})"
            : recipe.Loss;
        string dropout = recipe.Dropout > 0 ? string.Create(CultureInfo.InvariantCulture, $"[Dropout({recipe.Dropout})]\n") : "";
        return string.Create(CultureInfo.InvariantCulture, $"""
            [SequenceModel]
            [Continuous({columns})]
            [ChannelIndependent]
            [InstanceNorm(Window = {recipe.NormalizedRows})]
            [Patch({recipe.Patch}, {PatchStride})]
            [Dense({blocks.Width})]
            {dropout}{contender.Mixer.Attribute(blocks, (MaxLookback - recipe.Patch) / PatchStride + 1)}
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
            var error = new PointError();
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
