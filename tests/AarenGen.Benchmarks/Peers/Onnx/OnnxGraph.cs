using System.Runtime.InteropServices;

namespace AarenGen.Benchmarks;

/// <summary>Builds an ONNX model of float tensors. Field numbers: onnx.proto of ONNX 1.17.</summary>
internal sealed class OnnxGraph
{
    private const int Float = 1, Integer64 = 7;
    private readonly ProtobufWriter graph = new();
    private int names;

    public string Input(string name, params ReadOnlySpan<long> shape)
    {
        graph.Message(11, Info(name, shape));
        return name;
    }

    public void Output(string name, params ReadOnlySpan<long> shape) => graph.Message(12, Info(name, shape));

    public string Constant(Tensor tensor) => Initializer(Float, tensor.Shape, MemoryMarshal.AsBytes(tensor.Values.AsSpan()));

    public string Constant(params long[] values) => Initializer(Integer64, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()));

    /// <summary>Adds a node with one output, whose name it returns.</summary>
    public string Node(string type, ReadOnlySpan<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        string output = "t" + names++;
        Node(type, inputs, output, attributes);
        return output;
    }

    public void Node(string type, ReadOnlySpan<string> inputs, string output, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var node = new ProtobufWriter();
        foreach (string input in inputs)
        {
            node.Text(1, input);
        }
        node.Text(2, output).Text(4, type);
        foreach ((string name, object value) in attributes)
        {
            ProtobufWriter attribute = new ProtobufWriter().Text(1, name);
            node.Message(5, value switch
            {
                float number => attribute.Single(2, number).Number(20, 1),
                int number => attribute.Number(3, number).Number(20, 2),
                _ => throw new ArgumentException($"Attribute {name} is of a kind that is not written.", nameof(attributes)),
            });
        }
        graph.Message(1, node);
    }

    public byte[] ToModel() => new ProtobufWriter().Number(1, 9).Message(7, graph.Text(2, "step"))
        .Message(8, new ProtobufWriter().Text(1, "").Number(2, 20)).ToArray();

    private string Initializer(int type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
    {
        string name = "c" + names++;
        var tensor = new ProtobufWriter();
        foreach (long size in shape)
        {
            tensor.Number(1, size);
        }
        graph.Message(5, tensor.Number(2, type).Text(8, name).Bytes(9, data));
        return name;
    }

    private static ProtobufWriter Info(string name, ReadOnlySpan<long> shape)
    {
        var dimensions = new ProtobufWriter();
        foreach (long size in shape)
        {
            dimensions.Message(1, new ProtobufWriter().Number(1, size));
        }
        ProtobufWriter tensor = new ProtobufWriter().Number(1, Float).Message(2, dimensions);
        return new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, tensor));
    }
}
