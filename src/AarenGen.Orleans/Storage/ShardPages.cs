using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AarenGen.Serving;

namespace AarenGen.Orleans;

/// <summary>The pages of a shard in the storage, each with some saved streams.</summary>
/// <remarks>
/// An earlier activation may still write pages, which hold nothing that the log did not hold before the fence, and never in place of pages
/// of the later one, since writes name what they replace. It adds no streams to them: the later one would have these on other pages. An
/// activation adds streams to open pages alone, which say so in the storage, and the next one claims those first. A page that gets room is
/// opened with one write, and used once a later write of the header has shown that nobody else has come.
/// Streams that grow may be too long for their page: some streams move to new pages then, which are written and counted in the header
/// before the old page loses them. Where that ends halfway, a stream is on two pages, and the one on the later page counts: the next
/// activation's first write removes it from the earlier one.
/// </remarks>
internal sealed class ShardPages(GrainStates states, Fence fence, ShardHeader header) : IDisposable
{
    private const int StreamsPerPage = 256, ReadsAtOnce = 8;

    /// <summary>Bytes of all streams of a page, where it has more than one. The smallest MaxStateBytes is above it.</summary>
    private const int StreamBytesPerPage = (1 << 18) - StoredPage.HeaderBytes;

    private readonly long epoch = header.Value.Epoch;
    private readonly Dictionary<string, Place> places = [];
    private readonly List<Page> pages = [];
    private readonly SemaphoreSlim writing = new(1);

    /// <summary>Saved streams that nobody has asked for yet.</summary>
    public int UnreadCount
    {
        get
        {
            lock (places)
            {
                return places.Count(static p => p.Key.Length > 0 && !p.Value.Saved.IsEmpty);
            }
        }
    }

    /// <summary>Takes the pages over that an earlier activation has handed over as they are in the storage.</summary>
    public void Take(CarriedPages carried)
    {
        for (int i = 0; i < carried.Pages.Count; i++)
        {
            AddPage(carried.Pages[i].Data, carried.Pages[i].ETag);
        }
    }

    /// <summary>Reads all pages, and claims those that are open.</summary>
    /// <exception cref="IOException">The provider failed, or a page is missing or damaged.</exception>
    public async Task ReadPagesAsync()
    {
        var reads = new Task<(byte[] Data, string? ETag)>[ReadsAtOnce];
        for (int first = 0; first < header.Value.Pages; first += ReadsAtOnce)
        {
            int count = Math.Min(ReadsAtOnce, header.Value.Pages - first);
            for (int i = 0; i < count; i++)
            {
                reads[i] = states.ReadAsync(NameOf(first + i));
            }
            await Task.WhenAll(reads.AsSpan(0, count)).ConfigureAwait(false);
            for (int i = 0; i < count; i++)
            {
                (byte[] data, string? etag) = await ClaimAsync(first + i, await reads[i].ConfigureAwait(false)).ConfigureAwait(false);
                AddPage(data, etag);
            }
        }
    }

    /// <summary>What the next activation needs to read no page, once all is written.</summary>
    /// <param name="streams">All streams that were used, as they are now.</param>
    /// <param name="maxBytes">With more bytes there is none.</param>
    /// <returns>Null: the pages must be read.</returns>
    public CarriedPages? Carry(IReadOnlyList<SavedStreamData> streams, long maxBytes)
    {
        Dictionary<string, ReadOnlyMemory<byte>> used = streams.ToDictionary(static r => r.Id, static r => r.Data);
        long bytes = 0;
        var carried = new List<CarriedPage>();
        foreach (Page page in pages)
        {
            if (!page.IsKnown || page.HasMoved)
            {
                return null;
            }
            var parts = new List<(string, ReadOnlyMemory<byte>)>();
            foreach (string id in page.Ids)
            {
                if (!used.TryGetValue(id, out ReadOnlyMemory<byte> saved) && (saved = places[id].Saved).IsEmpty)
                {
                    return null;
                }
                parts.Add((id, saved));
                bytes += StoredPage.BytesOf(id, saved.Length);
            }
            if (bytes > maxBytes)
            {
                return null;
            }
            carried.Add(new(page.ETag, StoredPage.Write(epoch, page.IsOpen, parts)));
        }
        return new(epoch, carried);
    }

