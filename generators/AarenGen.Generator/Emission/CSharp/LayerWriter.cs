using AarenGen.Generator.Model;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints the statements of one layer's methods: resolves its relative offsets to text.</summary>
internal sealed class LayerWriter(CodeWriter code, LayerPlan layer, string weights, string packed, string gradients)
{
    public const string Kernels = "global::AarenGen.Kernels.", Span = "global::System.Span<float>";

    public LayerPlan Layer => layer;

    public void Line(string line) => code.Line(line);

    /// <summary>A call of a kernel, its arguments in order.</summary>
    public void Call(string kernel, params string[] arguments) => code.Line($"{Kernels}{kernel}({string.Join(", ", arguments)});");

    /// <summary>A condition and its block; disposing closes it.</summary>
    public CodeWriter.Block Open(string line) => code.Open(line);

    /// <summary>A loop over the rows of a pass, each a token of its own stream.</summary>
    public CodeWriter.Block EachRow() => code.Open("for (int row = 0; row < rows; row++)");

    /// <summary>A loop over the sequences of a pass: rows from first, length many.</summary>
    public CodeWriter.Block EachSequence()
    {
        CodeWriter.Block loop = code.Open("for (int first = 0, sequence = 0; sequence < pass.SequenceEnds.Length; first = pass.SequenceEnds[sequence++])");
        code.Line("int length = pass.SequenceEnds[sequence] - first;");
        return loop;
    }

    /// <summary>A value's row in a loop over rows.</summary>
    public static string Row(Value value) => $"{value.Name}.Slice(row * {value.Stride}, {value.Stride})";

    /// <summary>A value's rows in a loop over sequences.</summary>
    public static string Sequence(Value value) => Sequence(value.Name, value.Stride);

    /// <summary>The rows of a value's gradient in a loop over sequences.</summary>
    public static string SequenceGradient(Value value) => Sequence(value.GradientName, value.Stride);

    /// <summary>The rows of a buffer in a loop over sequences.</summary>
    public static string Sequence(string buffer, int stride) => $"{buffer}.Slice(first * {stride}, length * {stride})";

    public void Comment(string text) => code.Line("// " + text);

    public string Weights(Parameter p) => $"{weights}.Slice({At(layer.Weights, p.Offset)}, {p.Floats})";

    public string Gradients(Parameter p) => $"{gradients}.Slice({At(layer.Weights, p.Offset)}, {p.Floats})";

    public string Derived(Region r) => $"{weights}.Slice({At(layer.Derived, r.Offset)}, {r.Length})";

    public string DerivedGradients(Region r) => $"{gradients}.Slice({At(layer.Derived, r.Offset)}, {r.Length})";

    public string Packed(Region r) => $"{packed}.Slice({At(layer.Packed, r.Offset)}, {r.Length})";

    public string PackedTraining(Region r) => $"{packed}.Slice({At(layer.PackedTraining, r.Offset)}, {r.Length})";

    /// <summary>Training memory with so many floats a token, for the rows of the pass.</summary>
    public string Memory(int offset, int floats) => MemoryAt(At(layer.Memory, offset), floats);

    public static string MemoryAt(string offset, int floats) =>
        $"pass.Values({offset}, {floats})";

    public string State(int offset, int length) => StateOf("pass.State(row)", offset, length);

    /// <summary>The part of what some state's layers remember.</summary>
    public string StateOf(string state, int offset, int length) => $"{state}.Slice({At(layer.State, offset)}, {length})";

    /// <summary>The seed of one of the model's dropouts: no two blocks or layers share theirs.</summary>
    public string DropoutSeed(int salt) => $"unchecked(pass.DropoutSeed + (ulong)({At(layer.Memory, salt)}))";

    private string At(Extent extent, int offset) =>
        layer.Repeat == 1 ? $"{extent.Start + offset}" : $"{extent.Start + offset} + block * {extent.Step}";
}
