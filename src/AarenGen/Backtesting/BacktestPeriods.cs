namespace AarenGen;

/// <summary>The scores of a backtest over time, in equal periods.</summary>
internal sealed class BacktestPeriods
{
    private readonly long first;
    private readonly long intervals;
    private readonly bool hasInterval;
    private readonly Period[] periods;

    /// <param name="first">Number of the first interval.</param>
    /// <param name="last">Number of the last one.</param>
    /// <param name="max">How many periods there may be.</param>
    /// <param name="shape">What is scored.</param>
    public BacktestPeriods(long first, long last, int max, ScoreShape shape)
    {
        long count = Math.Max(1, last - first + 1);
        this.first = first;
        intervals = (count + max - 1) / max;
        hasInterval = shape.Pairs.Length > 0;
        periods = [.. Enumerable.Range(0, (int)((count + intervals - 1) / intervals)).Select(static _ => new Period())];
    }

    public void Add(
        long index, double forecast, double baseline, double truth, double scale, (double Lower, double Upper) interval,
        (double Lower, double Upper) conformal)
    {
        Period period = periods[(index - first) / intervals];
        period.Model.Add(forecast, truth, scale);
        period.Baseline.Add(baseline, truth, scale);
        if (hasInterval && interval.Lower <= interval.Upper)
        {
            period.Interval.Add(interval.Lower, interval.Upper, truth);
        }
        if (conformal.Lower <= conformal.Upper)
        {
            period.Conformal.Add(conformal.Lower, conformal.Upper, truth);
        }
    }

    public void AddAnomaly(long index, double score)
    {
        Period period = periods[(index - first) / intervals];
        period.Anomaly = double.IsNaN(period.Anomaly) ? score : Math.Max(period.Anomaly, score);
    }

    public IReadOnlyList<PeriodReport> ToReports(TimeGrid grid)
    {
        bool isScaled = periods.Any(static p => p.Model.Scaled.Count > 0);
        return
        [
            .. periods.Select((p, i) => new PeriodReport
            {
                Start = grid.StartOf(first + i * intervals),
                Count = p.Model.Error.Count,
                Error = isScaled ? p.Model.Scaled.Mean : p.Model.Error.MeanAbsolute,
                BaselineError = isScaled ? p.Baseline.Scaled.Mean : p.Baseline.Error.MeanAbsolute,
                Coverage = p.Interval.Coverage,
                ConformalCoverage = p.Conformal.Coverage,
                AnomalyScore = p.Anomaly,
            }),
        ];
    }

    private sealed class Period
    {
        public PointAccumulator Model { get; } = new();

        public PointAccumulator Baseline { get; } = new();

        public IntervalCoverage Interval { get; } = new();

        public IntervalCoverage Conformal { get; } = new();

        public double Anomaly { get; set; } = double.NaN;
    }
}
