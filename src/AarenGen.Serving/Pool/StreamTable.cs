using System.IO.Hashing;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace AarenGen.Serving;

/// <summary>
/// Rows of streams with their states, outputs and last tokens, in slabs: large arrays that hold many streams each, so that a stream costs
/// no object. Finds a row by the stream's id.
/// </summary>
internal sealed class StreamTable
{
    private const int SlabBytes = 1 << 20, MinRowsPerSlab = 16, MaxRowsPerSlab = 1 << 12, MinPlaces = 64;

    /// <summary>Without the right to choose colliding ids, nobody slows the table down.</summary>
    private static readonly long Seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    private readonly int stateDoubles, valueFloats, slabShift;
    private readonly IdArena ids = new();
    private Slab[] slabs = [];
    private int slabCount, firstFree = -1;

    /// <summary>Open addressing: the row and 1, or 0 where a place is empty.</summary>
    private int[] places = new int[MinPlaces];

    /// <param name="stateDoubles">Doubles of a state.</param>
    /// <param name="valueFloats">Floats of a stream beside its state.</param>
    public StreamTable(int stateDoubles, int valueFloats)
    {
        (this.stateDoubles, this.valueFloats) = (stateDoubles, valueFloats);
        int rows = SlabBytes / Math.Max(1, sizeof(double) * stateDoubles + sizeof(float) * valueFloats + Unsafe.SizeOf<StreamRow>());
        slabShift = BitOperations.Log2((uint)Math.Clamp(rows, MinRowsPerSlab, MaxRowsPerSlab));
    }

    /// <summary>Streams that have a row.</summary>
    public int Count { get; private set; }

    /// <summary>Rows that were ever needed at once: those that are free are among them.</summary>
    public int Capacity => slabCount << slabShift;

    /// <summary>Bytes of all arrays.</summary>
    public long MemoryBytes => ids.MemoryBytes + (long)places.Length * sizeof(int)
        + (long)Capacity * (sizeof(double) * stateDoubles + sizeof(float) * valueFloats + Unsafe.SizeOf<StreamRow>());

    /// <summary>Bytes of a row as a store keeps it.</summary>
    public int SavedBytes => SavedStreamFormat.Bytes(stateDoubles, valueFloats);

    /// <summary>The hash of an id, the same in all tables of a process.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> id) => XxHash3.HashToUInt64(id, Seed);

    public ref StreamRow this[int row] => ref slabs[row >> slabShift].Rows[row & Mask];

    /// <summary>The memory that holds the state of a row.</summary>
    public double[] StateStorage(int row) => slabs[row >> slabShift].States;

    /// <summary>Where the state of a row begins in its <see cref="StateStorage"/>.</summary>
    public int StateStart(int row) => (row & Mask) * stateDoubles;

    public Span<double> State(int row) => StateStorage(row).AsSpan(StateStart(row), stateDoubles);

    public Span<float> Values(int row) => slabs[row >> slabShift].Values.AsSpan((row & Mask) * valueFloats, valueFloats);

    public ReadOnlySpan<byte> Id(int row) => ids.Get(this[row].IdStart, this[row].IdLength);

    private int Mask => (1 << slabShift) - 1;

    /// <summary>The row of an id; -1: it has none.</summary>
    public int Find(ReadOnlySpan<byte> id, ulong hash)
    {
        for (int place = PlaceOf(hash); places[place] != 0; place = Next(place))
        {
            int row = places[place] - 1;
            ref StreamRow found = ref this[row];
            if (found.IdLength == id.Length && ids.Get(found.IdStart, id.Length).SequenceEqual(id))
            {
                return row;
            }
        }
        return -1;
    }

    /// <summary>Gives an id that has no row a row at its beginning: all zero.</summary>
    public int Add(ReadOnlySpan<byte> id, ulong hash)
    {
        // At most three quarters of the places are taken, so that few ids lie far from their place.
        if ((Count + 1) * 4L > places.Length * 3L)
        {
            Rehash(places.Length * 2);
        }
        if (firstFree < 0)
        {
            AddSlab();
        }
        int row = firstFree;
        ref StreamRow added = ref this[row];
        firstFree = added.IdStart;
        added = new() { IdStart = ids.Add(id), IdLength = (byte)id.Length };
        State(row).Clear();
        Values(row).Clear();
        Place(row, hash);
        Count++;
        return row;
    }

    /// <summary>Forgets the stream of a row.</summary>
    public void Remove(int row)
    {
        int place = PlaceOf(HashOf(Id(row)));
        while (places[place] != row + 1)
        {
            place = Next(place);
        }
        // Rows behind it move up, as far as that brings them nearer to their own places.
        for (int behind = Next(place); places[behind] != 0; behind = Next(behind))
        {
            int own = PlaceOf(HashOf(Id(places[behind] - 1)));
            if (((behind - own) & (places.Length - 1)) >= ((behind - place) & (places.Length - 1)))
            {
                places[place] = places[behind];
                place = behind;
            }
        }
        places[place] = 0;
        ref StreamRow removed = ref this[row];
        ids.Release(removed.IdStart, removed.IdLength);
        removed = new() { IdStart = firstFree };
        firstFree = row;
        Count--;
    }

    private void AddSlab()
    {
        if (slabCount == slabs.Length)
        {
            Array.Resize(ref slabs, Math.Max(4, slabs.Length * 2));
        }
        int rows = 1 << slabShift, first = slabCount << slabShift;
        var slab = new Slab(new StreamRow[rows], new double[rows * stateDoubles], new float[rows * valueFloats]);
        for (int i = 0; i < rows; i++)
        {
            slab.Rows[i].IdStart = i + 1 < rows ? first + i + 1 : firstFree;
        }
        firstFree = first;
        slabs[slabCount++] = slab;
    }

    private void Rehash(int length)
    {
        places = new int[length];
        for (int row = 0; row < Capacity; row++)
        {
            if (this[row].IdLength > 0)
            {
                Place(row, HashOf(Id(row)));
            }
        }
    }

    private void Place(int row, ulong hash)
    {
        int place = PlaceOf(hash);
        while (places[place] != 0)
        {
            place = Next(place);
        }
        places[place] = row + 1;
    }

    private int PlaceOf(ulong hash) => (int)hash & (places.Length - 1);

    private int Next(int place) => (place + 1) & (places.Length - 1);

    private sealed record Slab(StreamRow[] Rows, double[] States, float[] Values);
}
