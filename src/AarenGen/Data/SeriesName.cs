using System.Text;

namespace AarenGen;

/// <summary>What names a series: a text that a file can hold.</summary>
internal static class SeriesName
{
    /// <summary>Bytes of a name in UTF-8.</summary>
    public const int MaxBytes = 1024;

    /// <summary>What a name must be, as the end of a sentence.</summary>
    public const string Rule = "the name of a series must have 1 to 1,024 bytes of UTF-8, whole characters without a null character";

    /// <summary>UTF-8 that neither writes nor reads half characters.</summary>
    public static Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a text can name a series.</summary>
    public static bool IsValid(string name)
    {
        try
        {
            return name.Length is > 0 and <= MaxBytes && !name.Contains('\0') && Encoding.GetByteCount(name) <= MaxBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>An error that says what is wrong with a name.</summary>
    public static ArgumentException Error(string where, string? argument) => new($"{where}{Rule}.", argument);
}
