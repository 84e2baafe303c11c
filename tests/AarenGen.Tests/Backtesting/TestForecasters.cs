namespace AarenGen.Tests.Backtesting;

/// <summary>Forecasters with closed forms, and the series they run on.</summary>
internal static class TestSeries
{
    public static readonly DateTimeOffset Start = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A series of hours from a number of hours after the start.</summary>
    public static RegularSeries Hourly(string key, int offset, params double[][] columns) => new(
        key, TimeGrid.Every(TimeSpan.FromHours(1)), TimeGrid.Every(TimeSpan.FromHours(1)).IndexOf(Start.AddHours(offset)),
        [.. columns.Select(static (_, i) => $"target {i}")], columns, [], columns[0].Length, 0);

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}

/// <summary>A forecast that is a function of the series, the row that it is made at and the step.</summary>
internal class PointForecaster(int targets, int horizon, Func<RegularSeries, int, int, int, double> value, int warmUp = 0)
    : OriginForecaster
{
    public override int Horizon => horizon;

    public override IReadOnlyList<string> Targets { get; } = [.. Enumerable.Range(0, targets).Select(static i => $"target {i}")];

    /// <summary>Rows that were taken, of all series.</summary>
    public int Steps { get; private set; }

    protected RegularSeries Series { get; private set; } = null!;

    protected int Row { get; private set; } = -1;

    public override void Begin(RegularSeries series) => (Series, Row) = (series, -1);

    public override bool Step(int row)
    {
        Assert.Equal(Row + 1, row);
        Row = row;
        Steps++;
        return row >= warmUp;
    }

    public override double Value(int target, int step) => value(Series, target, Row, step);
}

/// <summary>A normal distribution around such a forecast.</summary>
internal sealed class GaussianForecaster(
    int targets, int horizon, Func<RegularSeries, int, int, int, double> value, Func<int, double> deviation, int warmUp = 0)
    : PointForecaster(targets, horizon, value, warmUp)
{
    public static readonly double[] TestLevels = [0.1, 0.25, 0.5, 0.75, 0.9];

    /// <summary>Quantiles of the standard normal distribution at the levels.</summary>
    public static readonly double[] Standard = [-1.2815515655446004, -0.6744897501960817, 0, 0.6744897501960817, 1.2815515655446004];

    public override IReadOnlyList<double> Levels => TestLevels;

    public override bool HasDensity => true;

    public override void ReadQuantiles(int target, int step, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Value(target, step) + deviation(step) * Standard[i];
        }
    }

    public override double RankedProbabilityScore(int target, int step, double truth) =>
        At(target, step, stackalloc float[2]).RankedProbabilityScore(truth - Value(target, step));

    public override double TailProbability(int target, int step, double truth) =>
        At(target, step, stackalloc float[2]).TailProbability(truth - Value(target, step));

    public override double LogDensity(int target, int step, double truth)
    {
        double z = (truth - Value(target, step)) / deviation(step);
        return -z * z / 2 - Math.Log(deviation(step) * Math.Sqrt(2 * Math.PI));
    }

    private GaussianPrediction At(int target, int step, Span<float> output)
    {
        output[1] = (float)deviation(step);
        return new(output.ToArray());
    }
}
