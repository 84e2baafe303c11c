using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;

namespace AarenGen.Serving;

/// <summary>
/// All streams as a file: "AarenStr", version (u32), declaration (its fingerprint, 64 ASCII characters), weights of the model that wrote it
/// (u64), then of each stream bytes of its id (u8), the id, bytes of its record (i32) and the record (<see cref="StreamRecord"/>), then a
/// zero byte, the number of streams (i64), and an XxHash3 of all that; little-endian.
/// </summary>
internal static class StreamSnapshot
{
    private const uint Version = 1;
    private const int RecordsPerPart = 256;

    private static ReadOnlySpan<byte> Magic => "AarenStr"u8;

    private static int HeaderBytes => Magic.Length + sizeof(uint) + 64 + sizeof(ulong);

    /// <summary>Writes all streams of pools: with a store those that are in it, once all that has changed is.</summary>
    public static async Task SaveAsync<TModel>(
        IReadOnlyList<StreamPool<TModel>> pools, IStreamStore? store, Stream stream, CancellationToken cancellationToken)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        Arguments.CheckWritable(stream);
        foreach (StreamPool<TModel> pool in pools)
        {
            await pool.CheckpointAsync(cancellationToken).ConfigureAwait(false);
        }
        await WriteAsync(
            stream, SequenceModel<TModel>.Description.Fingerprint, pools[0].Model.Origin.Weights.Fingerprint,
            store is null ? InMemoryAsync(pools) : InStoreAsync(store, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads all streams into pools that have none.</summary>
    /// <returns>How many there are.</returns>
    public static async Task<long> LoadAsync<TModel>(
        IReadOnlyList<StreamPool<TModel>> pools, IStreamStore? store, Func<ulong, int> poolOf, Stream stream,
        CancellationToken cancellationToken)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        Arguments.CheckReadable(stream);
        if (pools.Any(static p => p.Count > 0) || (store is not null && await AnyAsync(store, cancellationToken).ConfigureAwait(false)))
        {
            throw new InvalidOperationException("There are streams already; load saved ones before the first token, into an empty store.");
        }
        try
        {
            return await ReadAsync(
                stream, SequenceModel<TModel>.Description.Fingerprint,
                async part =>
                {
                    foreach (IGrouping<StreamPool<TModel>, StoredRecord> some in part.ToLookup(
                        r => pools[poolOf(StreamTable.HashOf(StreamId.Encode(r.Id)))]))
                    {
                        await some.Key.AddAsync([.. some], cancellationToken).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await ForgetAsync(pools, store).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task WriteAsync(
        Stream stream, string declaration, ulong weights, IAsyncEnumerable<StoredRecord> records, CancellationToken cancellationToken)
    {
        var hash = new XxHash3();
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(Magic.Length), Version);
        Encoding.ASCII.GetBytes(declaration, header.AsSpan(Magic.Length + sizeof(uint)));
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(HeaderBytes - sizeof(ulong)), weights);
        await WriteAsync(header).ConfigureAwait(false);
        long count = 0;
        var start = new byte[1 + IdArena.MaxBytes + sizeof(int)];
        await foreach ((string id, ReadOnlyMemory<byte> data) in records.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            int bytes = Encoding.UTF8.GetBytes(id, start.AsSpan(1));
            start[0] = (byte)bytes;
            BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(1 + bytes), data.Length);
            await WriteAsync(start.AsMemory(0, 1 + bytes + sizeof(int))).ConfigureAwait(false);
            await WriteAsync(data).ConfigureAwait(false);
            count++;
        }
        var end = new byte[1 + 2 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(1), count);
        hash.Append(end.AsSpan(0, 1 + sizeof(long)));
        BinaryPrimitives.WriteUInt64LittleEndian(end.AsSpan(1 + sizeof(long)), hash.GetCurrentHashAsUInt64());
        await stream.WriteAsync(end, cancellationToken).ConfigureAwait(false);

        ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            hash.Append(bytes.Span);
            return stream.WriteAsync(bytes, cancellationToken);
        }
    }

    /// <summary>Reads streams in parts; what was received counts only once it has returned.</summary>
    /// <exception cref="ModelFileException">The data are damaged, of another declaration, or no streams at all.</exception>
    private static async Task<long> ReadAsync(
        Stream stream, string declaration, Func<IReadOnlyList<StoredRecord>, ValueTask> receive, CancellationToken cancellationToken)
    {
        var hash = new XxHash3();
        byte[] header = await ReadAsync(HeaderBytes).ConfigureAwait(false);
        if (!header.AsSpan().StartsWith(Magic))
        {
            throw new ModelFileException("These are no streams: SaveAsync of a pool or of a service writes them.");
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(Magic.Length)) is var version && version != Version)
        {
            throw new ModelFileException($"The streams were saved in version {version}, but only version {Version} can be read.");
        }
        if (Encoding.ASCII.GetString(header, Magic.Length + sizeof(uint), 64) != declaration)
        {
            throw new ModelFileException("The streams belong to another declaration; use a model declared like the one that wrote them.");
        }
        long count = 0;
        var part = new List<StoredRecord>();
        while ((await ReadAsync(1).ConfigureAwait(false))[0] is var idBytes && idBytes > 0)
        {
            byte[] start = await ReadAsync(idBytes + sizeof(int)).ConfigureAwait(false);
            string id = Encoding.UTF8.GetString(start, 0, idBytes);
            int bytes = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(idBytes));
            // A record is a state and some tokens: a length beyond that is damage, and must not take memory.
            if (bytes is <= 0 or > 1 << 30 || !StreamId.TryEncode(id, new byte[3 * id.Length], out _))
            {
                throw Damaged();
            }
            part.Add(new(id, await ReadAsync(bytes).ConfigureAwait(false)));
            count++;
            if (part.Count == RecordsPerPart)
            {
                await receive(part).ConfigureAwait(false);
                part.Clear();
            }
        }
        await receive(part).ConfigureAwait(false);
        long expected = BinaryPrimitives.ReadInt64LittleEndian(await ReadAsync(sizeof(long)).ConfigureAwait(false));
        ulong computed = hash.GetCurrentHashAsUInt64(),
            stored = BinaryPrimitives.ReadUInt64LittleEndian(await ReadAsync(sizeof(ulong)).ConfigureAwait(false));
        return expected == count && computed == stored ? count : throw Damaged();

        async ValueTask<byte[]> ReadAsync(int bytes)
        {
            var read = new byte[bytes];
            try
            {
                await stream.ReadExactlyAsync(read, cancellationToken).ConfigureAwait(false);
            }
            catch (EndOfStreamException error)
            {
                throw new ModelFileException("The saved streams end early; copy them again, or use a backup.", error);
            }
            hash.Append(read);
            return read;
        }
    }

