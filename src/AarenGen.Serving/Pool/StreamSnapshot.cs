using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;

namespace AarenGen.Serving;

/// <summary>
/// All streams as a file: "AarenStr", version (u32), declaration (its fingerprint, 64 ASCII characters), then of each stream bytes of its
/// id (u8), the id, the number of its bytes (i32) and its bytes (<see cref="SavedStreamFormat"/>), then a zero byte, the number of
/// streams (i64), and an XxHash3 of all that; little-endian. A stream that was removed while the file was written, and began again, may be
/// there twice; the last one counts.
/// </summary>
internal static class StreamSnapshot
{
    private const uint Version = 1;
    private const int StreamsPerPart = 256, BytesPerRead = 1 << 16;

    private static ReadOnlySpan<byte> Magic => "AarenStr"u8;

    private static int HeaderBytes => Magic.Length + sizeof(uint) + 64;

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
            stream, pools[0].Form.Fingerprint,
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
        var pauses = new List<PoolPause<TModel>>();
        try
        {
            // What is there now is saved, none is in a log, and none comes meanwhile.
            foreach (StreamPool<TModel> pool in pools)
            {
                pauses.Add(await pool.PauseAsync(cancellationToken).ConfigureAwait(false));
            }
            if (pools.Any(static p => p.Count > 0) || (store is not null && await AnyAsync(store, cancellationToken).ConfigureAwait(false)))
            {
                throw new InvalidOperationException(
                    "There are streams already; load saved ones where there are none, into an empty store.");
            }
            return await LoadAsync(
                pauses, pools[0].Form, id => poolOf(StreamTable.HashOf(StreamId.Encode(id))), stream, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            foreach (PoolPause<TModel> pause in pauses)
            {
                await pause.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task<long> LoadAsync<TModel>(
        List<PoolPause<TModel>> pauses, StreamForm<TModel> form, Func<string, int> poolOf, Stream stream,
        CancellationToken cancellationToken)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var ids = new HashSet<string>();
        try
        {
            await ReadAsync(
                stream, form.Fingerprint, MaxSavedBytes(form),
                async part =>
                {
                    // Before they are written: some of them may be where that fails.
                    ids.UnionWith(part.Select(static r => r.Id));
                    foreach (IGrouping<int, SavedStreamData> some in part.ToLookup(r => poolOf(r.Id)))
                    {
                        await pauses[some.Key].AddAsync([.. some]).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
            return ids.Count;
        }
        catch (Exception error)
        {
            try
            {
                foreach (IGrouping<int, string> some in ids.ToLookup(poolOf))
                {
                    foreach (string[] chunk in some.Chunk(StreamsPerPart))
                    {
                        await pauses[some.Key].ForgetAsync(chunk).ConfigureAwait(false);
                    }
                }
            }
            catch (IOException second)
            {
                throw new IOException(
                    $"The streams could not be loaded: {error.Message} Nor could those be taken back that were: {second.Message}", error);
            }
            throw;
        }
    }

    /// <summary>Bytes of a saved stream with the longest history that there may be.</summary>
    private static long MaxSavedBytes<TModel>(StreamForm<TModel> form) where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        SavedStreamFormat.Bytes(SequenceModel<TModel>.Description.Layout.StateDoubles, form.OutputWidth)
            + (1 + (long)StreamPoolOptions.MaxHistoryTokens * form.TokenWidth) * sizeof(float);

    private static async Task WriteAsync(
        Stream stream, string declaration, IAsyncEnumerable<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        var hash = new XxHash3();
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(Magic.Length), Version);
        Encoding.ASCII.GetBytes(declaration, header.AsSpan(Magic.Length + sizeof(uint)));
        await WriteAsync(header).ConfigureAwait(false);
        long count = 0;
        var start = new byte[1 + IdArena.MaxBytes + sizeof(int)];
        await foreach ((string id, ReadOnlyMemory<byte> data) in streams.WithCancellation(cancellationToken).ConfigureAwait(false))
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
    private static async Task ReadAsync(
        Stream stream, string declaration, long maxSavedBytes, Func<IReadOnlyList<SavedStreamData>, ValueTask> receive,
        CancellationToken cancellationToken)
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
        var part = new List<SavedStreamData>();
        while ((await ReadAsync(1).ConfigureAwait(false))[0] is var idBytes && idBytes > 0)
        {
            byte[] start = await ReadAsync(idBytes + sizeof(int)).ConfigureAwait(false);
            string id = Encoding.UTF8.GetString(start, 0, idBytes);
            int bytes = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(idBytes));
            if (bytes <= 0 || bytes > maxSavedBytes || !StreamId.TryEncode(id, new byte[3 * id.Length], out _))
            {
                throw Damaged();
            }
            part.Add(new(id, await ReadAsync(bytes).ConfigureAwait(false)));
            count++;
            if (part.Count == StreamsPerPart)
            {
                await receive(part).ConfigureAwait(false);
                part.Clear();
            }
        }
        await receive(part).ConfigureAwait(false);
        long expected = BinaryPrimitives.ReadInt64LittleEndian(await ReadAsync(sizeof(long)).ConfigureAwait(false));
        ulong computed = hash.GetCurrentHashAsUInt64(),
            stored = BinaryPrimitives.ReadUInt64LittleEndian(await ReadAsync(sizeof(ulong)).ConfigureAwait(false));
        if (expected != count || computed != stored)
        {
            throw Damaged();
        }

        async ValueTask<byte[]> ReadAsync(int bytes)
        {
            // In steps: a length that is damaged takes no more memory than the file has bytes.
            var read = new byte[Math.Min(bytes, BytesPerRead)];
            try
            {
                for (int at = 0; at < bytes; at = read.Length)
                {
                    Array.Resize(ref read, (int)Math.Min(bytes, at == 0 ? BytesPerRead : 2L * at));
                    await stream.ReadExactlyAsync(read.AsMemory(at), cancellationToken).ConfigureAwait(false);
                }
            }
            catch (EndOfStreamException error)
            {
                throw new ModelFileException("The saved streams end early; copy them again, or use a backup.", error);
            }
            hash.Append(read);
            return read;
        }
    }

    private static async IAsyncEnumerable<SavedStreamData> InMemoryAsync<TModel>(IReadOnlyList<StreamPool<TModel>> pools)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var part = new List<SavedStreamData>();
        foreach (StreamPool<TModel> pool in pools)
        {
            for (int row = 0; row >= 0;)
            {
                part.Clear();
                row = await pool.CopyAsync(row, part).ConfigureAwait(false);
                foreach (SavedStreamData saved in part)
                {
                    yield return saved;
                }
            }
        }
    }

    /// <summary>
    /// The saved streams: the empty id is the service's own. What is damaged would keep the others from being loaded, and is left out.
    /// </summary>
    private static async IAsyncEnumerable<SavedStreamData> InStoreAsync(
        IStreamStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (SavedStreamData saved in store.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (saved.Id.Length > 0 && SavedStreamFormat.IsSound(saved.Data.Span, StreamId.Encode(saved.Id)))
            {
                yield return saved;
            }
        }
    }

    private static async ValueTask<bool> AnyAsync(IStreamStore store, CancellationToken cancellationToken)
    {
        await foreach (SavedStreamData saved in store.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (saved.Id.Length > 0)
            {
                return true;
            }
        }
        return false;
    }

    private static ModelFileException Damaged() =>
        new("The saved streams are damaged: their checksum does not fit; use a backup.");
}
