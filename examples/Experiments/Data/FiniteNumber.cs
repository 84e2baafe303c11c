using System.Globalization;

namespace Experiments;

/// <summary>Finite numbers in texts.</summary>
internal static class FiniteNumber
{
    /// <summary>Reads a finite number, with a decimal point in any culture.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
