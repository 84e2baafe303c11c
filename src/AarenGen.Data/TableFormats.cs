using System.Buffers.Binary;

namespace AarenGen.Data;

/// <summary>The formats of files with tables.</summary>
internal enum TableFormat
{
    /// <summary>Text with separators.</summary>
    Delimited,

    /// <summary>Apache Parquet.</summary>
    Parquet,

    /// <summary>Arrow's file format, which is Feather version 2.</summary>
    ArrowFile,

    /// <summary>Arrow's stream format.</summary>
    ArrowStream,
}

/// <summary>Recognises the format of a file by its first bytes.</summary>
internal static class TableFormats
{
    /// <summary>The format; text where nothing else is recognised.</summary>
    /// <exception cref="TableException">The file is in a format that is not read.</exception>
    public static TableFormat Find(FileSource source)
    {
        ReadOnlySpan<byte> head = source.Head.Span;
        TableFormat format = head.StartsWith("PAR1"u8) ? TableFormat.Parquet : head.StartsWith("ARROW1"u8) ? TableFormat.ArrowFile
            : IsArrowStream(head) ? TableFormat.ArrowStream : TableFormat.Delimited;
        string? problem = head.StartsWith("PARE"u8) ? "the Parquet file is encrypted; write it without encryption."
            : head.StartsWith("FEA1"u8) ? "this is Feather version 1; write it as version 2, which is Arrow's file format."
            : head.StartsWith<byte>([0x28, 0xB5, 0x2F, 0xFD]) ? "the file is compressed with zstd; unpack it, or compress it with gzip."
            : head.StartsWith("BZh"u8) ? "the file is compressed with bzip2; unpack it, or compress it with gzip."
            : head.StartsWith<byte>([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'])
                ? "the file is compressed with xz; unpack it, or compress it with gzip."
            : source.IsCompressed && format is (TableFormat.Parquet or TableFormat.ArrowFile)
                ? "the file is compressed twice, by gzip and within; unpack it first." : null;
        return problem is null ? format : throw new TableException(source.Path, null, null, problem);
    }

    /// <summary>
    /// A stream begins with a mark and the length of its schema, which is whole in the bytes looked at. Text in UTF-8 has no such bytes.
    /// </summary>
    private static bool IsArrowStream(ReadOnlySpan<byte> head) => head.Length >= 8 && head.StartsWith<byte>([0xFF, 0xFF, 0xFF, 0xFF])
        && BinaryPrimitives.ReadInt32LittleEndian(head[4..]) is > 0 and var length && length % 8 == 0 && length <= head.Length - 8;
}
