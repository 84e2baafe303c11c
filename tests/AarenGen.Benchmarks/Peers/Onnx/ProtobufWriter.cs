using System.Buffers;
using System.Text;

namespace AarenGen.Benchmarks;

/// <summary>The little of the protocol buffers' wire format that an ONNX model needs. Source: protobuf.dev, Encoding.</summary>
internal sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    public ProtobufWriter Number(int field, long value)
    {
        Variable((ulong)field << 3);
        Variable((ulong)value);
        return this;
    }

    public ProtobufWriter Single(int field, float value)
    {
        Variable((ulong)field << 3 | 5);
        bytes.Write(BitConverter.GetBytes(value));
        return this;
    }

    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Message(int field, ProtobufWriter value) => Bytes(field, value.ToArray());

    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Variable((ulong)field << 3 | 2);
        Variable((ulong)value.Length);
        bytes.Write(value);
        return this;
    }

    public byte[] ToArray() => bytes.WrittenSpan.ToArray();

    private void Variable(ulong value)
    {
        for (; value > 127; value >>= 7)
        {
            bytes.Write([(byte)(value | 128)]);
        }
        bytes.Write([(byte)value]);
    }
}
