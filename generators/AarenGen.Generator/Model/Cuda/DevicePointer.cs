namespace AarenGen.Generator.Model.Cuda;

/// <summary>Where a kernel's operand lies on the device; it may depend on the block of a repeated layer.</summary>
internal abstract record DevicePointer;

/// <summary>The model's input.</summary>
internal sealed record TokensPointer : DevicePointer;

/// <summary>The gradient of the model's input.</summary>
internal sealed record TokenGradientsPointer : DevicePointer;

/// <summary>A place in training memory, in floats a token.</summary>
internal sealed record MemoryPointer(BufferRef Buffer) : DevicePointer;

/// <summary>The output of the block before, and of the first block what came before the layer.</summary>
internal sealed record PrecedingOutputPointer(DevicePointer BeforeLayer, BufferRef Outputs) : DevicePointer;

/// <summary>One of two buffers that take turns from block to block: Even where Turn − block is even. End: where it is 0.</summary>
internal sealed record AlternatingPointer(int Turn, BufferRef Even, BufferRef Odd, BufferRef? End) : DevicePointer;

/// <summary>One place for the first block, another for the others.</summary>
internal sealed record FirstBlockPointer(DevicePointer First, DevicePointer Others) : DevicePointer;

/// <summary>
/// A name in a kernel's body, and the pointer that it stands for. IsOperand: the rows are kept as what is only multiplied.
/// </summary>
internal sealed record BufferBinding(string Name, DevicePointer Pointer, bool IsReadOnly, bool IsOperand);

/// <summary>Rows that a kernel reads or writes: a value's, or its gradient's.</summary>
internal sealed record Operand(Value Rows, bool IsGradient)
{
    /// <summary>What the kernel calls it: values that share a gradient share its name.</summary>
    public string Name => IsGradient ? (Rows.SharesGradientOf ?? Rows.Name) + "Gradient" : Rows.Name;

    /// <summary>The dimensions of a row; none where it is a value's.</summary>
    public EquatableArray<int> Row { get; init; }

    /// <summary>The shape of the rows, as comments say it.</summary>
    public string Shape => $"[rows, {(Row.Count > 0 ? string.Join(", ", Row) : Literal.Number(Rows.Stride))}]";

    public static Operand Of(Value value) => new(value, false);

    public static Operand GradientOf(Value value) => new(value, true);

    /// <summary>The gradient of a value, where there is one.</summary>
    public static EquatableArray<Operand> GradientOfAny(Value? value) => value is null ? [] : [GradientOf(value)];

    /// <summary>Memory beside the values that a layer saves for its backward pass. Row: the dimensions of a token's part.</summary>
    public static Operand OfMemory(string name, int offset, EquatableArray<int> row) =>
        new(new Value(name, 0, Memory: offset), false) { Row = row };
}
