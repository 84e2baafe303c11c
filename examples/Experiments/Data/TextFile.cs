using System.Globalization;
using System.IO.Compression;

namespace Experiments;

/// <summary>What all readers share: opening a text that may be gzipped, its lines, and numbers in the invariant culture.</summary>
internal static class TextFile
{
    /// <summary>Opens a text in UTF-8; a name that ends in ".gz" is unpacked on the way.</summary>
    /// <exception cref="TableException">There is no such file.</exception>
    public static StreamReader Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new TableException(path, null, null, "there is no such file; check the path.");
        }
        Stream file = File.OpenRead(path);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            // Without it a file that was cut reads as a shorter one (dotnet/runtime pull request 75671).
            AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);
            file = new GZipStream(file, CompressionMode.Decompress);
        }
        return new(file);
    }

    /// <summary>Reads all of a file by <paramref name="read"/>.</summary>
    /// <exception cref="TableException">There is no such file, or its compressed data are damaged.</exception>
    public static T Read<T>(string path, Func<StreamReader, T> read)
    {
        using StreamReader reader = Open(path);
        try
        {
            return read(reader);
        }
        catch (InvalidDataException e)
        {
            throw new TableException(path, null, null, "the compressed data are damaged or end too early; fetch the file again.", e);
        }
    }

    /// <summary>A finite single-precision number, with a decimal point whatever the user's culture.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out float value) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);

    /// <summary>A finite double-precision number, with a decimal point whatever the user's culture.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
