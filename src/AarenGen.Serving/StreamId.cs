using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace AarenGen.Serving;

/// <summary>What may be the id of a stream.</summary>
internal static class StreamId
{
    /// <summary>What an id must be, as a sentence.</summary>
    public const string Rule =
        "The id of a stream must have 1 to 255 bytes of UTF-8, whole characters without a null character; send another one.";

    /// <summary>Writes an id as UTF-8.</summary>
    /// <param name="id">The id.</param>
    /// <param name="bytes">Room for three bytes for each of its characters.</param>
    /// <param name="written">How many bytes were written; 0 where it is none.</param>
    /// <returns>Whether it is an id.</returns>
    public static bool TryEncode(string? id, Span<byte> bytes, out int written)
    {
        written = 0;
        if (string.IsNullOrEmpty(id) || id.Length > IdArena.MaxBytes || id.Contains('\0')
            || Utf8.FromUtf16(id, bytes, out _, out int count, replaceInvalidSequences: false) != OperationStatus.Done
            || count > IdArena.MaxBytes)
        {
            return false;
        }
        written = count;
        return true;
    }

    /// <exception cref="ArgumentException">It is no id.</exception>
    public static void Check(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        Span<byte> bytes = stackalloc byte[3 * (IdArena.MaxBytes + 1)];
        if (!TryEncode(id, bytes, out _))
        {
            throw new ArgumentException(Rule, nameof(id));
        }
    }

    /// <exception cref="ArgumentException">It is no id.</exception>
    public static byte[] Encode(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        Span<byte> bytes = stackalloc byte[3 * (IdArena.MaxBytes + 1)];
        return TryEncode(id, bytes, out int written) ? bytes[..written].ToArray() : throw new ArgumentException(Rule, nameof(id));
    }

    public static string Decode(ReadOnlySpan<byte> id) => Encoding.UTF8.GetString(id);
}
