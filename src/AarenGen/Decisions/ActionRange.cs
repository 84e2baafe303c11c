namespace AarenGen;

/// <summary>The values that an action on a real scale may have.</summary>
/// <param name="Min">The smallest.</param>
/// <param name="Max">The largest, above <paramref name="Min"/>.</param>
public readonly record struct ActionRange(double Min, double Max)
{
    /// <summary>Whether it holds a value. Both are floats, as a property of that type would have them.</summary>
    internal bool Holds(double value) => (float)value >= (float)Min && (float)value <= (float)Max;

    /// <summary>A value as tokens and targets have it, from −1 to 1.</summary>
    internal float Normalize(double value) => (float)((value - (Min + Max) / 2) / ((Max - Min) / 2));

    /// <summary>The value that an output stands for.</summary>
    internal float Restore(float output) =>
        Math.Clamp((float)((Min + Max) / 2 + output * ((Max - Min) / 2)), (float)Min, (float)Max);
}
