using System.Buffers.Binary;
using System.Globalization;
using System.Reflection;
using PureHDF;
using PureHDF.Filters;
using PureHDF.VOL.Native;

namespace Control;

/// <summary>How a file stores a number.</summary>
/// <param name="Kind">A floating-point, signed or unsigned number.</param>
/// <param name="Size">Its bytes: 1, 2, 4 or 8.</param>
/// <param name="IsBigEndian">Whether its highest byte comes first.</param>
internal readonly record struct NumberFormat(NumberKind Kind, int Size, bool IsBigEndian)
{
    /// <summary>Reads a number.</summary>
    public double Read(ReadOnlySpan<byte> bytes)
    {
        Span<byte> number = stackalloc byte[Size];
        bytes[..Size].CopyTo(number);
        if (IsBigEndian)
        {
            number.Reverse();
        }
        return (Kind, Size) switch
        {
            (NumberKind.Float, 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(number),
            (NumberKind.Float, 4) => BinaryPrimitives.ReadSingleLittleEndian(number),
            (NumberKind.Float, _) => BinaryPrimitives.ReadDoubleLittleEndian(number),
            (NumberKind.Signed, 1) => (sbyte)number[0],
            (NumberKind.Signed, 2) => BinaryPrimitives.ReadInt16LittleEndian(number),
            (NumberKind.Signed, 4) => BinaryPrimitives.ReadInt32LittleEndian(number),
            (NumberKind.Signed, _) => BinaryPrimitives.ReadInt64LittleEndian(number),
            (_, 1) => number[0],
            (_, 2) => BinaryPrimitives.ReadUInt16LittleEndian(number),
            (_, 4) => BinaryPrimitives.ReadUInt32LittleEndian(number),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(number),
        };
    }
}

/// <summary>Kinds of stored numbers.</summary>
internal enum NumberKind
{
    /// <summary>Half, single or double precision of IEEE 754.</summary>
    Float,

    /// <summary>A signed whole number.</summary>
    Signed,

    /// <summary>An unsigned whole number, a Boolean or bits.</summary>
    Unsigned,
}

/// <summary>
/// The numbers of an HDF5 data set, of any numeric type and byte order, in whatever layout the file has: compact, contiguous, chunked and
/// compressed, or virtual. Data that cannot be read correctly are rejected.
/// </summary>
internal sealed class StoredNumbers
{
    /// <summary>Filters that are read: deflate, shuffle, fletcher32, scaleoffset and lzf.</summary>
    private static readonly ushort[] readable = [DeflateFilter.Id, ShuffleId, 3, ScaleOffsetId, LzfFilter.Id];

    private const ushort ShuffleId = 2, ScaleOffsetId = 6;

    /// <summary>
    /// Deflate makes 258 bytes of two bits at best, 1,032 of one byte, lzf 88 of one. Scaleoffset may make more of numbers that are all the
    /// same, but a log has others beside those.
    /// </summary>
    private const int MaxBytesPerByte = 1100;

    private readonly NumberFormat format;
    private readonly byte[] bytes;

    static StoredNumbers()
    {
        H5Filter.Register(new LzfFilter());
        H5Filter.Register(new BoundedDeflateFilter());
    }

    private StoredNumbers(ulong[] dimensions, NumberFormat format, byte[] bytes) =>
        (Dimensions, this.format, this.bytes) = (dimensions, format, bytes);

    /// <summary>Lengths of the dimensions.</summary>
    public ulong[] Dimensions { get; }

    /// <summary>A number by its index, the last dimension fastest.</summary>
    public double this[int index] => format.Read(bytes.AsSpan(index * format.Size));

    /// <summary>Reads a data set.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="links">Opens the files of which a virtual one is made.</param>
    /// <param name="where">The file's path, for messages.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="UserException">It holds no numbers, or its storage is not supported.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static StoredNumbers Read(NativeDataset data, FileLinks links, string where, string name)
    {
        NumberFormat format = FormatOf(data, where, name);
        int shuffled = CheckFilters(data, format, where, name);
        if (data.Internal("InternalExternalFileList") is not null)
        {
            throw new UserException($"{where}: '{name}' lies in files beside this one (external storage), which is not supported; copy it "
                + $"into one file: h5repack -l {name}:CONTI FILE NEW.");
        }
        ulong[] dimensions = data.Space.Dimensions;
        double bytes = ElementsOf(dimensions) * format.Size;
        if (bytes > Array.MaxLength)
        {
            throw new UserException($"{where}: '{name}' has the shape [{string.Join(", ", dimensions)}], more than {Array.MaxLength:N0} "
                + "bytes; cut the file.");
        }
        bool isVirtual = data.Layout.Class == H5DataLayoutClass.VirtualStorage;
        if (isVirtual)
        {
            shuffled = CheckSources(data, format, bytes, links, where, name);
        }
        else
        {
            CheckStorage(data, bytes);
        }
        LzfFilter.ExpectShuffled(shuffled);
        return new(dimensions, format, isVirtual ? ReadVirtual(data, format.Size) : ReadStored(data));
    }

    private static double ElementsOf(ulong[] dimensions) => dimensions.Aggregate(1.0, static (product, length) => product * length);

    /// <summary>Checks that the file holds as many bytes as the data set claims, before memory is allocated for them.</summary>
    private static void CheckStorage(NativeDataset data, double bytes)
    {
        GuardedStream stream = GuardedFile.StreamOf(FileOf(data));
        double length = stream.Length;
        if (data.Layout.Class != H5DataLayoutClass.Chunked)
        {
            Check(bytes, length);
            return;
        }
        // A chunk is always read completely.
        using var chunks = new Chunks(data);
        bool isFiltered = FiltersOf(data).Length > 0;
        Check(chunks.Count * chunks.Bytes, Math.Min(isFiltered ? MaxBytesPerByte * length : length, Array.MaxLength));
        // The index of those that are compressed tells where each lies, in 8 bytes.
        Check(isFiltered ? 8 * chunks.Count : 0, length);
        foreach (object filter in FiltersOf(data))
        {
            // The library allocates the memory that the parameters of this filter claim.
            if ((ushort)filter.Internal("Identifier")! == ScaleOffsetId)
            {
                double claimed = ParametersOf(filter) is [_, _, var elements, _, var size, ..] ? (double)elements * size : double.MaxValue;
                Check(claimed, chunks.Bytes);
            }
        }
        // Once here, and once when it is read.
        stream.AllowLookups(2 * chunks.Count);
        for (ulong chunk = 0; chunk < chunks.Count; chunk++)
        {
            Check(chunks.StoredBytes(chunk), length);
        }

        static void Check(double claimed, double most)
        {
            if (claimed > most)
            {
                throw new InvalidDataException("a data set claims more than the file can hold");
            }
        }
    }

    /// <summary>Reads each chunk once: the library reads by rows, and does not cache chunks of more than 1 MiB.</summary>
    private static byte[] ReadStored(NativeDataset data) =>
        data.Read<byte[]>(new H5DatasetAccess { ChunkCache = new SimpleReadingChunkCache(int.MaxValue, ulong.MaxValue) });

    private static NativeFile FileOf(NativeDataset data) => (NativeFile)data.Internal("Context")!.Internal("File")!;

    /// <summary>The library considers only the size of a virtual data set's numbers.</summary>
    private static byte[] ReadVirtual(NativeDataset data, int size)
    {
        return size switch
        {
            1 => data.Read<byte[]>(),
            2 => Bytes(data.Read<ushort[]>()),
            4 => Bytes(data.Read<uint[]>()),
            _ => Bytes(data.Read<ulong[]>()),
        };

        static byte[] Bytes<T>(T[] numbers) where T : struct => System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(numbers).ToArray();
    }

    /// <summary>
    /// Checks the data sets that a virtual one is made of: the library reads one that it does not find as zeros, one of another type as if
    /// it were of the same, and all of them unguarded, so they are read here before. Returns the bytes of their numbers where those are
    /// shuffled, else 1.
    /// </summary>
    private static int CheckSources(NativeDataset data, NumberFormat format, double bytes, FileLinks links, string where, string name)
    {
        if (format.IsBigEndian)
        {
            throw new UserException($"{where}: '{name}' is virtual and big-endian, which is not supported; copy its values into an "
                + "data set.");
        }
        // Links may have led to another file.
        NativeFile file = FileOf(data);
        double held = GuardedFile.StreamOf(file).Length;
        int? shuffled = null;
        foreach ((string named, string source) in VirtualSources.Of(data).Distinct())
        {
            NativeFile opened = named == "." ? file
                : links.Open(FileLinks.Beside(file, named) ?? throw new UserException(
                    $"{where}: '{name}' is virtual, and its source file {LineOf.Text(named)} is not beside it; "
                    + "put it there."));
            string path = opened.Path!, plain = LineOf.Text(source);
            if (links.Find(opened, source) is not NativeDataset found)
            {
                throw new UserException($"{where}: '{name}' is virtual, and {path} lacks its source data set '{plain}'.");
            }
            int size = CheckFilters(found, format, path, plain);
            if (FormatOf(found, path, plain) != format || (shuffled ?? size) != size
                || found.Layout.Class == H5DataLayoutClass.VirtualStorage || found.Internal("InternalExternalFileList") is not null)
            {
                throw new UserException(
                    $"{where}: '{name}' is virtual, and '{plain}' of {path} is not stored as it is (type, byte order, shuffling, or "
                    + "virtual too); copy its values into an ordinary data set.");
            }
            shuffled = size;
            held += Read(found, links, path, plain).bytes.Length;
        }
        // Numbers without a source have a fill value; a log needs none for its greater part.
        return bytes <= MaxBytesPerByte * held ? shuffled ?? 1
            : throw new InvalidDataException("a virtual data set claims more than its parts hold");
    }

    /// <summary>
    /// Rejects what is compressed in a way that is not read, or with parameters that no program writes. Returns the bytes of a number where
    /// they are shuffled, else 1.
    /// </summary>
    private static int CheckFilters(NativeDataset data, NumberFormat format, string where, string name)
    {
        int shuffled = 1;
        foreach (object filter in FiltersOf(data))
        {
            ushort id = (ushort)filter.Internal("Identifier")!;
            if (!readable.Contains(id))
            {
                string called = id switch
                {
                    4 => "szip",
                    5 => "nbit",
                    307 => "bzip2",
                    32001 => "blosc",
                    32004 => "lz4",
                    32008 => "bitshuffle",
                    32013 => "zfp",
                    32015 => "zstd",
                    32026 => "blosc2",
                    _ => string.Create(CultureInfo.InvariantCulture, $"filter {id}"),
                };
                throw new UserException(
                    $"{where}: '{name}' is compressed by {called}, which is not supported; repack it with gzip: "
                    + "h5repack -f GZIP=4 FILE NEW.");
            }
            if (id == ShuffleId)
            {
                // The library moves bytes without checking the target.
                shuffled = ParametersOf(filter) is [var size, ..] && size == format.Size ? format.Size
                    : throw new InvalidDataException("numbers are shuffled by another size than theirs");
            }
        }
        return shuffled;
    }

    private static object[] FiltersOf(NativeDataset data) =>
        data.Internal("InternalFilterPipeline") is { } pipeline
            ? [.. ((Array)pipeline.Internal("FilterDescriptions")!).Cast<object>()]
            : [];

    private static uint[] ParametersOf(object filter) => (uint[])filter.Internal("ClientData")!;

    private static NumberFormat FormatOf(NativeDataset data, string where, string name) => FormatOf(data.Internal("InternalDataType")!)
        ?? throw new UserException(
            $"{where}: '{name}' holds {8 * data.Type.Size}-bit {data.Type.Class} values; float16, float32, float64, whole numbers or "
            + "Booleans are needed.");

    /// <summary>The format of a type; null if it is not a number or has an unusual bit layout.</summary>
    private static NumberFormat? FormatOf(object type)
    {
        object properties = ((Array)type.Internal("Properties")!).Cast<object>().FirstOrDefault() ?? new object();
        object bits = type.Internal("BitField")!;
        int size = Convert.ToInt32(type.Internal("Size"), CultureInfo.InvariantCulture);
        switch (type.Internal("Class")!.ToString())
        {
            case "Enumerated":
                return FormatOf(properties.Internal("BaseType")!);
            case "FloatingPoint":
                (int, int, int)[] standard = [(2, 5, 10), (4, 8, 23), (8, 11, 52)];
                return standard.Contains((size, (byte)properties.Internal("ExponentSize")!, (byte)properties.Internal("MantissaSize")!))
                    && IsWhole() && IsBigEndian() is { } isBig
                    ? new(NumberKind.Float, size, isBig) : null;
            case "FixedPoint":
                return size is 1 or 2 or 4 or 8 && IsWhole() && IsBigEndian() is { } order
                    ? new((bool)bits.Internal("IsSigned")! ? NumberKind.Signed : NumberKind.Unsigned, size, order) : null;
            case "BitField":
                return size is 1 or 2 or 4 or 8 && IsBigEndian() is { } first ? new(NumberKind.Unsigned, size, first) : null;
            default:
                return null;
        }

        bool IsWhole() => (ushort)properties.Internal("BitOffset")! == 0 && (ushort)properties.Internal("BitPrecision")! == 8 * size;

        bool? IsBigEndian() => bits.Internal("ByteOrder")!.ToString() switch { "LittleEndian" => false, "BigEndian" => true, _ => null };
    }
}

/// <summary>Internals of the HDF5 library that are not public: links, byte order, filters, chunks, sources of a virtual data set.</summary>
internal static class LibraryInternals
{
    /// <summary>All members of objects, and of types.</summary>
    public const BindingFlags Members = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>A type that is not public.</summary>
    public static Type TypeOf(string name) => typeof(NativeFile).Assembly.GetType("PureHDF.VOL.Native." + name, throwOnError: true)!;

    /// <summary>The value of a property that is not public.</summary>
    /// <exception cref="MissingMemberException">Another version of the library has no such property.</exception>
    public static object? Internal(this object instance, string property)
    {
        PropertyInfo found = instance.GetType().GetProperty(property, Members)
            ?? throw new MissingMemberException(instance.GetType().FullName, property);
        return found.GetValue(instance, BindingFlags.DoNotWrapExceptions, null, null, null);
    }

    /// <summary>Calls a method that is not public.</summary>
    /// <exception cref="MissingMemberException">Another version of the library has no such method.</exception>
    public static object? Call(this object instance, string method, params object?[] arguments)
    {
        for (Type? type = instance.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetMethod(method, Members | BindingFlags.DeclaredOnly) is { } found)
            {
                return found.Invoke(instance, BindingFlags.DoNotWrapExceptions, null, arguments, null);
            }
        }
        throw new MissingMemberException(instance.GetType().FullName, method);
    }
}

