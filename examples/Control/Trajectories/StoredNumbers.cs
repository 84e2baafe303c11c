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
/// compressed, or virtual. What cannot be read right is refused.
/// </summary>
internal sealed class StoredNumbers
{
    /// <summary>Filters that are read: deflate, shuffle, fletcher32, nbit, scaleoffset and lzf.</summary>
    private static readonly ushort[] readable = [1, ShuffleId, 3, 5, 6, LzfFilter.Id];

    private const ushort ShuffleId = 2;

    private readonly NumberFormat format;
    private readonly byte[] bytes;

    static StoredNumbers() => H5Filter.Register(new LzfFilter());

    private StoredNumbers(ulong[] dimensions, NumberFormat format, byte[] bytes) =>
        (Dimensions, this.format, this.bytes) = (dimensions, format, bytes);

    /// <summary>Lengths of the dimensions.</summary>
    public ulong[] Dimensions { get; }

    /// <summary>A number by its index, the last dimension fastest.</summary>
    public double this[int index] => format.Read(bytes.AsSpan(index * format.Size));

    /// <summary>Reads a data set.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="where">Where it lies, for messages: the file's path.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="UserException">It holds no numbers, or is stored in a way that is not read.</exception>
    public static StoredNumbers Read(NativeDataset data, string where, string name)
    {
        NumberFormat format = FormatOf(data, where, name);
        int shuffled = CheckFilters(data, where, name);
        if (data.Internal("InternalExternalFileList") is not null)
        {
            throw new UserException($"{where}: '{name}' lies in files beside this one (external storage), which is not read; copy it "
                + $"into one file: h5repack -l {name}:CONTI FILE NEW.");
        }
        ulong[] dimensions = data.Space.Dimensions;
        if (dimensions.Aggregate(1.0, static (product, length) => product * length) * format.Size > Array.MaxLength)
        {
            throw new UserException($"{where}: '{name}' has the shape [{string.Join(", ", dimensions)}], more than {Array.MaxLength:N0} "
                + "bytes; cut the file.");
        }
        bool isVirtual = data.Layout.Class == H5DataLayoutClass.VirtualStorage;
        if (isVirtual)
        {
            shuffled = CheckSources(data, format, where, name);
        }
        LzfFilter.ExpectShuffled(shuffled);
        byte[] bytes = isVirtual ? ReadVirtual(data, format.Size) : data.Read<byte[]>();
        return new(dimensions, format, bytes);
    }

    /// <summary>The library reads a virtual data set's bytes as numbers of their size alone.</summary>
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
    /// Checks the data sets that a virtual one is made of: the library reads one that it does not find as zeros, and one of another type as
    /// if it were of the same. Returns the bytes of their numbers where those are shuffled, else 1.
    /// </summary>
    private static int CheckSources(NativeDataset data, NumberFormat format, string where, string name)
    {
        if (format.IsBigEndian)
        {
            throw new UserException($"{where}: '{name}' is virtual and big-endian, which is not read; copy its values into an ordinary "
                + "data set.");
        }
        // Links may have led to another file.
        string file = ((NativeFile)data.Internal("Context")!.Internal("File")!).Path!;
        int? shuffled = null;
        foreach ((string named, string source) in SourcesOf(data).Distinct())
        {
            string path = named == "." ? file : Beside(file, named) ?? throw new UserException(
                $"{where}: '{name}' is virtual, and there is no file {named} beside it, of which it is made; put it there.");
            using NativeFile opened = H5File.OpenRead(path);
            if (!opened.LinkExists(source) || opened.Get(source) is not NativeDataset found)
            {
                throw new UserException($"{where}: '{name}' is virtual, and {path} has no data set '{source}', of which it is made.");
            }
            int bytes = CheckFilters(found, path, source);
            if (FormatOf(found, path, source) != format || (shuffled ?? bytes) != bytes
                || found.Layout.Class == H5DataLayoutClass.VirtualStorage || found.Internal("InternalExternalFileList") is not null)
            {
                throw new UserException($"{where}: '{name}' is virtual, and '{source}' of {path} is not stored as it is (type, byte "
                    + "order, shuffling, or virtual too); copy its values into an ordinary data set.");
            }
            shuffled = bytes;
        }
        return shuffled ?? 1;
    }

