using System.Collections.ObjectModel;
using System.Text;
using static System.FormattableString;

namespace AarenGen.Serialization;

/// <summary>
/// The user's entries among the metadata of a safetensors file: all but those of the library, whose keys begin with "aarengen.", and the
/// "format" that Python's writers note.
/// </summary>
internal static class UserMetadata
{
    /// <summary>The entry by which Python's writers tell the framework; its readers want it.</summary>
    public const string PythonFormat = "format";
    private const string ReservedStart = "aarengen.";

    /// <summary>A header escapes a byte with up to six, and its reader takes names of up to 4,096 bytes.</summary>
    private const int MaxKeyBytes = 512;
    private const int MaxEntries = 1000, MaxBytes = 1 << 20;

    /// <summary>Rejects half characters.</summary>
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IReadOnlyDictionary<string, string> None { get; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>A copy of a user's entries, in the order of their keys.</summary>
    /// <exception cref="ArgumentNullException">There are none.</exception>
    /// <exception cref="ArgumentException">They cannot be saved.</exception>
    public static IReadOnlyDictionary<string, string> Copy(IReadOnlyDictionary<string, string> entries, string parameter)
    {
        ArgumentNullException.ThrowIfNull(entries, parameter);
        var copy = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in entries)
        {
            if (key is not null && IsReserved(key))
            {
                throw new ArgumentException(
                    $"The key '{key}' is reserved: '{PythonFormat}' and keys that begin with '{ReservedStart}' are not the user's; "
                    + "choose another.", parameter);
            }
            copy[key!] = value;
        }
        return FindMistake(copy) is { } mistake
            ? throw new ArgumentException($"These metadata cannot be saved: {mistake}.", parameter)
            : new ReadOnlyDictionary<string, string>(copy);
    }

    /// <summary>The user's entries in a file.</summary>
    /// <exception cref="ModelFileException">They could not be saved again.</exception>
    public static IReadOnlyDictionary<string, string> In(IReadOnlyDictionary<string, string> metadata)
    {
        IReadOnlyDictionary<string, string> own = AllIn(metadata);
        return FindMistake(own) is { } mistake
            ? throw new ModelFileException(
                $"its metadata could not be saved again: {mistake}; to load the weights alone, "
                + $"pass new {nameof(WeightLoadOptions)} {{ {nameof(WeightLoadOptions.SkipMetadata)} = true }}.") : own;
    }

    /// <summary>The user's entries in a file, whatever they are.</summary>
    public static IReadOnlyDictionary<string, string> AllIn(IReadOnlyDictionary<string, string> metadata)
    {
        var own = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in metadata)
        {
            if (!IsReserved(key))
            {
                own.Add(key, value);
            }
        }
        return own.Count == 0 ? None : new ReadOnlyDictionary<string, string>(own);
    }

    private static bool IsReserved(string key) => key == PythonFormat || key.StartsWith(ReservedStart, StringComparison.Ordinal);

    private static string? FindMistake(IReadOnlyCollection<KeyValuePair<string, string>> entries)
    {
        if (entries.Count > MaxEntries)
        {
            return Invariant($"there are {entries.Count} entries, at most {MaxEntries} are allowed");
        }
        long bytes = 0;
        foreach ((string key, string value) in entries)
        {
            if (key.Length == 0)
            {
                return "a key is empty";
            }
            if (Count(key) is not (>= 0 and <= MaxKeyBytes and var keyBytes))
            {
                return Invariant($"a key has half a character or more than {MaxKeyBytes} bytes of UTF-8");
            }
            if (value is null || Count(value) is not (>= 0 and var valueBytes))
            {
                return $"the value of '{key}' is null or has half a character";
            }
            bytes += keyBytes + valueBytes;
        }
        return bytes <= MaxBytes ? null : Invariant($"they have {bytes} bytes of UTF-8, at most {MaxBytes} are allowed");
    }

    /// <summary>Bytes of UTF-8; -1 where there is half a character.</summary>
    private static long Count(string text)
    {
        try
        {
            return Encoding.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return -1;
        }
    }
}
