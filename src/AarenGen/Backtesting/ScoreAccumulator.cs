namespace AarenGen;

/// <summary>The errors of a method that forecasts values.</summary>
internal sealed class PointAccumulator
{
    public PointError Error { get; } = new();

    public ScaledError Scaled { get; } = new();

    public SymmetricPercentageError Symmetric { get; } = new();

    public void Add(double forecast, double truth, double scale)
    {
        Error.Add(forecast, truth);
        Scaled.Add(forecast, truth, scale);
        Symmetric.Add(forecast, truth);
    }

    public void Merge(PointAccumulator other)
    {
        Error.Merge(other.Error);
        Scaled.Merge(other.Scaled);
        Symmetric.Merge(other.Symmetric);
    }

    public PointScores ToScores() => new()
    {
        Count = Error.Count,
        MeanAbsoluteError = Error.MeanAbsolute,
        RootMeanSquaredError = Error.RootMeanSquared,
        MeanError = Error.Mean,
        MeanAbsoluteScaledError = Scaled.Mean,
        SymmetricPercentageError = Symmetric.Mean,
    };
}

/// <summary>What the scores of a backtest have in common.</summary>
/// <param name="Baselines">Names of the simple forecasts.</param>
/// <param name="Reference">Index of the one that skill is relative to.</param>
/// <param name="Levels">Levels of the quantiles; empty: none.</param>
/// <param name="Pairs">Indices of symmetric levels, the outermost pair first.</param>
/// <param name="HasDensity">Whether there is a likelihood.</param>
/// <param name="ConformalCoverage">What the conformal intervals are to cover.</param>
internal sealed record ScoreShape(
    IReadOnlyList<string> Baselines, int Reference, double[] Levels, (int Lower, int Upper)[] Pairs, bool HasDensity,
    double ConformalCoverage)
{
    public double CoverageOf((int Lower, int Upper) pair) => CoverageOf(Levels, pair);

    /// <summary>The probability between two levels.</summary>
    public static double CoverageOf(double[] levels, (int Lower, int Upper) pair) => Math.Round(levels[pair.Upper] - levels[pair.Lower], 9);

    /// <summary>Indices of levels that are equally far from ½, the outermost pair first.</summary>
    public static (int Lower, int Upper)[] PairsOf(double[] levels) =>
    [
        .. levels.Select((level, i) => (Lower: i, Upper: Array.FindIndex(levels, l => Math.Abs(l + level - 1) < 1e-6)))
            .Where(static pair => pair.Upper > pair.Lower),
    ];
}

/// <summary>All scores of some forecast values, of a model and of the simple forecasts beside it.</summary>
internal sealed class ScoreAccumulator
{
    private readonly ScoreShape shape;
    private readonly PinballLoss? pinball;
    private readonly RankedProbabilityScore ranked = new();
    private readonly NegativeLogLikelihood likelihood = new();
    private readonly IntervalCoverage[] intervals;
    private readonly IntervalCoverage conformal = new(), raw = new();

    public ScoreAccumulator(ScoreShape shape)
    {
        this.shape = shape;
        Baselines = [.. shape.Baselines.Select(static _ => new PointAccumulator())];
        pinball = shape.Levels.Length > 0 ? new(shape.Levels) : null;
        intervals = [.. shape.Pairs.Select(static _ => new IntervalCoverage())];
    }

    public PointAccumulator Model { get; } = new();

    public PointAccumulator[] Baselines { get; }

    public void AddValue(double forecast, ReadOnlySpan<double> baselines, double truth, double scale)
    {
        Model.Add(forecast, truth, scale);
        for (int i = 0; i < baselines.Length; i++)
        {
            Baselines[i].Add(baselines[i], truth, scale);
        }
    }

    public void AddQuantiles(ReadOnlySpan<double> quantiles, double truth)
    {
        pinball!.Add(quantiles, truth);
        for (int i = 0; i < intervals.Length; i++)
        {
            Add(intervals[i], quantiles[shape.Pairs[i].Lower], quantiles[shape.Pairs[i].Upper], truth);
        }
    }

    public void AddRanked(double score, double truth) => ranked.Add(score, truth);

    public void AddLogDensity(double logDensity, double truth) => likelihood.Add(logDensity, truth);

    /// <summary>An interval and what conformal prediction makes of it.</summary>
    public void AddConformal(double rawLower, double rawUpper, double lower, double upper, double truth)
    {
        Add(raw, rawLower, rawUpper, truth);
        Add(conformal, lower, upper, truth);
    }

    public void Merge(ScoreAccumulator other)
    {
        Model.Merge(other.Model);
        for (int i = 0; i < Baselines.Length; i++)
        {
            Baselines[i].Merge(other.Baselines[i]);
        }
        pinball?.Merge(other.pinball!);
        ranked.Merge(other.ranked);
        likelihood.Merge(other.likelihood);
        for (int i = 0; i < intervals.Length; i++)
        {
            intervals[i].Merge(other.intervals[i]);
        }
        raw.Merge(other.raw);
        conformal.Merge(other.conformal);
    }

    public ForecastScores ToScores()
    {
        PointScores model = Model.ToScores();
        BaselineScores[] baselines =
            [.. Baselines.Select((b, i) => new BaselineScores { Name = shape.Baselines[i], Scores = b.ToScores() })];
        PointScores reference = baselines[shape.Reference].Scores;
        bool isScaled = Model.Scaled.Count > 0;
        return new()
        {
            Model = model,
            Baselines = baselines,
            Skill = isScaled ? Skill(model.MeanAbsoluteScaledError, reference.MeanAbsoluteScaledError)
                : Skill(model.MeanAbsoluteError, reference.MeanAbsoluteError),
            PinballLoss = pinball?.Mean,
            RankedProbabilityScore = pinball is null ? null : ranked.Mean,
            LogLikelihood = shape.HasDensity ? -likelihood.Mean : null,
            Intervals = [.. intervals.Select((c, i) => ScoresOf(c, shape.CoverageOf(shape.Pairs[i])))],
            RawInterval = shape.Pairs.Length > 0 ? ScoresOf(raw, shape.ConformalCoverage) : null,
            ConformalInterval = ScoresOf(conformal, shape.ConformalCoverage),
        };
    }

    /// <summary>Two perfect forecasts are equally good.</summary>
    private static double Skill(double error, double reference) => error == 0 && reference == 0 ? 0 : 1 - error / reference;

    /// <summary>A forecast that is NaN has no interval, and its error tells.</summary>
    private static void Add(IntervalCoverage coverage, double lower, double upper, double truth)
    {
        if (lower <= upper)
        {
            coverage.Add(lower, upper, truth);
        }
    }

    private static IntervalScores ScoresOf(IntervalCoverage coverage, double wanted) => new()
    {
        Wanted = wanted,
        Count = coverage.Count,
        UnboundedCount = coverage.UnboundedCount,
        Coverage = coverage.Coverage,
        MeanWidth = coverage.MeanWidth,
    };
}
