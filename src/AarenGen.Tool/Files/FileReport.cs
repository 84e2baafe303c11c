using System.Text.Json;
using AarenGen.Serialization;

namespace AarenGen.Tool.Files;

/// <summary>What a file of the library holds, as far as it tells without the class of its model.</summary>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Rows">Rows of a stream that the states have taken; null: the file is none of a project's program.</param>
/// <param name="Info">What it holds.</param>
internal sealed record FileReport(string Path, long Bytes, long? Rows, ModelFileInfo Info)
{
    /// <summary>The line about rows is not longer: it holds the rows known ahead of all series.</summary>
    private const int MaxHeadBytes = 1 << 28;

    /// <summary>What leads the states in a file of a project's program: the start of a line about its rows.</summary>
    private static ReadOnlySpan<byte> HeadStart => "{\"Rows\":"u8;

    /// <summary>What kind of file it is, in words.</summary>
    public string Kind => Info.Kind switch
    {
        ModelFileKind.CompiledModel => "compiled model",
        ModelFileKind.Checkpoint => "checkpoint",
        ModelFileKind.StreamStates => "states of streams",
        ModelFileKind.SeriesStates => "states of series",
        ModelFileKind.SeriesStateCollection => "collection of states of series",
        _ => "weights",
    };

    /// <summary>Whether the contents fit their checksums; null where there are none. States always have them.</summary>
    public bool? HasRightChecksum => HoldsStates ? true : Info.HasRightChecksum;

    /// <summary>Whether it holds states, rather than a model.</summary>
    public bool HoldsStates => Info.Kind is ModelFileKind.StreamStates or ModelFileKind.SeriesStates or ModelFileKind.SeriesStateCollection;

    /// <summary>Numbers of all tensors that are weights.</summary>
    public long Parameters => Info.Tensors.Where(static t => WeightConversion.IsWeight(t.Type))
        .Sum(static t => t.Shape.Aggregate(1L, static (product, n) => product * n));

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelFileException">It is none of the library, or damaged; but a wrong checksum is told by the report.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FileReport Read(string path)
    {
        FileReport? report = null;
        InputFile.Read(path, stream =>
        {
            report = new(path, stream.Length, ReadHead(stream), ModelFileInfo.Read(stream));
            if (report is { Rows: not null, HoldsStates: false })
            {
                throw new ModelFileException("There are no states below the line about rows; use an older copy.");
            }
        });
        return report!;
    }

    /// <summary>Throws if the checksum is wrong.</summary>
    /// <exception cref="UserException">The checksum is wrong.</exception>
    public void CheckChecksum()
    {
        if (HasRightChecksum == false)
        {
            throw new UserException(
                $"{Path}: the checksum does not fit the contents; the file is damaged. Use an older copy. If a program of yours changed "
                + $"the file, let it leave '{ModelFile.Checksum}' out of the metadata.");
        }
    }

    /// <summary>Reads the line about rows, if the file has it.</summary>
    private static long? ReadHead(Stream stream)
    {
        Span<byte> start = stackalloc byte[HeadStart.Length];
        int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        if (!start[..read].SequenceEqual(HeadStart))
        {
            return null;
        }
        using var line = new MemoryStream();
        for (int next = stream.ReadByte(); next is not ('\n' or -1) && line.Length < MaxHeadBytes; next = stream.ReadByte())
        {
            line.WriteByte((byte)next);
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(line.ToArray());
            return json.RootElement.GetProperty(nameof(Rows)).GetInt64();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ModelFileException("The line about rows is damaged; use an older copy.", e);
        }
    }
}
