using System.Runtime.CompilerServices;

namespace AarenGen;

/// <summary>
/// The value of one interval of a regular grid while its rows come: a mean is a sum until the interval is complete. Tables and streams of
/// records both use it, so that they cannot differ.
/// </summary>
internal static class IntervalValue
{
    /// <summary>The value before the first row.</summary>
    public static double Empty(Aggregation aggregation) => aggregation is Aggregation.Mean or Aggregation.Count ? 0 : double.NaN;

    /// <summary>Adds the value of a row, which is not missing. The caller counts the values of a mean.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Aggregation aggregation, ref double value, double added)
    {
        switch (aggregation)
        {
            case Aggregation.Mean: value += added; break;
            case Aggregation.Sum: value = double.IsNaN(value) ? added : value + added; break;
            case Aggregation.First: value = double.IsNaN(value) ? added : value; break;
            case Aggregation.Last: value = added; break;
            case Aggregation.Min: value = double.IsNaN(value) ? added : Math.Min(value, added); break;
            case Aggregation.Max: value = double.IsNaN(value) ? added : Math.Max(value, added); break;
            case Aggregation.Count: value++; break;
        }
    }

    /// <summary>The value of the complete interval; NaN: none is known.</summary>
    /// <param name="aggregation">What the values become.</param>
    /// <param name="value">What was added up.</param>
    /// <param name="count">How many values a mean has.</param>
    public static double Complete(Aggregation aggregation, double value, int count) =>
        aggregation != Aggregation.Mean || count == 1 ? value : count == 0 ? double.NaN : value / count;
}
