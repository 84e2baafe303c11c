using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace AarenGen.Serialization;

/// <summary>
/// The saved state of a series: magic, version of the format (a digit), fingerprints of the model and of the task (64 letters each), the
/// number of the key's characters (i32), the key in UTF-16, what the series' core writes and the saved state of its stream, each after the
/// number of its bytes (i32), and the SHA-256 of all that; little-endian. Several may follow each other in one stream.
/// </summary>
internal static class SeriesSnapshot
{
    public const byte Version = (byte)'3';
    public const int FingerprintBytes = 64;

    /// <summary>Characters of a key at most.</summary>
    public const int MaxKey = 1 << 20;

    /// <summary>What the saved state of a stream has at most beside its doubles.</summary>
    private const int MaxStateHeader = 1 << 13;

    /// <summary>What the file of every version starts with.</summary>
    public static ReadOnlySpan<byte> Magic => "AARENSR"u8;

    /// <summary>What the file of every version starts with that has the states of several series.</summary>
    public static ReadOnlySpan<byte> MagicOfMany => "AARENSS"u8;

    public static int HeaderBytes => Magic.Length + 1 + 2 * FingerprintBytes + sizeof(int);

    /// <exception cref="InvalidOperationException">The state is not finite.</exception>
    public static byte[] Write<TModel>(SeriesState<TModel> series)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        WriteHeader(writer, Magic, series.Layout, series.Key.Length);
        writer.Write(MemoryMarshal.AsBytes(series.Key.AsSpan()));
        writer.Write(series.Core.SavedBytes);
        series.Core.Write(writer);
        using var state = new MemoryStream();
        series.Stream.Save(state);
        writer.Write((int)state.Length);
        writer.Flush();
        state.WriteTo(bytes);
        bytes.Write(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        return bytes.ToArray();
    }