    /// <summary>Changes the header, which opens the pages that say so in the storage.</summary>
    /// <exception cref="FencedException">A later activation has claimed it.</exception>
    /// <exception cref="IOException">The provider failed; the header may have been written nevertheless.</exception>
    public async Task WriteHeaderAsync(Func<StoredHeader, StoredHeader> change)
    {
        Page[] opening;
        lock (places)
        {
            opening = [.. pages.Where(static p => p.IsOpening)];
        }
        await header.WriteAsync(change).ConfigureAwait(false);
        lock (places)
        {
            Array.ForEach(opening, static p => (p.IsOpen, p.IsOpening) = (p.IsOpen || p.IsOpening, false));
        }
    }

    /// <inheritdoc cref="IStreamStore.ReadAsync"/>
    public async ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive)
    {
        var found = new List<(int Index, ReadOnlyMemory<byte> Saved)>();
        var unread = new Dictionary<int, List<int>>();
        lock (places)
        {
            for (int i = 0; i < ids.Count; i++)
            {
                if (!places.TryGetValue(ids[i], out Place place))
                {
                    continue;
                }
                if (place.Saved.IsEmpty)
                {
                    (CollectionsMarshal.GetValueRefOrAddDefault(unread, place.Page, out _) ??= []).Add(i);
                    continue;
                }
                places[ids[i]] = place with { Saved = KeptOf(ids[i], place.Saved) };
                found.Add((i, place.Saved));
            }
        }
        found.ForEach(f => receive(f.Index, f.Saved.Span));
        foreach ((int page, List<int> some) in unread)
        {
            (Dictionary<string, ReadOnlyMemory<byte>> streams, _) = await ReadPageAsync(page).ConfigureAwait(false);
            foreach (int i in some)
            {
                if (streams.TryGetValue(ids[i], out ReadOnlyMemory<byte> saved))
                {
                    receive(i, saved.Span);
                }
            }
        }
    }

    /// <inheritdoc cref="IStreamStore.WriteAsync"/>
    public async ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            fence.Check();
            // Where that failed before: streams leave no page that is not counted.
            await CountPagesAsync([]).ConfigureAwait(false);
            Dictionary<int, Dictionary<string, ReadOnlyMemory<byte>>> changes = ByPage(streams);
            foreach (int page in changes.Keys.ToArray())
            {
                await MoveSurplusAsync(page, changes).ConfigureAwait(false);
            }
            await CountPagesAsync(changes).ConfigureAwait(false);
            // Those that streams have left come first: a stream of the same id may begin on an earlier page.
            for (int page = 0; page < pages.Count; page++)
            {
                if (pages[page].HasMoved)
                {
                    await WritePageAsync(page, changes).ConfigureAwait(false);
                }
            }
            foreach (int page in changes.Keys.ToArray())
            {
                await WritePageAsync(page, changes).ConfigureAwait(false);
            }
        }
        finally
        {
            writing.Release();
        }
    }

    /// <inheritdoc cref="IStreamStore.ReadAllAsync"/>
    public async IAsyncEnumerable<SavedStreamData> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int page = 0; page < pages.Count; page++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (Dictionary<string, ReadOnlyMemory<byte>> streams, _) = await ReadPageAsync(page).ConfigureAwait(false);
            foreach ((string id, ReadOnlyMemory<byte> saved) in streams)
            {
                if (IsOn(page, id))
                {
                    yield return new(id, saved);
                }
            }
        }
    }

    public void Dispose() => writing.Dispose();

    /// <summary>Claims a page that was read, where an earlier activation may still add streams to it.</summary>
    private async Task<(byte[] Data, string? ETag)> ClaimAsync(int number, (byte[] Data, string? ETag) read)
    {
        var conflicts = new StateConflicts();
        while (true)
        {
            if (read.Data.Length == 0)
            {
                throw new IOException($"State '{NameOf(number)}' of the shard is missing; restore a backup of the storage.");
            }
            CheckEpoch(number, read.Data);
            if (!StoredPage.IsOpen(read.Data))
            {
                return read;
            }
            byte[] claimed = StoredPage.Claim(read.Data, epoch);
            try
            {
                return (claimed, await states.WriteAsync(NameOf(number), claimed, read.ETag).ConfigureAwait(false));
            }
            catch (StateConflictException error)
            {
                conflicts.Add(error);
            }
            read = await states.ReadAsync(NameOf(number)).ConfigureAwait(false);
        }
    }

    /// <summary>Adds the next page as it is in the storage.</summary>
    private void AddPage(byte[] data, string? etag)
    {
        int number = pages.Count;
        List<(string Id, ReadOnlyMemory<byte> Saved)> streams = StoredPage.Read(NameOf(number), data);
        var page = new Page { ETag = etag, IsKnown = true, IsWritten = true, IsOpen = StoredPage.IsOpen(data) };
        pages.Add(page);
        foreach ((string id, ReadOnlyMemory<byte> saved) in streams)
        {
            if (places.TryGetValue(id, out Place before))
            {
                // It moved here, and the earlier page has not lost it.
                pages[before.Page].Remove(id, before.Bytes);
                pages[before.Page].HasMoved = true;
            }
            int bytes = StoredPage.BytesOf(id, saved.Length);
            page.Add(id, bytes);
            places[id] = new(number, bytes, saved);
        }
    }

    /// <summary>Changes by the pages of their streams. New ones get a page; those that are removed and have none are left out.</summary>
    private Dictionary<int, Dictionary<string, ReadOnlyMemory<byte>>> ByPage(IReadOnlyList<SavedStreamData> streams)
    {
        var changes = new Dictionary<int, Dictionary<string, ReadOnlyMemory<byte>>>();
        lock (places)
        {
            foreach ((string id, ReadOnlyMemory<byte> data) in streams)
            {
                int page = places.TryGetValue(id, out Place place) ? place.Page : data.IsEmpty ? -1 : Assign(id, data.Length);
                if (page >= 0)
                {
                    (CollectionsMarshal.GetValueRefOrAddDefault(changes, page, out _) ??= [])[id] = data;
                }
            }
        }
        return changes;
    }

    /// <summary>Finds a page for a stream that is new: streams that begin together are written together.</summary>
    private int Assign(string id, int savedBytes)
    {
        int bytes = StoredPage.BytesOf(id, savedBytes);
        int page = pages.Count - 1;
        if (page < 0 || !IsUsable(pages[page]))
        {
            page = pages.FindIndex(IsUsable);
        }
        if (page < 0)
        {
            page = pages.Count;
            pages.Add(new() { IsOpen = true });
        }
        pages[page].Add(id, bytes);
        places[id] = new(page, bytes, default);
        return page;

        bool IsUsable(Page p) => p.IsOpen && p.HasRoom(bytes);
    }

    /// <summary>Moves streams to new pages where changed streams make a page too long.</summary>
    private async Task MoveSurplusAsync(int number, Dictionary<int, Dictionary<string, ReadOnlyMemory<byte>>> changes)
    {
        Page page = pages[number];
        int bytes = page.Bytes;
        lock (places)
        {
            foreach ((string id, ReadOnlyMemory<byte> saved) in changes[number])
            {
                bytes += (saved.IsEmpty ? 0 : StoredPage.BytesOf(id, saved.Length)) - places[id].Bytes;
            }
        }
        if (bytes <= StreamBytesPerPage || page.Ids.Count == 1)
        {
            return;
        }
        (Dictionary<string, ReadOnlyMemory<byte>> read, _) = await ReadPageAsync(number).ConfigureAwait(false);
        List<(string Id, ReadOnlyMemory<byte> Saved)> streams = Merge(page, changes[number], read)!;
        lock (places)
        {
            bytes = 0;
            for (int i = 0; i < streams.Count; i++)
            {
                (string id, ReadOnlyMemory<byte> saved) = streams[i];
                bytes += StoredPage.BytesOf(id, saved.Length);
                if (i > 0 && bytes > StreamBytesPerPage)
                {
                    Move(id, saved, changes);
                }
            }
        }
    }

    /// <summary>Moves a stream to a page that is not counted yet.</summary>
    private void Move(string id, ReadOnlyMemory<byte> saved, Dictionary<int, Dictionary<string, ReadOnlyMemory<byte>>> changes)
    {
        Place before = places[id];
        int bytes = StoredPage.BytesOf(id, saved.Length), to = pages.Count - 1;
        if (to < header.Value.Pages || !pages[to].HasRoom(bytes))
        {
            to = pages.Count;
            pages.Add(new() { IsOpen = true });
        }
        pages[before.Page].Remove(id, before.Bytes);
        pages[before.Page].HasMoved = true;
        pages[to].Add(id, bytes);
        places[id] = before with { Page = to, Bytes = bytes };
        if (changes[before.Page].Remove(id))
        {
            (CollectionsMarshal.GetValueRefOrAddDefault(changes, to, out _) ??= [])[id] = saved;
            // The caller uses its memory again, also where the page cannot be written now.
            saved = saved.ToArray();
        }
        pages[to].Moved[id] = saved;
    }

    /// <summary>Writes the pages that the header does not count yet, whatever of theirs there is, and then counts them.</summary>
    private async Task CountPagesAsync(Dictionary<int, Dictionary<string, ReadOnlyMemory<byte>>> changes)
    {
        if (pages.Count == header.Value.Pages)
        {
            return;
        }
        for (int page = header.Value.Pages; page < pages.Count; page++)
        {
            if (!pages[page].IsWritten || changes.ContainsKey(page))
            {
                await WritePageAsync(page, changes).ConfigureAwait(false);
            }
        }
        await WriteHeaderAsync(h => h with { Pages = pages.Count }).ConfigureAwait(false);
    }

    /// <summary>Writes a page with its changed streams, which are no changes any more; those without bytes leave it.</summary>
    private async Task WritePageAsync(int number, Dictionary<int, Dictionary<string, ReadOnlyMemory<byte>>> allChanges)
    {
        Page page = pages[number];
        allChanges.Remove(number, out Dictionary<string, ReadOnlyMemory<byte>>? changes);
        changes ??= [];
        var conflicts = new StateConflicts();
        while (true)
        {
            List<(string Id, ReadOnlyMemory<byte> Saved)>? streams = page.IsKnown ? Merge(page, changes, read: null) : null;
            if (streams is null)
            {
                (Dictionary<string, ReadOnlyMemory<byte>> read, page.ETag) = await ReadPageAsync(number).ConfigureAwait(false);
                streams = Merge(page, changes, read)!;
            }
            bool isOpen = HasRoomForMore(streams);
            // Also where the write seems to fail.
            page.IsKnown = false;
            page.IsOpen &= isOpen;
            try
            {
                byte[] data = StoredPage.Write(epoch, isOpen, streams);
                page.ETag = await states.WriteAsync(NameOf(number), data, page.ETag).ConfigureAwait(false);
                page.IsKnown = page.IsWritten = true;
                Written(page, changes);
                page.IsOpening = isOpen && !page.IsOpen;
                return;
            }
            catch (StateConflictException error)
            {
                // An own attempt that seemed to fail, or an earlier activation, whose streams this one knows or has newer.
                conflicts.Add(error);
            }
        }
    }

    /// <summary>The streams of a page after changes; null: it must be read, since the pool has some of them.</summary>
    private List<(string Id, ReadOnlyMemory<byte> Saved)>? Merge(
        Page page, Dictionary<string, ReadOnlyMemory<byte>> changes, Dictionary<string, ReadOnlyMemory<byte>>? read)
    {
        var streams = new List<(string, ReadOnlyMemory<byte>)>(page.Ids.Count);
        lock (places)
        {
            foreach (string id in page.Ids)
            {
                if (changes.TryGetValue(id, out ReadOnlyMemory<byte> saved))
                {
                    if (!saved.IsEmpty)
                    {
                        streams.Add((id, saved));
                    }
                }
                else if (!(saved = places[id].Saved).IsEmpty || read?.TryGetValue(id, out saved) == true)
                {
                    streams.Add((id, saved));
                }
                else if (read is null)
                {
                    return null;
                }
            }
        }
        return streams;
    }

    private void Written(Page page, Dictionary<string, ReadOnlyMemory<byte>> changes)
    {
        lock (places)
        {
            foreach ((string id, ReadOnlyMemory<byte> saved) in changes)
            {
                Place before = places[id];
                if (saved.IsEmpty)
                {
                    page.Remove(id, before.Bytes);
                    places.Remove(id);
                }
                else
                {
                    int bytes = StoredPage.BytesOf(id, saved.Length);
                    page.Bytes += bytes - before.Bytes;
                    places[id] = before with { Bytes = bytes, Saved = KeptOf(id, saved) };
                }
            }
            page.Moved.Clear();
            page.HasMoved = false;
        }
    }

    /// <summary>Reads the streams of a page, with those that move to it.</summary>
    private async Task<(Dictionary<string, ReadOnlyMemory<byte>> Streams, string? ETag)> ReadPageAsync(int number)
    {
        (byte[] data, string? etag) = await states.ReadAsync(NameOf(number)).ConfigureAwait(false);
        CheckEpoch(number, data);
        var streams = StoredPage.Read(NameOf(number), data).ToDictionary(static r => r.Id, static r => r.Saved);
        lock (places)
        {
            foreach ((string id, ReadOnlyMemory<byte> saved) in pages[number].Moved)
            {
                streams[id] = saved;
            }
        }
        return (streams, etag);
    }

    private bool IsOn(int page, string id)
    {
        lock (places)
        {
            return places.TryGetValue(id, out Place place) && place.Page == page;
        }
    }

    /// <summary>What is kept of a stream that the pool has: nothing, but for what no stream has.</summary>
    private static ReadOnlyMemory<byte> KeptOf(string id, ReadOnlyMemory<byte> saved) => id.Length == 0 ? saved.ToArray() : default;

    /// <summary>Whether another stream of the length of these is taken.</summary>
    private static bool HasRoomForMore(List<(string Id, ReadOnlyMemory<byte> Saved)> streams)
    {
        int bytes = streams.Sum(static r => StoredPage.BytesOf(r.Id, r.Saved.Length));
        return streams.Count < StreamsPerPage && bytes + bytes / Math.Max(1, streams.Count) <= StreamBytesPerPage;
    }

    private void CheckEpoch(int number, byte[] page)
    {
        if (StoredPage.EpochOf(NameOf(number), page) > epoch)
        {
            throw fence.Raise();
        }
    }

    private static string NameOf(int page) => string.Create(CultureInfo.InvariantCulture, $"page/{page}");

    /// <summary>Where a saved stream is, and how many bytes it has there; and itself, until it is asked for.</summary>
    private readonly record struct Place(int Page, int Bytes, ReadOnlyMemory<byte> Saved);

    private sealed class Page
    {
        /// <summary>Its streams.</summary>
        public List<string> Ids { get; } = [];

        /// <summary>Their bytes on it.</summary>
        public int Bytes { get; set; }

        /// <summary>Streams that move to it, until it is written.</summary>
        public Dictionary<string, ReadOnlyMemory<byte>> Moved { get; } = [];

        public string? ETag { get; set; }

        /// <summary>Whether the ETag is the one of the page.</summary>
        public bool IsKnown { get; set; }

        /// <summary>Whether the page is known to be there.</summary>
        public bool IsWritten { get; set; }

        /// <summary>Whether streams may be added.</summary>
        public bool IsOpen { get; set; }

        /// <summary>Whether the storage says that streams may be added, and the header has not been written since.</summary>
        public bool IsOpening { get; set; }

        /// <summary>Whether the storage has streams on it that have moved to a later page.</summary>
        public bool HasMoved { get; set; }

        public bool HasRoom(int bytes) => Ids.Count == 0 || (Ids.Count < StreamsPerPage && Bytes + bytes <= StreamBytesPerPage);

        public void Add(string id, int bytes)
        {
            Ids.Add(id);
            Bytes += bytes;
        }

        public void Remove(string id, int bytes)
        {
            Ids.Remove(id);
            Bytes -= bytes;
        }
    }
}
