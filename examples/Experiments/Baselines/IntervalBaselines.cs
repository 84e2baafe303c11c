using System.Globalization;

namespace Experiments;

/// <summary>A distribution of the interval to the next event that does not depend on the past.</summary>
internal interface IIntervalBaseline
{
    /// <summary>Its name in reports.</summary>
    string Name { get; }

    /// <summary>The expected interval, in the times' unit: the prediction of the next interval.</summary>
    double Mean { get; }

    /// <summary>Log of the density at an interval, in nats; negative infinity where the density is 0.</summary>
    double LogDensity(double interval);
}

/// <summary>The homogeneous Poisson process: exponential intervals, density r exp(-r x) for x at or above 0.</summary>
internal sealed class ExponentialIntervals : IIntervalBaseline
{
    private ExponentialIntervals(double rate) => Rate = rate;

    /// <summary>Events in a unit of time, above 0.</summary>
    public double Rate { get; }

    /// <inheritdoc/>
    public string Name => "homogeneous Poisson";

    /// <inheritdoc/>
    public double Mean => 1 / Rate;

    /// <summary>Fits the rate by maximum likelihood: intervals / their sum.</summary>
    /// <param name="train">Sequences with at least one interval above 0 between them.</param>
    /// <exception cref="ArgumentException">There is no such interval.</exception>
    public static ExponentialIntervals Fit(IReadOnlyList<EventSequence> train)
    {
        double[] intervals = IntervalFit.All(train);
        double sum = intervals.Sum();
        return sum > 0
            ? new(intervals.Length / sum)
            : throw new ArgumentException("All intervals are 0, so no rate fits them; check the times.", nameof(train));
    }

    /// <inheritdoc/>
    public double LogDensity(double interval) => interval >= 0 ? Math.Log(Rate) - Rate * interval : double.NegativeInfinity;
}

/// <summary>Log-normal intervals: log x is normal with mean m and standard deviation s.</summary>
internal sealed class LogNormalIntervals : IIntervalBaseline
{
    private LogNormalIntervals(double location, double scale) => (Location, Scale) = (location, scale);

    /// <summary>m, the mean of the logarithms.</summary>
    public double Location { get; }

    /// <summary>s, the standard deviation of the logarithms, above 0.</summary>
    public double Scale { get; }

    /// <inheritdoc/>
    public string Name => "log-normal";

    /// <inheritdoc/>
    public double Mean => Math.Exp(Location + Scale * Scale / 2);

    /// <summary>Fits by maximum likelihood: mean and standard deviation (of the population) of the logarithms.</summary>
    /// <param name="train">Sequences with at least two different intervals between them, all above 0.</param>
    /// <exception cref="ArgumentException">An interval is 0, whose logarithm is not finite, or all are equal.</exception>
    public static LogNormalIntervals Fit(IReadOnlyList<EventSequence> train)
    {
        double[] intervals = IntervalFit.All(train);
        if (intervals.Contains(0))
        {
            throw new ArgumentException(
                "An interval is 0, to which a log-normal distribution gives density 0; merge events of equal times first.", nameof(train));
        }
        if (IntervalFit.AreEqual(intervals))
        {
            throw new ArgumentException(
                "All intervals are equal, so the deviation would be 0; give sequences whose intervals differ.", nameof(train));
        }
        double[] logs = [.. intervals.Select(static i => Math.Log(i))];
        double location = logs.Average();
        return new(location, Math.Sqrt(logs.Average(log => (log - location) * (log - location))));
    }

    /// <inheritdoc/>
    public double LogDensity(double interval)
    {
        if (interval <= 0)
        {
            return double.NegativeInfinity;
        }
        double log = Math.Log(interval), z = (log - Location) / Scale;
        return -0.5 * z * z - Math.Log(Scale) - 0.5 * Math.Log(2 * Math.PI) - log;
    }
}

/// <summary>The steps that both fits share.</summary>
internal static class IntervalFit
{
    /// <summary>
    /// Intervals whose logarithms have at most this standard deviation count as equal. Times of many digits are rounded by as much, and a
    /// log-normal distribution of rounding errors would be too narrow for any other interval.
    /// </summary>
    public const double SmallestDeviation = 1e-6;

    /// <summary>Whether intervals are equal except for rounding.</summary>
    /// <param name="intervals">At least one, all above 0.</param>
    public static bool AreEqual(IReadOnlyCollection<double> intervals)
    {
        double location = intervals.Average(Math.Log);
        return !(Math.Sqrt(intervals.Average(i => (Math.Log(i) - location) * (Math.Log(i) - location))) > SmallestDeviation);
    }

    /// <summary>All intervals of all sequences.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static double[] All(IReadOnlyList<EventSequence> train)
    {
        ArgumentNullException.ThrowIfNull(train);
        double[] intervals = [.. train.SelectMany(static s => s.Intervals)];
        return intervals.Length > 0
            ? intervals
            : throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"None of the {train.Count} sequences has two events, so there is no interval "
                    + $"to fit; give longer ones."), nameof(train));
    }
}
