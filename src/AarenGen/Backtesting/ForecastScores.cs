namespace AarenGen;

/// <summary>The errors of forecast values. NaN where nothing was scored. Immutable.</summary>
public sealed record PointScores
{
    /// <summary>Number of scored values.</summary>
    public required long Count { get; init; }

    /// <summary>Mean of |forecast − truth| (<see cref="PointError"/>).</summary>
    public required double MeanAbsoluteError { get; init; }

    /// <summary>Square root of the mean of (forecast − truth)².</summary>
    public required double RootMeanSquaredError { get; init; }

    /// <summary>Mean of forecast − truth.</summary>
    public required double MeanError { get; init; }

    /// <summary>MASE (<see cref="ScaledError"/>): the scale is that of the target and series before the backtest.</summary>
    public required double MeanAbsoluteScaledError { get; init; }

    /// <summary>sMAPE in percent (<see cref="AarenGen.SymmetricPercentageError"/>).</summary>
    public required double SymmetricPercentageError { get; init; }
}

/// <summary>The errors of a simple forecast, over the same values as those of the model. Immutable.</summary>
public sealed record BaselineScores
{
    /// <summary>What it is: "last value", "seasonal naive (24)" or "drift".</summary>
    public required string Name { get; init; }

    /// <summary>Its errors.</summary>
    public required PointScores Scores { get; init; }
}

/// <summary>How often intervals held the truth, and how wide they were. NaN where nothing was scored. Immutable.</summary>
public sealed record IntervalScores
{
    /// <summary>The fraction that they are to hold.</summary>
    public required double Wanted { get; init; }

    /// <summary>Number of scored intervals.</summary>
    public required long Count { get; init; }

    /// <summary>Those without a finite width, which hold any truth.</summary>
    public required long UnboundedCount { get; init; }

    /// <summary>The fraction that held the truth.</summary>
    public required double Coverage { get; init; }

    /// <summary>Mean width of those that have a finite one.</summary>
    public required double MeanWidth { get; init; }
}

/// <summary>The scores of some of a backtest's forecasts, and those of simple forecasts of the same values. Immutable.</summary>
public sealed record ForecastScores
{
    /// <summary>The errors of the model's values: medians where it predicts distributions.</summary>
    public required PointScores Model { get; init; }

    /// <summary>The errors of the simple forecasts.</summary>
    public required IReadOnlyList<BaselineScores> Baselines { get; init; }

    /// <summary>
    /// 1 − the ratio of the mean absolute scaled errors of model and seasonal naive forecast: 0 for equally good ones, 1 for a perfect
    /// model, negative for a worse one. Where no series has a scale, by the mean absolute errors.
    /// </summary>
    public required double Skill { get; init; }

    /// <summary>The mean over levels and values (<see cref="AarenGen.PinballLoss"/>); null for forecasts without a distribution.</summary>
    public double? PinballLoss { get; init; }

    /// <summary>CRPS (<see cref="AarenGen.RankedProbabilityScore"/>); null for forecasts without a distribution.</summary>
    public double? RankedProbabilityScore { get; init; }

    /// <summary>Mean logarithm of the density at the truth, in nats; null for forecasts without a density.</summary>
    public double? LogLikelihood { get; init; }

    /// <summary>The intervals between symmetric levels, the outermost pair first.</summary>
    public IReadOnlyList<IntervalScores> Intervals { get; init; } = [];

    /// <summary>
    /// The outermost of them where there is a bounded <see cref="ConformalInterval"/>, to compare with it; null for forecasts without an
    /// interval.
    /// </summary>
    public IntervalScores? RawInterval { get; init; }

    /// <summary>
    /// The conformal intervals (<see cref="ConformalIntervals"/>) made of the outermost ones, or of the values of forecasts without an
    /// interval. Those before enough errors were known are left out.
    /// </summary>
    public required IntervalScores ConformalInterval { get; init; }
}
