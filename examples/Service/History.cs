using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using Reporting;

namespace Service;

/// <summary>
/// The records and the last readings of all sensors, in a file that is mapped into memory: what was written is there after the end of the
/// process, however it ends. A sensor has two records, of which one is always whole.
/// </summary>
/// <remarks>Thread safety: any number of threads may call all members but <see cref="Dispose"/>.</remarks>
internal sealed class History : IDisposable
{
    /// <summary>How many readings of a sensor are kept: those of three days.</summary>
    public const int Kept = 3 * Fleet.ReadingsPerDay;

    private const long Format = 0x31_5f_53_45_4e_53_4f_52;

    private static readonly int RecordBytes = Unsafe.SizeOf<SensorRecord>(), PointBytes = Unsafe.SizeOf<Point>();
    private static readonly int BlockBytes = sizeof(long) + 2 * RecordBytes + Kept * PointBytes;

    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;
    private readonly Lock writing = new();

    /// <summary>Opens the file, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sensors">How many sensors there are; a file may have more or fewer.</param>
    /// <exception cref="UserException">It is another program's file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public History(string path, int sensors)
    {
        long format = Format + BlockBytes;
        Reserve(path, sizeof(long) + (long)sensors * BlockBytes);
        file = MemoryMappedFile.CreateFromFile(path, FileMode.Open);
        view = file.CreateViewAccessor();
        if (view.ReadInt64(0) == 0)
        {
            view.Write(0, format);
        }
        else if (view.ReadInt64(0) != format)
        {
            Dispose();
            throw new UserException(
                $"{path}: it is no history of this version of the program. Delete it, or name another folder by --data.");
        }
    }

    /// <summary>The record of a sensor; an empty one where it has none.</summary>
    public SensorRecord Read(int sensor)
    {
        long block = Block(sensor);
        lock (writing)
        {
            view.Read(RecordAt(block, view.ReadInt64(block)), out SensorRecord record);
            return record;
        }
    }

    /// <summary>Keeps the record of a sensor, and its last reading.</summary>
    public void Write(int sensor, ref SensorRecord record, Point point)
    {
        long block = Block(sensor);
        lock (writing)
        {
            view.Write(PointAt(block, record.Reading), ref point);
            view.Write(RecordAt(block, record.Reading), ref record);
            // The number says which record holds: until it is written, the other one does.
            Thread.MemoryBarrier();
            view.Write(block, record.Reading);
        }
    }

    /// <summary>The readings of a sensor from a number on, as far as they are kept.</summary>
    /// <param name="sensor">The sensor.</param>
    /// <param name="first">The number of the first one that is wanted; overwritten by that of the first one that there is.</param>
    public Point[] Points(int sensor, ref long first)
    {
        long block = Block(sensor);
        lock (writing)
        {
            long last = view.ReadInt64(block);
            first = Math.Max(first, Math.Max(1, last - Kept + 1));
            var points = new Point[Math.Max(0, last - first + 1)];
            for (int i = 0; i < points.Length; i++)
            {
                view.Read(PointAt(block, first + i), out points[i]);
            }
            return points;
        }
    }

    public void Dispose()
    {
        view.Dispose();
        file.Dispose();
    }

    /// <summary>
    /// Lengthens a file by zeros. A file that only says that it is longer gets its place on the disk later, and where there is none then,
    /// the system ends the process.
    /// </summary>
    private static void Reserve(string path, long length)
    {
        using var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write);
        stream.Seek(0, SeekOrigin.End);
        for (var zeros = new byte[1 << 20]; stream.Position < length;)
        {
            stream.Write(zeros, 0, (int)Math.Min(zeros.Length, length - stream.Position));
        }
    }

    private static long Block(int sensor) => sizeof(long) + (long)sensor * BlockBytes;

    private static long RecordAt(long block, long reading) => block + sizeof(long) + (reading & 1) * RecordBytes;

    private static long PointAt(long block, long reading) => block + sizeof(long) + 2 * RecordBytes + reading % Kept * PointBytes;
}
