using System.Text;
using System.Text.Unicode;

namespace AarenGen.Data;

/// <summary>Text files, optionally compressed with gzip, in UTF-8, UTF-16 or Windows-1252.</summary>
public static class TextFile
{
    private const int SampleBytes = 4096;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Opens a text file that is short enough for the memory: its encoding is found from all of it.</summary>
    /// <param name="path">The file; its first bytes show whether it is compressed with gzip.</param>
    /// <returns>The text from its beginning; to be disposed.</returns>
    /// <exception cref="TableException">
    /// There is no such file, it is a folder, it may not be read, its compressed data are damaged, it holds no text, or more than 2 GB.
    /// </exception>
    public static StreamReader Open(string path)
    {
        using FileSource source = FileSource.Open(path);
        var content = new MemoryStream();
        FileSource.Guard(path, () =>
        {
            using Stream bytes = source.FromStart();
            bytes.CopyTo(content);
            return 0;
        });
        ReadOnlySpan<byte> all = content.GetBuffer().AsSpan(0, (int)content.Length);
        Encoding encoding = FindEncoding(path, all, isWhole: true);
        return new(new MemoryStream(content.GetBuffer(), 0, all.Length, writable: false), encoding);
    }

    /// <summary>Opens a text file of any length; its encoding is found from its beginning.</summary>
    internal static StreamReader Open(FileSource source, Encoding? given)
    {
        Encoding encoding = given is null ? FindEncoding(source.Path, source.Head.Span, source.IsWhole) : Strict(given);
        Stream stream = source.FromStart();
        bool isMarked = source.Head.Span is [0xEF, 0xBB, 0xBF, ..];
        if (isMarked && encoding.CodePage == StrictUtf8.CodePage)
        {
            // StreamReader would replace a strict encoding by one that is not when it finds the mark.
            stream.ReadExactly(stackalloc byte[3]);
        }
        return new(stream, encoding, detectEncodingFromByteOrderMarks: !isMarked, bufferSize: 1 << 16);
    }

    /// <summary>The encoding that the beginning of a file shows.</summary>
    /// <exception cref="TableException">The bytes are no text.</exception>
    internal static Encoding FindEncoding(string path, ReadOnlySpan<byte> bytes, bool isWhole)
    {
        // StreamReader follows a byte order mark by itself.
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0xEF, 0xBB, 0xBF, ..])
        {
            return StrictUtf8;
        }
        ReadOnlySpan<byte> sample = bytes[..Math.Min(bytes.Length, SampleBytes)];
        if (sample.Contains((byte)0))
        {
            (int even, int odd) = (0, 0);
            for (int i = 0; i < sample.Length; i++)
            {
                _ = sample[i] != 0 ? 0 : i % 2 == 0 ? even++ : odd++;
            }
            // Digits and Latin letters in UTF-16: every second byte is 0.
            int enough = sample.Length / 2 * 9 / 10;
            return even == 0 && odd > 0 && odd >= enough ? Encoding.Unicode
                : odd == 0 && even > 0 && even >= enough ? Encoding.BigEndianUnicode
                : throw new TableException(path, null, null, bytes is [(byte)'P', (byte)'K', 3, 4, ..]
                    ? "this is a zip archive or an Excel workbook, not text; unpack it, or save it as CSV."
                    : "the file holds binary data, not text; export it as CSV.");
        }
        return Utf8.IsValid(isWhole ? bytes : bytes[..WholeCharacters(bytes)]) ? StrictUtf8 : Windows1252;
    }

    /// <summary>Western European text.</summary>
    internal static Encoding Windows1252 => CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    private static Encoding Strict(Encoding encoding)
    {
        var strict = (Encoding)encoding.Clone();
        strict.DecoderFallback = DecoderFallback.ExceptionFallback;
        return strict;
    }

    /// <summary>The bytes without a last character of UTF-8 that is cut.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        for (int back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            byte last = bytes[^back];
            if (last >= 0xC0)
            {
                return bytes.Length - back;
            }
            if (last < 0x80)
            {
                break;
            }
        }
        return bytes.Length;
    }
}
