using System.Globalization;
using AarenGen;

namespace Experiments;

/// <summary>A value of a column of a wide table of hourly rows.</summary>
internal sealed record Measurement
{
    /// <summary>The column.</summary>
    [SeriesKey]
    public required string Column { get; init; }

    /// <summary>The row's time.</summary>
    [Timestamp]
    public required DateTimeOffset Date { get; init; }

    /// <summary>The value.</summary>
    [Target]
    public required double Value { get; init; }
}

// How far streams differ from windows is what these experiments measure.
#pragma warning disable AAREN059

/// <summary>The model of <see cref="Forecasting"/> for a horizon of 96 rows, over records.</summary>
[SequenceModel, Forecast<Measurement>(96, "1h")]
[Standardize(PerSeries = true), InstanceNorm(Window = 336), Patch(Forecasting.DefaultPatch, Forecasting.PatchStride)]
[Dense(32), Dropout(0.2), Aaren(Heads = 4, FeedForward = 64, Dropout = 0.7), Huber]
internal sealed partial class TypedForecaster;

#pragma warning restore AAREN059

/// <summary>
/// The forecasts of <see cref="Forecasting"/> the way users of records make them: every column is a series of raw values, and a backtest
/// streams each from its beginning. Tells how far both ways differ.
/// </summary>
internal static class TypedForecasting
{
    /// <summary>Trains the model for each seed, and prints its mean squared errors on scaled values.</summary>
    /// <param name="path">A table of hourly rows with a column of times named date.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    /// <param name="epochs">Maximum number of epochs; null: as <see cref="Forecasting"/> has it.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The errors of each seed.</returns>
    /// <exception cref="TableException">The file is missing, bad or too short.</exception>
    public static IReadOnlyList<TypedErrors> Run(string path, int seeds, int? epochs, CancellationToken cancellation)
    {
        Measurement[] records;
        using (TableFile table = TableFile.Open(path))
        {
            records = [.. TypedForecaster.ReadTable(table.Unpivot(nameof(Measurement.Column), nameof(Measurement.Value), "date"))];
        }
        Dictionary<string, Measurement[]> series =
            records.GroupBy(static r => r.Column).ToDictionary(static g => g.Key, static g => g.ToArray());
        Measurement[] first = series.Values.First();
        int jump = Enumerable.Range(1, first.Length - 1)
            .FirstOrDefault(row => first[row].Date - first[row - 1].Date != TimeSpan.FromHours(1));
        if (jump > 0)
        {
            throw TableException.AtRow(
                path, jump + 1, null, "the row is not an hour later than the one before; use a table of hourly rows.");
        }
        ForecastingSplit split = ForecastingSplit.Create(path, first.Length);
        ForecastingRecipe recipe = Forecasting.Recipe(Forecasting.DefaultPatch, epochs);
        RowRange windows = ForecastingSplit.Windows(split.Test, recipe.Lookback, TypedForecaster.Task.Horizon);
        Dictionary<string, double> deviations = series.ToDictionary(static s => s.Key, s => StandardScaler.Fit(
            [.. s.Value.Take(split.Train.End).Select(static r => r.Value)], 1).StandardDeviations[0]);
        var options = new ForecastTrainingOptions
        {
            TrainUntil = first[split.Train.End].Date, ValidateUntil = first[split.Test.Start].Date, WindowLength = recipe.Lookback,
            Stride = Forecasting.TrainingStride,
        };
        Measurement[] used = [.. records.Where(r => split.Test.End == first.Length || r.Date < first[split.Test.End].Date)];
        var all = new List<TypedErrors>();
        for (int seed = 1; seed <= seeds; seed++)
        {
            TypedForecaster model = TypedForecaster.Create(seed);
            // A window of the experiments has all columns; here each column is a window.
            TrainingOptions training = recipe.Training.Options(seed);
            model.Fit(
                records, options with { Training = training with { BatchSize = training.BatchSize * series.Count } },
                cancellationToken: cancellation);
            var errors = new TypedErrors(
                Backtest(model, used, deviations, split.Test.Start, cancellation),
                Stream(model, series, deviations, windows, cancellation),
                Reread(model, series, deviations, windows, recipe.Lookback, cancellation));
            Console.WriteLine($"seed {seed}: {errors}");
            all.Add(errors);
        }
        return all;
    }

