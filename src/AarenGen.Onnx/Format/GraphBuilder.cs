using System.Globalization;
using System.Runtime.InteropServices;

namespace AarenGen.Onnx.Format;

/// <summary>
/// Builds a graph, node after node. The body of a loop is a graph of its own that sees the constants of the one around it. What no output
/// depends on is left out. Field numbers: onnx.proto of ONNX 1.12.
/// </summary>
internal sealed class GraphBuilder
{
    /// <summary>The version of the operators: LayerNormalization is the newest that is used.</summary>
    public const int Opset = 17;

    /// <summary>The version of the format, that of <see cref="Opset"/>.</summary>
    public const int IrVersion = 8;

    /// <summary>Constants with at most this many bytes are shared where they are equal.</summary>
    private const int SharedBytes = 256;

    private const int NodeField = 1, NameField = 2, ConstantField = 5, DocumentationField = 10, InputField = 11, OutputField = 12;

    private readonly ProtobufWriter message = new();
    private readonly GraphBuilder root;
    private readonly List<Operator> operators = [];
    private readonly List<string> outputs = [];

    /// <summary>The values that nodes write.</summary>
    private readonly HashSet<string> written = new(StringComparer.Ordinal);

    /// <summary>Constants by their names, and names of small ones by what they hold.</summary>
    private readonly Dictionary<string, ProtobufWriter> constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> shared = new(StringComparer.Ordinal);

    /// <summary>Names of values that are outputs, by those that they had before.</summary>
    private readonly Dictionary<string, string> renamed = new(StringComparer.Ordinal);
    private string scope = "";
    private int count;

    public GraphBuilder()
    {
        root = this;
    }

    private GraphBuilder(GraphBuilder root)
    {
        this.root = root;
    }

    /// <summary>What the names of nodes begin with, to say which layer they are of.</summary>
    public string Scope
    {
        set => root.scope = value;
    }

    /// <summary>A graph for the body of a loop.</summary>
    public GraphBuilder Body() => new(root);

    public Tensor Input(string name, ElementType type, string documentation, params ReadOnlySpan<Dimension> shape)
    {
        message.Message(InputField, Info(name, type, shape, documentation));
        return new(name, type);
    }

    /// <summary>Gives a value the name of an output.</summary>
    public void Output(string name, Tensor value, string documentation, params ReadOnlySpan<Dimension> shape)
    {
        Name(name, value);
        message.Message(OutputField, Info(name, value.Type, shape, documentation));
    }

    /// <summary>An input of a loop's body, whose shape the loop knows.</summary>
    public Tensor BodyInput(ElementType type)
    {
        string name = NewName("In");
        message.Message(InputField, Info(name, type));
        return new(name, type);
    }

    /// <summary>An output of a loop's body.</summary>
    public void BodyOutput(Tensor value)
    {
        string name = NewName("Out");
        Name(name, value);
        message.Message(OutputField, Info(name, value.Type));
    }

