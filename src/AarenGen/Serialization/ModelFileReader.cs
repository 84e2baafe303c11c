using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using static System.FormattableString;

namespace AarenGen.Serialization;

/// <summary>Reads what files say of themselves. Nothing is allocated by what a file merely claims.</summary>
internal sealed class ModelFileReader
{
    private const int BufferBytes = 1 << 16;

    private readonly Stream stream;
    private readonly byte[] buffer = new byte[BufferBytes];

    /// <summary>What is read is added to each of these.</summary>
    private readonly Stack<IncrementalHash> hashes = new();
    private long position;

    private ModelFileReader(Stream stream) => this.stream = stream;

    /// <summary>Reads a stream to its end.</summary>
    /// <exception cref="ModelFileException">The data are damaged or of another format.</exception>
    public static ModelFileInfo Read(Stream stream)
    {
        byte[] start = new byte[StateSnapshot.Magic.Length];
        int count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var reader = new ModelFileReader(stream);
        if (start.AsSpan().SequenceEqual(SeriesSnapshot.MagicOfMany))
        {
            return reader.ReadCollection(start);
        }
        bool isSeries = start.AsSpan().SequenceEqual(SeriesSnapshot.Magic);
        return isSeries || start.AsSpan().SequenceEqual(StateSnapshot.Magic)
            ? reader.ReadStates(start, isSeries) : reader.ReadTensors(start[..count]);
    }

    private ModelFileInfo ReadTensors(byte[] start)
    {
        (Dictionary<string, TensorEntry> tensors, Dictionary<string, string> metadata) =
            Safetensors.ReadHeader(stream, isWholeStream: true, start);
        TensorInfo[] infos = [.. tensors.Values.OrderBy(static t => t.Start).ThenBy(static t => t.End)
            .Select(static t => new TensorInfo(t.Name, t.Type, t.Shape, t.End - t.Start))];
        metadata.Remove(ModelFile.Checksum, out string? checksum);
        metadata.TryGetValue(CompiledModel.Mark, out string? compiled);
        bool? isRight = null;
        // A stream that seeks tells its length, with which the header was compared.
        if (checksum is not null || !stream.CanSeek)
        {
            // The checksum is of the metadata and the data as they follow each other.
            using IncrementalHash hash = Begin();
            ModelFile.AppendMetadata(hash, metadata);
            Skip(infos.Sum(static t => t.Bytes), "The weights are");
            bool fits = Convert.ToHexStringLower(End()) == checksum;
            isRight = checksum is null ? null : fits;
            if (stream.ReadByte() >= 0)
            {
                throw new ModelFileException("The file goes on after its last tensor; it is damaged, or holds more than a model.");
            }
        }
        var notes = ModelNotes.Read(null, metadata, UserMetadata.None);
        return new()
        {
            Kind = compiled is not null ? ModelFileKind.CompiledModel
                : metadata.ContainsKey(ModelFile.CheckpointMark) ? ModelFileKind.Checkpoint : ModelFileKind.Weights,
            DeclarationFingerprint = metadata.GetValueOrDefault(ModelFile.Fingerprint),
            WeightFingerprint = metadata.GetValueOrDefault(ModelNotes.WeightsMark),
            Precision = compiled is null ? null : CompiledModel.PrecisionOf(compiled)
                ?? throw new ModelFileException("The file was compiled by another version of AarenGen; write it anew with SaveCompiled."),
            FittedUntil = notes.Until,
            ReturnScale = notes.ReturnScale,
            HasRightChecksum = isRight,
            Tensors = infos,
            Metadata = UserMetadata.AllIn(metadata),
            States = [],
        };
    }