    private static async IAsyncEnumerable<StoredRecord> InMemoryAsync<TModel>(IReadOnlyList<StreamPool<TModel>> pools)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var part = new List<StoredRecord>();
        foreach (StreamPool<TModel> pool in pools)
        {
            for (int row = 0; row >= 0;)
            {
                part.Clear();
                row = await pool.CopyAsync(row, part).ConfigureAwait(false);
                foreach (StoredRecord record in part)
                {
                    yield return record;
                }
            }
        }
    }

    /// <summary>The records of streams: the empty id is the service's own.</summary>
    private static async IAsyncEnumerable<StoredRecord> InStoreAsync(
        IStreamStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StoredRecord record in store.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (record.Id.Length > 0)
            {
                yield return record;
            }
        }
    }

    private static async ValueTask<bool> AnyAsync(IStreamStore store, CancellationToken cancellationToken)
    {
        await foreach (StoredRecord _ in InStoreAsync(store, cancellationToken).ConfigureAwait(false))
        {
            return true;
        }
        return false;
    }

    /// <summary>Takes back what was read of streams that turned out to be damaged.</summary>
    private static async ValueTask ForgetAsync<TModel>(IReadOnlyList<StreamPool<TModel>> pools, IStreamStore? store)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        IAsyncEnumerable<StoredRecord> read = store is null ? InMemoryAsync(pools) : InStoreAsync(store, CancellationToken.None);
        var ids = new List<string>();
        await foreach (StoredRecord record in read.ConfigureAwait(false))
        {
            ids.Add(record.Id);
        }
        foreach (string[] some in ids.Chunk(RecordsPerPart))
        {
            foreach (StreamPool<TModel> pool in pools)
            {
                await pool.RemoveAsync(some).ConfigureAwait(false);
            }
        }
    }

    private static ModelFileException Damaged() =>
        new("The saved streams are damaged: their checksum does not fit; use a backup.");
}