    /// <summary>Reads a state, and its checksum.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="layout">That of the task.</param>
    /// <param name="create">Creates the state of a key at its beginning.</param>
    /// <param name="checksum">The checksum.</param>
    /// <exception cref="ModelFileException">The data are damaged or belong to another model.</exception>
    public static SeriesState<TModel> Read<TModel>(
        Stream stream, RecordLayout layout, Func<string, SeriesState<TModel>> create, out byte[] checksum)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        byte[] header = ReadHeader(stream, Magic, "a series", "SeriesState.Save", layout, out int keyLength);
        if (keyLength is < 0 or > MaxKey)
        {
            throw Damaged();
        }
        int coreStart = keyLength * sizeof(char) + sizeof(int), coreBytes = layout.SavedBytes;
        byte[] body = new byte[coreStart + coreBytes + sizeof(int)];
        ReadAll(stream, body);
        int stateBytes = BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(body.Length - sizeof(int)));
        if (BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(coreStart - sizeof(int))) != coreBytes
            || stateBytes < 0 || stateBytes > sizeof(double) * (long)layout.Description.Layout.StateDoubles + MaxStateHeader)
        {
            throw Damaged();
        }
        byte[] saved = new byte[stateBytes], last = new byte[SHA256.HashSizeInBytes];
        ReadAll(stream, saved);
        ReadAll(stream, last);
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            hash.AppendData(header);
            hash.AppendData(body);
            hash.AppendData(saved);
            checksum = hash.GetHashAndReset();
        }
        if (!last.AsSpan().SequenceEqual(checksum))
        {
            throw Damaged();
        }
        string key = new(MemoryMarshal.Cast<byte, char>(body.AsSpan(0, keyLength * sizeof(char))));
        if (!layout.CanName(key))
        {
            throw Damaged();
        }
        SeriesState<TModel> state = create(key);
        using var reader = new BinaryReader(new MemoryStream(body, coreStart, coreBytes));
        state.Core.Read(reader);
        state.Stream.Load(new MemoryStream(saved));
        return state.Core.Fits(state.TokenCount) ? state : throw Damaged();
    }

    /// <summary>
    /// Writes the states of several series: the same header, with another magic and the number of states in the place of the key's length;
    /// the states; and the SHA-256 of the header and the states' checksums.
    /// </summary>
    /// <exception cref="InvalidOperationException">A state is not finite. Those before it may have been written.</exception>
    public static void WriteMany<TModel>(Stream stream, RecordLayout layout, IReadOnlyCollection<SeriesState<TModel>> states)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var header = new MemoryStream();
        using var writer = new BinaryWriter(header);
        WriteHeader(writer, MagicOfMany, layout, states.Count);
        writer.Flush();
        hash.AppendData(header.ToArray());
        stream.Write(header.ToArray());
        foreach (SeriesState<TModel> state in states)
        {
            byte[] bytes = Write(state);
            hash.AppendData(bytes, bytes.Length - SHA256.HashSizeInBytes, SHA256.HashSizeInBytes);
            stream.Write(bytes);
        }
        stream.Write(hash.GetHashAndReset());
    }

    /// <summary>Reads the states of several series.</summary>
    /// <exception cref="ModelFileException">The data are damaged or belong to another model.</exception>
    public static Dictionary<string, SeriesState<TModel>> ReadMany<TModel>(
        Stream stream, RecordLayout layout, Func<string, SeriesState<TModel>> create)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(ReadHeader(stream, MagicOfMany, "several series", "SeriesStateCollection.Save", layout, out int count));
        // Not as large as the file says at once: its number may be damaged.
        var states = new Dictionary<string, SeriesState<TModel>>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            SeriesState<TModel> state = Read(stream, layout, create, out byte[] checksum);
            hash.AppendData(checksum);
            if (!states.TryAdd(state.Key, state))
            {
                throw Damaged();
            }
        }
        byte[] last = new byte[SHA256.HashSizeInBytes];
        ReadAll(stream, last);
        return hash.GetHashAndReset().AsSpan().SequenceEqual(last) ? states : throw Damaged();
    }

    private static void WriteHeader(BinaryWriter writer, ReadOnlySpan<byte> magic, RecordLayout layout, int number)
    {
        writer.Write(magic);
        writer.Write(Version);
        writer.Write(Encoding.ASCII.GetBytes(layout.Description.Fingerprint));
        writer.Write(layout.Fingerprint);
        writer.Write(number);
    }

    private static byte[] ReadHeader(
        Stream stream, ReadOnlySpan<byte> magic, string what, string wanted, RecordLayout layout, out int number)
    {
        byte[] header = new byte[HeaderBytes];
        int read = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        int compared = Math.Min(read, magic.Length);
        if (read == 0 || !header.AsSpan(0, compared).SequenceEqual(magic[..compared]))
        {
            string format = FileFormat.Describe(header.AsSpan(0, Math.Min(read, FileFormat.StartBytes)), isState: true, wanted);
            throw new ModelFileException($"This is no saved state of {what}, but {format}");
        }
        if (read > magic.Length && header[magic.Length] != Version)
        {
            throw new ModelFileException("The state was saved by another version of AarenGen; save it again with this one.");
        }
        if (read < header.Length)
        {
            throw CutShort();
        }
        ReadOnlySpan<byte> fingerprints = header.AsSpan(magic.Length + 1);
        if (!fingerprints[..FingerprintBytes].SequenceEqual(Encoding.ASCII.GetBytes(layout.Description.Fingerprint)))
        {
            throw new ModelFileException(
                "The state belongs to a model with another declaration; save it again from a model declared like this one.");
        }
        if (!fingerprints.Slice(FingerprintBytes, FingerprintBytes).SequenceEqual(layout.Fingerprint))
        {
            throw new ModelFileException(
                "The state belongs to a model of other records, or with another grid of time; "
                + "save it again from one declared like this one.");
        }
        number = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(HeaderBytes - sizeof(int)));
        return header;
    }

    private static void ReadAll(Stream stream, byte[] bytes)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw CutShort();
        }
    }

    private static ModelFileException Damaged() => new("The saved state is damaged: its checksum does not fit; use an older copy.");

    private static ModelFileException CutShort() => new("The saved state is cut short; use an older copy.");
}
