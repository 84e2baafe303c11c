using System.Globalization;

namespace AarenGen.Generator.Model;

/// <summary>Values as source text writes them, the same in every culture.</summary>
internal static class Literal
{
    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Bool(bool value) => value ? "true" : "false";

    public static string Double(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The nearest single-precision number as text that parses to it.</summary>
    public static string Single(double value) => ((float)value).ToString("R", CultureInfo.InvariantCulture);

    public static string Float(double value) => Single(value) + "f";

    public static string Floats(IEnumerable<double> values) => $"[{string.Join(", ", values.Select(Float))}]";
}
