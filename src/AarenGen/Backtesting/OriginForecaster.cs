namespace AarenGen;

/// <summary>
/// What a backtest steps through a series: a model with its state, row by row. After a row it may have a forecast of the next
/// <see cref="Horizon"/> rows; its members then describe the predicted values until the next forecast. One thread at a time may use it.
/// </summary>
internal abstract class OriginForecaster
{
    /// <summary>Rows of a forecast.</summary>
    public abstract int Horizon { get; }

    /// <summary>Names of the targets, which are the first columns of each series.</summary>
    public abstract IReadOnlyList<string> Targets { get; }

    /// <summary>Levels of the quantiles that are scored, ascending, above 0 and below 1; empty for forecasts of a value alone.</summary>
    public virtual IReadOnlyList<double> Levels => [];

    /// <summary>Whether forecasts are distributions: they have a ranked probability score and tail probabilities.</summary>
    public bool IsDistribution => Levels.Count > 0;

    /// <summary>Whether these have a density.</summary>
    public virtual bool HasDensity => false;

    /// <summary>The end of what it was trained on; null: it is not known.</summary>
    public virtual DateTimeOffset? FittedUntil => null;

    /// <summary>Begins a series, at its first row.</summary>
    public abstract void Begin(RegularSeries series);

    /// <summary>Takes the next row of the series; rows come in order, from 0.</summary>
    /// <returns>Whether there is a forecast of the rows after it.</returns>
    public abstract bool Step(int row);

    /// <summary>The predicted value: the median of a distribution.</summary>
    /// <param name="target">The target, from 0.</param>
    /// <param name="step">Rows after the first forecast one, from 0.</param>
    public abstract double Value(int target, int step);

    /// <summary>Writes the quantiles at the levels, ascending.</summary>
    /// <param name="target">The target, from 0.</param>
    /// <param name="step">Rows after the first forecast one, from 0.</param>
    /// <param name="values">[levels], overwritten.</param>
    public virtual void ReadQuantiles(int target, int step, Span<double> values) => throw new NotSupportedException();

    /// <summary>The continuous ranked probability score of the true value.</summary>
    public virtual double RankedProbabilityScore(int target, int step, double truth) => throw new NotSupportedException();

    /// <summary>The probability of a value at least as far out as the true one.</summary>
    public virtual double TailProbability(int target, int step, double truth) => throw new NotSupportedException();

    /// <summary>The logarithm of the density at the true value.</summary>
    public virtual double LogDensity(int target, int step, double truth) => throw new NotSupportedException();
}
