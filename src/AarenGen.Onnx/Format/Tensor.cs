namespace AarenGen.Onnx.Format;

/// <summary>What a tensor holds: the numbers of onnx.proto's TensorProto.DataType.</summary>
internal enum ElementType
{
    Float = 1,
    Int64 = 7,
    Bool = 9,
    Double = 11,
}

/// <summary>A value of a graph.</summary>
internal readonly record struct Tensor(string Name, ElementType Type);

/// <summary>A dimension of an input or output: a size, or the name of one that each run decides.</summary>
internal readonly record struct Dimension(long Size, string? Name)
{
    public static implicit operator Dimension(long size) => new(size, null);

    public static implicit operator Dimension(string name) => new(0, name);
}

/// <summary>An argument of a node: a long, a float, an array of long, a graph, or a tensor of one element.</summary>
internal readonly record struct NodeAttribute(string Name, object Value);
