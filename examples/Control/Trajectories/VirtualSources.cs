using System.Collections;
using System.Reflection;
using System.Text;
using PureHDF.VOL.Native;

namespace Control;

/// <summary>The files and data sets that a virtual data set is made of.</summary>
/// <remarks>
/// Format: HDF5 File Format Specification III.E, Global Heap Block for Virtual Datasets, and VII.B, Dataspace Selection. The library takes
/// memory for as many sources as such a block claims, and loops endlessly if a source has no numbers; such blocks are rejected here.
/// </remarks>
internal static class VirtualSources
{
    private const int MostRank = 32;

    /// <summary>Reads the names.</summary>
    /// <exception cref="InvalidDataException">The block is damaged.</exception>
    public static IReadOnlyList<(string File, string Source)> Of(NativeDataset data)
    {
        object context = data.Internal("Context")!, place = data.Internal("InternalDataLayout")!.Internal("Properties")!;
        MethodInfo find = LibraryInternals.TypeOf("NativeCache").GetMethod("GetGlobalHeapObject")!;
        object collection = find.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [context, place.Internal("Address"), false], null)!;
        object heapObject = ((IDictionary)collection.Internal("GlobalHeapObjects")!)[(int)(uint)place.Internal("Index")!]
            ?? throw new InvalidDataException("a virtual data set has no sources");
        var block = (byte[])heapObject.Internal("ObjectData")!;

        using var reader = new BinaryReader(new MemoryStream(block));
        reader.ReadByte();
        ulong count = (byte)context.Internal("Superblock")!.Internal("LengthsSize")! == 8 ? reader.ReadUInt64() : reader.ReadUInt32();
        if (count > (ulong)block.Length)
        {
            throw Damaged();
        }
        var sources = new List<(string, string)>();
        for (ulong i = 0; i < count; i++)
        {
            sources.Add((Name(reader), Name(reader)));
            CheckSelection(reader);
            CheckSelection(reader);
        }
        return sources;
    }

    private static string Name(BinaryReader reader)
    {
        var bytes = new List<byte>();
        while (reader.ReadByte() is not 0 and var next)
        {
            bytes.Add(next);
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static void CheckSelection(BinaryReader reader)
    {
        const uint none = 0, points = 1, slabs = 2, all = 3;
        uint kind = reader.ReadUInt32(), version = reader.ReadUInt32();
        switch (kind)
        {
            case none or all:
                reader.ReadUInt64();
                break;
            case points when version is 1 or 2:
                CheckPoints(reader, version);
                break;
            case slabs when version is 1 or 2 or 3:
                CheckSlabs(reader, version);
                break;
            default:
                throw Damaged();
        }
    }

    private static void CheckPoints(BinaryReader reader, uint version)
    {
        byte size = 4;
        if (version == 1)
        {
            reader.ReadUInt64();
        }
        else
        {
            size = reader.ReadByte();
        }
        Skip(reader, size, Rank(reader), Number(reader, size));
    }

    private static void CheckSlabs(BinaryReader reader, uint version)
    {
        byte flags = version == 1 ? (byte)0 : reader.ReadByte();
        byte size = version switch { 1 => 4, 2 => 8, _ => reader.ReadByte() };
        if (version == 1)
        {
            reader.ReadUInt32();
        }
        if (version < 3)
        {
            reader.ReadUInt32();
        }
        uint rank = Rank(reader);
        if (version == 1 || (version == 3 && (flags & 1) == 0))
        {
            // Each block has its first and its last corner.
            ulong blocks = Number(reader, size);
            for (ulong block = 0; block < blocks; block++)
            {
                ulong[] corners = [.. Enumerable.Range(0, (int)(2 * rank)).Select(_ => Number(reader, size))];
                if (Enumerable.Range(0, (int)rank).Any(d => corners[d] > corners[rank + d]))
                {
                    throw Damaged();
                }
            }
            return;
        }
        for (uint dimension = 0; dimension < rank; dimension++)
        {
            Number(reader, size);
            for (int i = 0; i < 3; i++)
            {
                // Stride, count and length of a block.
                if (Number(reader, size) == 0)
                {
                    throw Damaged();
                }
            }
        }
    }

    private static uint Rank(BinaryReader reader) => reader.ReadUInt32() is > 0 and <= MostRank and var rank ? rank : throw Damaged();

    private static ulong Number(BinaryReader reader, byte size) => size switch
    {
        2 => reader.ReadUInt16(),
        4 => reader.ReadUInt32(),
        8 => reader.ReadUInt64(),
        _ => throw Damaged(),
    };

    private static void Skip(BinaryReader reader, byte size, uint rank, ulong count)
    {
        double bytes = (double)size * rank * count;
        Stream stream = reader.BaseStream;
        if (bytes > stream.Length - stream.Position)
        {
            throw Damaged();
        }
        stream.Position += (long)bytes;
    }

    private static InvalidDataException Damaged() => new("the sources of a virtual data set are damaged");
}