/// <summary>The chunks of a data set, with their addresses in the file.</summary>
internal sealed class Chunks : IDisposable
{
    private readonly object chunks;

    public Chunks(NativeDataset data)
    {
        object description = Activator.CreateInstance(
            LibraryInternals.TypeOf("DatasetInfo"), LibraryInternals.Members & ~BindingFlags.Static, null,
            [
                data.Internal("InternalDataspace"), data.Internal("InternalDataType"), data.Internal("InternalDataLayout"),
                data.Internal("InternalFillValue"), data.Internal("InternalFilterPipeline"), null,
            ], null)!;
        MethodInfo create = LibraryInternals.TypeOf("H5D_Chunk").GetMethod("Create")!;
        chunks = create.Invoke(
            null, BindingFlags.DoNotWrapExceptions, null,
            [data.Internal("Context"), null, description, default(H5DatasetAccess), default(H5DatasetCreation)], null)!;
        chunks.Call("Initialize");
        ulong[] counts = (ulong[])chunks.Internal("ScaledDims")!, lengths = (ulong[])chunks.Internal("ChunkDims")!;
        // In floating point, since a damaged product overflows.
        Count = counts.Aggregate(1.0, static (product, count) => product * count);
        Bytes = lengths.Aggregate((double)data.Type.Size, static (product, length) => product * length);
    }

    /// <summary>Their number.</summary>
    public double Count { get; }

    /// <summary>Bytes of each.</summary>
    public double Bytes { get; }

    /// <summary>Bytes of a chunk in the file; 0 if it is not stored.</summary>
    public double StoredBytes(ulong chunk) => (ulong)chunks.Call("GetReadChunkInfo", chunk)!.Internal("Size")!;

    public void Dispose() => ((IDisposable)chunks).Dispose();
}
