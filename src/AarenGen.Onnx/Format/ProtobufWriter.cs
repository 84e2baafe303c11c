using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace AarenGen.Onnx.Format;

/// <summary>
/// A message in the wire format of protocol buffers, as far as ONNX needs it. Large bytes and messages are referred to, not copied, so they
/// must not change until <see cref="WriteTo"/>. Source: protobuf.dev, Encoding.
/// </summary>
internal sealed class ProtobufWriter
{
    /// <summary>Shorter bytes are copied.</summary>
    private const int CopiedBytes = 4096;

    private readonly List<ReadOnlyMemory<byte>> pieces = [];
    private readonly ArrayBufferWriter<byte> open = new();
    private long length;

    /// <summary>Bytes of the message so far.</summary>
    public long Length => length + open.WrittenCount;

    public ProtobufWriter Number(int field, long value)
    {
        Variable((ulong)field << 3);
        Variable((ulong)value);
        return this;
    }

    public ProtobufWriter Single(int field, float value)
    {
        Variable((ulong)field << 3 | 5);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        open.Write(bytes);
        return this;
    }

    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Bytes(int field, ReadOnlyMemory<byte> value)
    {
        Begin(field, value.Length);
        Append(value);
        return this;
    }

    public ProtobufWriter Message(int field, ProtobufWriter value)
    {
        Begin(field, value.Length);
        value.Close();
        value.pieces.ForEach(Append);
        return this;
    }

    public void WriteTo(Stream stream)
    {
        Close();
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            stream.Write(piece.Span);
        }
    }

    private void Begin(int field, long bytes)
    {
        Variable((ulong)field << 3 | 2);
        Variable((ulong)bytes);
    }

    private void Append(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < CopiedBytes)
        {
            open.Write(bytes.Span);
            return;
        }
        Close();
        pieces.Add(bytes);
        length += bytes.Length;
    }

    /// <summary>Ends the piece that is being written.</summary>
    private void Close()
    {
        if (open.WrittenCount > 0)
        {
            pieces.Add(open.WrittenSpan.ToArray());
            length += open.WrittenCount;
            open.ResetWrittenCount();
        }
    }

    private void Variable(ulong value)
    {
        for (; value > 127; value >>= 7)
        {
            open.Write([(byte)(value | 128)]);
        }
        open.Write([(byte)value]);
    }
}