    /// <summary>A file that a virtual data set names, as HDF5 looks for it: at its absolute path, else beside the virtual one.</summary>
    private static string? Beside(string where, string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(where))!;
        string[] candidates = Path.IsPathRooted(file) ? [file, Path.Combine(folder, Path.GetFileName(file))] : [Path.Combine(folder, file)];
        return Array.Find(candidates, File.Exists);
    }

    /// <summary>The files and data sets that a virtual data set is made of, which the library knows but does not tell.</summary>
    private static IEnumerable<(string File, string Source)> SourcesOf(NativeDataset data)
    {
        const BindingFlags all = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        Assembly library = typeof(NativeDataset).Assembly;
        object description = Activator.CreateInstance(
            library.GetType("PureHDF.VOL.Native.DatasetInfo", throwOnError: true)!, all, null,
            [data.Internal("InternalDataspace"), data.Internal("InternalDataType"), data.Internal("InternalDataLayout"),
            data.Internal("InternalFillValue"), null, null], null)!;
        Type reader = library.GetType("PureHDF.VOL.Native.H5D_Virtual`1", throwOnError: true)!.MakeGenericType(typeof(float));
        object layout = Activator.CreateInstance(
            reader, all, null, [data.Internal("Context"), null, description, default(H5DatasetAccess), 0f, null], null)!;
        object block = reader.GetField("_block", all)!.GetValue(layout)!;
        foreach (object entry in (Array)block.Internal("VdsDatasetEntries")!)
        {
            yield return ((string)entry.Internal("SourceFileName")!, (string)entry.Internal("SourceDataset")!);
        }
    }

    /// <summary>
    /// Refuses what is compressed in a way that is not read. Returns the bytes of a number where they are shuffled, else 1.
    /// </summary>
    private static int CheckFilters(NativeDataset data, string where, string name)
    {
        int shuffled = 1;
        if (data.Internal("InternalFilterPipeline") is { } pipeline)
        {
            foreach (object filter in (Array)pipeline.Internal("FilterDescriptions")!)
            {
                ushort id = (ushort)filter.Internal("Identifier")!;
                if (!readable.Contains(id))
                {
                    string called = id switch
                    {
                        4 => "szip",
                        307 => "bzip2",
                        32001 => "blosc",
                        32004 => "lz4",
                        32008 => "bitshuffle",
                        32013 => "zfp",
                        32015 => "zstd",
                        32026 => "blosc2",
                        _ => string.Create(CultureInfo.InvariantCulture, $"filter {id}"),
                    };
                    throw new UserException($"{where}: '{name}' is compressed by {called}, which is not read; repack it with gzip: "
                        + "h5repack -f GZIP=4 FILE NEW.");
                }
                if (id == ShuffleId && filter.Internal("ClientData") is uint[] and [var bytes, ..])
                {
                    shuffled = (int)bytes;
                }
            }
        }
        return shuffled;
    }

    private static NumberFormat FormatOf(NativeDataset data, string where, string name) => FormatOf(data.Internal("InternalDataType")!)
        ?? throw new UserException(
            $"{where}: '{name}' holds {8 * data.Type.Size}-bit {data.Type.Class} values; float16, float32, float64, whole numbers or "
            + "Booleans are needed.");

    /// <summary>The format of a type; null of one that is no number, or has bits where others have none.</summary>
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

/// <summary>What the HDF5 library knows of a data set but does not tell: byte order, filters, the parts of a virtual one.</summary>
internal static class LibraryInternals
{
    /// <summary>The value of a property that is not public.</summary>
    /// <exception cref="MissingMemberException">Another version of the library has no such property.</exception>
    public static object? Internal(this object instance, string property)
    {
        PropertyInfo found = instance.GetType().GetProperty(property, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            ?? throw new MissingMemberException(instance.GetType().FullName, property);
        return found.GetValue(instance);
    }
}
