using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Experiments;

/// <summary>Reads NumPy's .npz: a zip archive of named arrays.</summary>
/// <remarks>Source of the format: NumPy's numpy/lib/format.py, versions 1 to 3.</remarks>
internal static partial class NumpyArchive
{
    private const int MaxBytes = 1 << 30;
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Some of the arrays by their names; the others are null and not read, whatever they hold.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="isWanted">Whether an array of a name is read.</param>
    /// <param name="budget">What may be read of the file.</param>
    /// <exception cref="InvalidDataException">It is no such archive, or an array has other elements: what is wrong, without a full
    /// stop.</exception>
    public static IReadOnlyDictionary<string, NumpyArray?> Read(byte[] bytes, Func<string, bool> isWanted, ElementBudget budget)
    {
        using ZipArchive archive = Open(bytes);
        var arrays = new Dictionary<string, NumpyArray?>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in archive.Entries.Where(static e => e.FullName.EndsWith(".npy", StringComparison.Ordinal)))
        {
            string name = entry.FullName[..^".npy".Length];
            try
            {
                arrays[name] = isWanted(name) ? ReadArray(Unpack(entry), budget) : null;
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"array {TableException.Quote(name)}: {e.Message.TrimEnd('.')}", e);
            }
        }
        return arrays;
    }

    /// <summary>Opens an archive in memory.</summary>
    /// <exception cref="InvalidDataException">It is none, or is damaged.</exception>
    public static ZipArchive Open(byte[] bytes)
    {
        try
        {
            var archive = new ZipArchive(new MemoryStream(bytes, writable: false), ZipArchiveMode.Read);
            // Reads the list of entries, which may be damaged, too.
            _ = archive.Entries;
            return archive;
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"this is not a complete archive ({e.Message.TrimEnd('.')}); fetch the file again", e);
        }
    }

    /// <summary>An entry's content. A damaged or malicious one may unpack to more than it says.</summary>
    /// <exception cref="InvalidDataException">It is damaged or too large.</exception>
    public static byte[] Unpack(ZipArchiveEntry entry)
    {
        if (entry.Length > MaxBytes)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"it has {entry.Length} bytes, more than the {MaxBytes} that are read"));
        }
        var content = new byte[entry.Length];
        using Stream stream = entry.Open();
        return stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) == content.Length && stream.ReadByte() < 0
            ? content : throw new InvalidDataException("the archive is damaged");
    }

    /// <summary>An array in the form of .npy.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    private static NumpyArray ReadArray(byte[] bytes, ElementBudget budget)
    {
        const int VersionEnd = 8;
        if (bytes.Length < VersionEnd + sizeof(uint) || !bytes.AsSpan().StartsWith(Magic))
        {
            throw new InvalidDataException("this is no array of NumPy's");
        }
        // Version 1 has a length of two bytes, the others of four.
        int start = VersionEnd + (bytes[6] == 1 ? sizeof(ushort) : sizeof(uint));
        long length = bytes[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(VersionEnd))
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(VersionEnd));
        if (start + length > bytes.Length)
        {
            throw new InvalidDataException("the array ends too early");
        }
        string header = Encoding.UTF8.GetString(bytes, start, (int)length);
        Match match = Header().Match(header);
        if (!match.Success)
        {
            throw new InvalidDataException($"the array's header {TableException.Quote(header.Trim())} is none that is known");
        }
        string description = match.Groups["type"].Value;
        NumpyType type = NumpyType.Find(description)
            ?? throw new InvalidDataException($"its elements have the type {TableException.Quote(description)}, which are no numbers");
        int[] shape = [.. match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value
                : throw new InvalidDataException($"a length {TableException.Quote(text)} is too large"))];
        bool isFortran = match.Groups["order"].Value == "True";
        int end = start + (int)length;
        return !type.IsObject ? NumpyArray.OfBytes(shape, type, isFortran, bytes.AsSpan(end), budget)
            : PickleReader.Read(bytes[end..], budget) is NumpyArray { Objects: not null } array
                && array.Shape.AsSpan().SequenceEqual(shape) ? array
            : throw new InvalidDataException("the array's objects do not have its shape");
    }

    // A dictionary as Python's repr writes it, whose three entries are sorted by name.
    [GeneratedRegex(@"'descr': '(?<type>[^']*)', 'fortran_order': (?<order>True|False), 'shape': \((?<shape>[0-9, ]*)\)")]
    private static partial Regex Header();
}
