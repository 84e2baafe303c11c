using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Unicode;

namespace Tables;

/// <summary>A text file in memory, optionally compressed with gzip, in UTF-8, UTF-16 or Windows-1252.</summary>
internal sealed class TextFile
{
    private const int SampleBytes = 4096;
    private readonly byte[] bytes;
    private readonly int length;
    private readonly Encoding encoding;

    private TextFile(byte[] bytes, int length, Encoding encoding) => (this.bytes, this.length, this.encoding) = (bytes, length, encoding);

    /// <summary>Reads all of a file.</summary>
    /// <param name="path">The file; its first bytes show whether it is compressed with gzip.</param>
    /// <exception cref="TableException">
    /// There is no such file, it is a folder, it may not be read, its compressed data are damaged, it holds no text, or more than 2 GB.
    /// </exception>
    public static TextFile Read(string path)
    {
        if (path.Length == 0)
        {
            throw new TableException("The data", null, null, "the file's name is empty; name a file.");
        }
        if (Directory.Exists(path))
        {
            throw new TableException(path, null, null, "this is a folder; name a file in it.");
        }
        try
        {
            using FileStream file = File.OpenRead(path);
            var content = new MemoryStream();
            file.CopyTo(content);
            if (content.Length > 2 && content.GetBuffer() is [0x1F, 0x8B, ..])
            {
                // Without this check a truncated file reads as a shorter one (dotnet/runtime pull request 75671).
                AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);
                content.Position = 0;
                var unpacked = new MemoryStream();
                new GZipStream(content, CompressionMode.Decompress).CopyTo(unpacked);
                content = unpacked;
            }
            ReadOnlySpan<byte> bytes = content.GetBuffer().AsSpan(0, (int)content.Length);
            return new(content.GetBuffer(), bytes.Length, EncodingOf(path, bytes));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TableException(path, null, null, "there is no such file; check the path.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TableException(path, null, null, "the file may not be read; give yourself the permission, or copy it.", e);
        }
        catch (InvalidDataException e)
        {
            throw new TableException(path, null, null, "the compressed data are damaged or end too early; fetch the file again.", e);
        }
        catch (IOException e)
        {
            throw new TableException(path, null, null, $"the file cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The text from its beginning.</summary>
    public StreamReader Open() => new(new MemoryStream(bytes, 0, length, writable: false), encoding);

    /// <summary>A finite number, with a decimal point in any culture.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    private static Encoding EncodingOf(string path, ReadOnlySpan<byte> bytes)
    {
        // StreamReader follows a byte order mark by itself.
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0xEF, 0xBB, 0xBF, ..])
        {
            return Encoding.UTF8;
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
        return Utf8.IsValid(bytes) ? Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(1252)!;
    }
}