    public Tensor Constant(float[] values, params long[] shape) =>
        Constant(ElementType.Float, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public Tensor Constant(double[] values, params long[] shape) =>
        Constant(ElementType.Double, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public Tensor Constant(bool[] values, params long[] shape) =>
        Constant(ElementType.Bool, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>A list of whole numbers.</summary>
    public Tensor Integers(params long[] values) =>
        Constant(ElementType.Int64, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>A number without dimensions.</summary>
    public Tensor Scalar(ElementType type, double value) => Constant(type, [], BytesOf(type, value));

    /// <summary>Adds a node with one output.</summary>
    public Tensor Node(string kind, ElementType type, ReadOnlySpan<Tensor> inputs, params ReadOnlySpan<NodeAttribute> attributes)
    {
        string output = NewName(kind);
        Node(kind, inputs, [output], attributes);
        return new(output, type);
    }

    /// <summary>Adds a node with some outputs.</summary>
    public void Node(
        string kind, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<string> outputs, params ReadOnlySpan<NodeAttribute> attributes)
    {
        written.UnionWith(outputs.ToArray());
        operators.Add(new(kind, [.. inputs.ToArray().Select(static i => i.Name)], [.. outputs], [.. attributes]));
    }

    /// <summary>A name that nothing else has: those of inputs and outputs have no slash.</summary>
    public string NewName(string kind) => string.Create(CultureInfo.InvariantCulture, $"{root.scope}/{kind}_{root.count++}");

    /// <summary>A tensor of one element, as an attribute.</summary>
    public static NodeAttribute Element(string name, ElementType type, double value) =>
        new(name, TensorMessage("", type, [1], BytesOf(type, value)));

    /// <summary>The graph's message.</summary>
    public ProtobufWriter Complete(string name, string documentation)
    {
        HashSet<string> needed = [.. outputs];
        var kept = new Stack<Operator>();
        foreach (Operator node in Enumerable.Reverse(operators).Where(node => node.Outputs.Any(o => needed.Contains(NameOf(o)))))
        {
            needed.UnionWith(node.Reads.Select(NameOf));
            kept.Push(node);
        }
        foreach (Operator node in kept)
        {
            message.Message(NodeField, node.Message(NameOf));
        }
        foreach (ProtobufWriter constant in constants.Where(c => needed.Contains(c.Key)).Select(static c => c.Value))
        {
            message.Message(ConstantField, constant);
        }
        message.Text(NameField, name);
        return documentation.Length > 0 ? message.Text(DocumentationField, documentation) : message;
    }

    private Tensor Constant(ElementType type, long[] shape, byte[] data)
    {
        string? key = data.Length > SharedBytes ? null : $"{type} {string.Join(' ', shape)} {Convert.ToHexString(data)}";
        if (key is not null && root.shared.TryGetValue(key, out Tensor known))
        {
            return known;
        }
        string name = NewName("Constant");
        root.constants.Add(name, TensorMessage(name, type, shape, data));
        var tensor = new Tensor(name, type);
        if (key is not null)
        {
            root.shared.Add(key, tensor);
        }
        return tensor;
    }

    /// <summary>Makes a value an output: by its name where it has no other and is a node's, else by a node.</summary>
    private void Name(string name, Tensor value)
    {
        if (!written.Contains(value.Name) || !renamed.TryAdd(value.Name, name))
        {
            Node("Identity", [value], [name]);
        }
        outputs.Add(name);
    }

    private string NameOf(string name) => renamed.GetValueOrDefault(name, name);

    private static byte[] BytesOf(ElementType type, double value) => type switch
    {
        ElementType.Float => BitConverter.GetBytes((float)value),
        ElementType.Double => BitConverter.GetBytes(value),
        ElementType.Int64 => BitConverter.GetBytes((long)value),
        _ => [value != 0 ? (byte)1 : (byte)0],
    };

    private static ProtobufWriter TensorMessage(string name, ElementType type, ReadOnlySpan<long> shape, byte[] data)
    {
        var tensor = new ProtobufWriter();
        foreach (long size in shape)
        {
            tensor.Number(1, size);
        }
        tensor.Number(2, (long)type);
        return (name.Length > 0 ? tensor.Text(8, name) : tensor).Bytes(9, data);
    }

    private static ProtobufWriter Info(string name, ElementType type, ReadOnlySpan<Dimension> shape, string documentation)
    {
        var dimensions = new ProtobufWriter();
        foreach (Dimension dimension in shape)
        {
            var size = new ProtobufWriter();
            dimensions.Message(1, dimension.Name is null ? size.Number(1, dimension.Size) : size.Text(2, dimension.Name));
        }
        return Info(name, new ProtobufWriter().Number(1, (long)type).Message(2, dimensions)).Text(3, documentation);
    }

    private static ProtobufWriter Info(string name, ElementType type) => Info(name, new ProtobufWriter().Number(1, (long)type));

    private static ProtobufWriter Info(string name, ProtobufWriter tensorType) =>
        new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, tensorType));

    /// <summary>A node.</summary>
    private sealed record Operator(string Kind, string[] Inputs, string[] Outputs, NodeAttribute[] Attributes)
    {
        /// <summary>The values that it reads, or that the loop reads of which it is.</summary>
        public IEnumerable<string> Reads => Inputs.Concat(Attributes.Select(static a => a.Value).OfType<GraphBuilder>()
            .SelectMany(static g => g.operators).SelectMany(static o => o.Reads));

        /// <summary>The node's message, with the names that values have in the end.</summary>
        public ProtobufWriter Message(Func<string, string> nameOf)
        {
            var node = new ProtobufWriter();
            foreach (string input in Inputs)
            {
                node.Text(1, nameOf(input));
            }
            foreach (string output in Outputs)
            {
                node.Text(2, nameOf(output));
            }
            node.Text(3, Outputs[0]).Text(4, Kind);
            foreach ((string name, object value) in Attributes)
            {
                var attribute = new ProtobufWriter().Text(1, name);
                node.Message(5, value switch
                {
                    float number => attribute.Single(2, number).Number(20, 1),
                    long number => attribute.Number(3, number).Number(20, 2),
                    ProtobufWriter tensor => attribute.Message(5, tensor).Number(20, 4),
                    GraphBuilder graph => attribute.Message(6, graph.Complete("body", "")).Number(20, 5),
                    long[] numbers => numbers.Aggregate(attribute, static (a, n) => a.Number(8, n)).Number(20, 7),
                    _ => throw new InvalidOperationException($"Attribute {name} is of a kind that is not written."),
                });
            }
            return node;
        }
    }
}
