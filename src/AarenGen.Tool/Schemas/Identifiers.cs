using System.Globalization;
using System.Text;

namespace AarenGen.Tool.Schemas;

/// <summary>Makes names of C# from any text.</summary>
internal static class Identifiers
{
    private static readonly HashSet<string> Keywords =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal",
        "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for",
        "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null",
        "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte", "sealed",
        "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong",
        "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    ];

    /// <summary>A name in Pascal case: "outdoor forecast (°C)" becomes OutdoorForecastC.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fallback">What stands before digits, and alone where no character is left; in Pascal case.</param>
    /// <param name="taken">Names that are taken; the new one is added.</param>
    public static string Make(string text, string fallback, ISet<string> taken)
    {
        var name = new StringBuilder();
        bool isStart = true;
        foreach (char c in text.Normalize(NormalizationForm.FormC))
        {
            if (!IsPart(c) || c == '_')
            {
                isStart = true;
                continue;
            }
            name.Append(isStart ? char.ToUpperInvariant(c) : c);
            isStart = false;
        }
        if (name.Length == 0 || !IsStart(name[0]))
        {
            name.Insert(0, fallback);
        }
        string made = name.ToString(), unique = made;
        for (int i = 2; !taken.Add(unique); i++)
        {
            unique = string.Create(CultureInfo.InvariantCulture, $"{made}{(char.IsAsciiDigit(made[^1]) ? "_" : "")}{i}");
        }
        return unique;
    }

    /// <summary>Whether a text is a name as it stands, if need be behind an @.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 100 && IsStart(text[0]) && text.All(IsPart) && text.IsNormalized(NormalizationForm.FormC);

    /// <summary>A name as source text has it.</summary>
    public static string Escape(string name) => Keywords.Contains(name) ? "@" + name : name;

    /// <summary>A text as source text has it, with its quotation marks.</summary>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (char c in text)
        {
            literal.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                _ when char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029'
                    || char.GetUnicodeCategory(c) == UnicodeCategory.Format =>
                    string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => c.ToString(),
            });
        }
        return literal.Append('"').ToString();
    }

    private static bool IsStart(char c) => c == '_' || (char.IsLetter(c) && !char.IsSurrogate(c));

    private static bool IsPart(char c) => IsStart(c) || char.GetUnicodeCategory(c) is UnicodeCategory.DecimalDigitNumber
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.LetterNumber;
}