    /// <summary>
    /// The errors of backtests. A model with patches forecasts once in a stride, so that streams that begin at each row of one reach every
    /// origin.
    /// </summary>
    private static double Backtest(
        TypedForecaster model, Measurement[] records, Dictionary<string, double> deviations, int testStart, CancellationToken cancellation)
    {
        double sum = 0;
        long count = 0;
        for (int skipped = 0; skipped < Forecasting.PatchStride; skipped++)
        {
            DateTimeOffset begin = records[0].Date.AddHours(skipped);
            BacktestReport report = model.Backtest(
                records.Where(r => r.Date >= begin), new() { From = records[0].Date.AddHours(testStart) }, cancellationToken: cancellation);
            foreach (SeriesReport one in report.Series)
            {
                PointScores scores = one.Model;
                sum += scores.Count * Math.Pow(scores.RootMeanSquaredError / deviations[one.Key], 2);
                count += scores.Count;
            }
        }
        return sum / count;
    }

    /// <summary>The error of whole horizons, of streams from the series' beginning.</summary>
    private static double Stream(
        TypedForecaster model, Dictionary<string, Measurement[]> series, Dictionary<string, double> deviations, RowRange windows,
        CancellationToken cancellation)
    {
        var error = new PointError();
        foreach ((string column, Measurement[] records) in series)
        {
            for (int skipped = 0; skipped < Forecasting.PatchStride; skipped++)
            {
                cancellation.ThrowIfCancellationRequested();
                SeriesState<TypedForecaster> state = model.CreateSeriesState(column);
                for (int row = skipped; row < windows.End - 1; row++)
                {
                    if (model.Step(state, records[row]) is { } forecast && row + 1 >= windows.Start)
                    {
                        for (int step = 0; step < forecast.Value.Count; step++)
                        {
                            error.Add(forecast.Value[step] / deviations[column], records[row + 1 + step].Value / deviations[column]);
                        }
                    }
                }
            }
        }
        return error.MeanSquared;
    }

    /// <summary>The error of the same horizons by the experiments' protocol, from a fresh state four patches before.</summary>
    private static double Reread(
        TypedForecaster model, Dictionary<string, Measurement[]> series, Dictionary<string, double> deviations, RowRange windows,
        int lookback, CancellationToken cancellation)
    {
        int horizon = TypedForecaster.OutputWidth;
        var outputs = new float[lookback * horizon];
        var error = new PointError();
        foreach ((string column, Measurement[] records) in series)
        {
            float[] tokens = [.. records.Select(static r => (float)r.Value)];
            StreamState<TypedForecaster> state = model.CreateState(column);
            for (int row = windows.Start; row < windows.End; row++)
            {
                cancellation.ThrowIfCancellationRequested();
                state.Reset();
                model.Forward(state, tokens.AsSpan(row - lookback, lookback), outputs);
                for (int step = 0; step < horizon; step++)
                {
                    error.Add(outputs[^(horizon - step)] / deviations[column], records[row + step].Value / deviations[column]);
                }
            }
        }
        return error.MeanSquared;
    }
}

/// <summary>Mean squared errors of a model on values divided by the standard deviation of their training part.</summary>
/// <param name="Backtest">Of backtests, which score also the part of a horizon that lies before the end.</param>
/// <param name="Streamed">Of whole horizons, of streams from the series' beginning.</param>
/// <param name="Reread">Of whole horizons, from a fresh state four patches before.</param>
internal readonly record struct TypedErrors(double Backtest, double Streamed, double Reread)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"MSE {Backtest:F4} by backtests, {Streamed:F4} of whole horizons streamed from the beginning, {Reread:F4} from four patches "
        + $"before");
}
