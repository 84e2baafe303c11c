using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;

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

    /// <summary>A string literal of C#, with any text of the user.</summary>
    public static string Text(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    /// <summary>Text of the user on one line, with what is not visible in hexadecimal.</summary>
    public static string Printable(string text) => string.Concat(text.Select(static c =>
        CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                ? FormattableString.Invariant($"\\u{(int)c:X4}") : c.ToString()));
}