    /// <summary>States that follow each other until the stream ends.</summary>
    private ModelFileInfo ReadStates(byte[] start, bool isSeries)
    {
        var states = new List<SavedStateInfo>();
        SavedState last = default;
        do
        {
            string? before = last.Declaration;
            last = isSeries ? ReadSeries(start, out _) : ReadStream(start);
            if (before is not null && before != last.Declaration)
            {
                throw new ModelFileException(Invariant($"State {states.Count} belongs to another declaration than those before it."));
            }
            states.Add(last.Info);
        }
        while (stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) > 0);
        return OfStates(isSeries ? ModelFileKind.SeriesStates : ModelFileKind.StreamStates, last, states);
    }

    /// <summary>The states of a collection.</summary>
    private ModelFileInfo ReadCollection(byte[] start)
    {
        using IncrementalHash hash = Begin();
        (string declaration, int count) = ReadSeriesHeader(start, SeriesSnapshot.MagicOfMany);
        hashes.Pop();
        var states = new List<SavedStateInfo>();
        SavedState last = new(declaration, [], null!);
        for (int i = 0; i < count; i++)
        {
            ReadAll(start);
            last = ReadSeries(start, out byte[] checksum);
            if (last.Declaration != declaration)
            {
                throw Damaged();
            }
            states.Add(last.Info);
            hash.AppendData(checksum);
        }
        byte[] expected = hash.GetHashAndReset();
        if (!Take(expected.Length).SequenceEqual(expected) || stream.ReadByte() >= 0)
        {
            throw Damaged();
        }
        return OfStates(ModelFileKind.SeriesStateCollection, last, states);
    }

    private static ModelFileInfo OfStates(ModelFileKind kind, SavedState last, List<SavedStateInfo> states) => new()
    {
        Kind = kind,
        DeclarationFingerprint = last.Declaration,
        Tensors = last.Tensors,
        Metadata = UserMetadata.None,
        States = states,
    };

    /// <summary>The saved state of a stream, whose first bytes have been read.</summary>
    private SavedState ReadStream(byte[] start)
    {
        long begin = position;
        using IncrementalHash hash = Begin();
        ReadStart(start, StateSnapshot.Magic, StateSnapshot.Version);
        string declaration = TakeFingerprint();
        ulong weights = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
        long tokens = BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long))),
            doubles = BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));
        if (tokens is < 0 or > StateSnapshot.MaxTokens || doubles is < 0 or > int.MaxValue)
        {
            throw Damaged();
        }
        Skip(doubles * sizeof(double));
        int nameBytes = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));
        if (nameBytes is < StateSnapshot.NoSeries or > SeriesName.MaxBytes)
        {
            throw Damaged();
        }
        string? series = nameBytes == StateSnapshot.NoSeries ? null : StateSnapshot.NameIn(Take(nameBytes));
        CheckHash();
        return new(declaration, [new("state", "F64", [doubles], doubles * sizeof(double))], new(
            tokens, series, tokens == 0 ? null : WeightVersion.Text(weights), position - begin));
    }

    /// <summary>The saved state of a series, whose first bytes have been read.</summary>
    private SavedState ReadSeries(byte[] start, out byte[] checksum)
    {
        long begin = position;
        using IncrementalHash hash = Begin();
        (string declaration, int keyLength) = ReadSeriesHeader(start, SeriesSnapshot.Magic);
        if (keyLength > SeriesSnapshot.MaxKey)
        {
            throw Damaged();
        }
        var key = new StringBuilder();
        for (int left = keyLength; left > 0;)
        {
            int count = Math.Min(left, BufferBytes / sizeof(char));
            key.Append(MemoryMarshal.Cast<byte, char>(Take(count * sizeof(char))));
            left -= count;
        }
        int records = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));
        if (records < 0)
        {
            throw Damaged();
        }
        Skip(records);
        int stateBytes = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));
        ReadAll(start);
        SavedState state = ReadStream(start);
        if (state.Info.Bytes != stateBytes || state.Declaration != declaration)
        {
            throw Damaged();
        }
        checksum = CheckHash();
        return new(declaration, [.. state.Tensors, new("records", "U8", [records], records)], state.Info with
        {
            Series = key.ToString(), Bytes = position - begin,
        });
    }

    private (string Declaration, int Number) ReadSeriesHeader(byte[] start, ReadOnlySpan<byte> magic)
    {
        ReadStart(start, magic, SeriesSnapshot.Version);
        string declaration = TakeFingerprint();
        TakeFingerprint();
        int number = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));
        return number >= 0 ? (declaration, number) : throw Damaged();
    }

    /// <summary>Checks the first bytes, which have been read, and reads the version.</summary>
    private void ReadStart(byte[] start, ReadOnlySpan<byte> magic, byte version)
    {
        if (!start.AsSpan().SequenceEqual(magic))
        {
            throw Damaged();
        }
        position += start.Length;
        foreach (IncrementalHash hash in hashes)
        {
            hash.AppendData(start);
        }
        if (Take(1)[0] != version)
        {
            throw new ModelFileException("The state was saved by another version of AarenGen; save it again with this one.");
        }
    }

    private string TakeFingerprint()
    {
        string fingerprint = Encoding.ASCII.GetString(Take(StateSnapshot.FingerprintBytes));
        return fingerprint.All(char.IsAsciiHexDigitLower) ? fingerprint : throw Damaged();
    }

    private IncrementalHash Begin()
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hashes.Push(hash);
        return hash;
    }

    private byte[] End() => hashes.Pop().GetHashAndReset();

    /// <summary>Ends the hash that began last and compares it with the one that follows.</summary>
    private byte[] CheckHash()
    {
        byte[] hash = End();
        return Take(hash.Length).SequenceEqual(hash) ? hash : throw Damaged();
    }

    /// <summary>Reads a few bytes, which stay until the next read.</summary>
    private ReadOnlySpan<byte> Take(int count, string what = "The saved state is")
    {
        Span<byte> bytes = buffer.AsSpan(0, count);
        if (stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false) < count)
        {
            throw new ModelFileException($"{what} cut short; use an older copy.");
        }
        position += count;
        foreach (IncrementalHash hash in hashes)
        {
            hash.AppendData(bytes);
        }
        return bytes;
    }

    private void Skip(long count, string what = "The saved state is")
    {
        for (; count > 0; count -= Math.Min(count, BufferBytes))
        {
            Take((int)Math.Min(count, BufferBytes), what);
        }
    }

    /// <summary>Reads the first bytes of a state that must follow.</summary>
    private void ReadAll(byte[] start)
    {
        if (stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length)
        {
            throw new ModelFileException("The saved state is cut short; use an older copy.");
        }
    }

    private static ModelFileException Damaged() =>
        new("The saved state is damaged: its checksum does not fit, or it holds what cannot be; use an older copy.");

    /// <summary>A state, its tensors and the fingerprint of its declaration.</summary>
    private readonly record struct SavedState(string Declaration, IReadOnlyList<TensorInfo> Tensors, SavedStateInfo Info);
}
