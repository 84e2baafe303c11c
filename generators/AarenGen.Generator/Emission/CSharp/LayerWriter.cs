using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>A method of a layer: where its weights and its values come from.</summary>
internal enum LayerMethodKind
{
    Prepare,
    Infer,
    Train,

    /// <summary>Inference and the forward pass of training, where both are the same.</summary>
    Shared,
    BackpropagateDerivedWeights,
    Combine,
}

/// <summary>
/// Prints the statements of one of a layer's methods. Each part of the model's memory that a statement uses becomes a named span,
/// declared once at the top of the method.
/// </summary>
internal sealed class LayerWriter(CodeWriter code, LayerPlan layer, LayerMethodKind method, TypeNames types, LayerWriter? outer = null)
{
    private readonly Dictionary<string, string> names = outer is null
        ? new(StringComparer.Ordinal) : new(outer.names, StringComparer.Ordinal);
    private readonly List<string> declarations = [];
    private readonly HashSet<string> values = new(StringComparer.Ordinal), gradients = new(StringComparer.Ordinal);
    private bool usesRows;

    public LayerPlan Layer => layer;

    /// <summary>The number of rows.</summary>
    public string Rows
    {
        get
        {
            usesRows = true;
            return "rows";
        }
    }

    private string Source => method is LayerMethodKind.Infer or LayerMethodKind.Train ? "pass." : "";

    private string WeightSource => Source + (Source.Length > 0 ? "Weights" : "weights");

    private string PackedSource => Source + (Source.Length > 0 ? "Packed" : "packed");

    private string GradientSource => Source + (Source.Length > 0 ? "Gradients" : "gradients");

    public void Line(string line) => code.Line(line);

    public void Comment(string text) => code.Line("// " + text);

    /// <summary>A call of a kernel, its arguments in order.</summary>
    public void Call(string kernel, params string[] arguments) => code.Line($"{types.Kernels}{kernel}({string.Join(", ", arguments)});");

    /// <summary>A condition and its block; disposing closes it.</summary>
    public CodeWriter.Block Open(string line) => code.Open(line);

    /// <summary>Prints into the block that is open, whose names are declared at its own top.</summary>
    public void Inner(Action<LayerWriter> print)
    {
        var inner = new LayerWriter(code.Nested(), layer, method, types, this);
        print(inner);
        inner.Complete(code);
    }

    /// <summary>A loop over the rows of a pass, each a token of its own stream.</summary>
    public CodeWriter.Block EachRow() => code.Open($"for (int row = 0; row < {Rows}; row++)");

    /// <summary>A loop over the sequences of a pass, each the rows from first on.</summary>
    public CodeWriter.Block EachSequence()
    {
        CodeWriter.Block loop = code.Open(
            "for (int first = 0, sequence = 0; sequence < pass.SequenceEnds.Length; first = pass.SequenceEnds[sequence++])");
        code.Line("int length = pass.SequenceEnds[sequence] - first;");
        return loop;
    }

    /// <summary>A value's rows.</summary>
    public string Value(Value value)
    {
        if (!value.IsAtBoundary)
        {
            values.Add(value.Name);
        }
        return value.Name;
    }

    /// <summary>The rows of a value's gradient.</summary>
    public string Gradient(Value value)
    {
        if (!value.IsAtBoundary)
        {
            gradients.Add(value.Name);
            gradients.Add(value.SharesGradientOf ?? value.Name);
        }
        return value.GradientName;
    }

    /// <summary>A value's row in a loop over rows.</summary>
    public string Row(Value value) => $"{Value(value)}.Slice({Times("row", value.Stride)}, {Number(value.Stride)})";

    /// <summary>A value's rows in a loop over sequences.</summary>
    public string Sequence(Value value) => Sequence(Value(value), value.Stride);

    /// <summary>The rows of a value's gradient in a loop over sequences.</summary>
    public string SequenceGradient(Value value) => Sequence(Gradient(value), value.Stride);

    /// <summary>The rows of a buffer in a loop over sequences.</summary>
    public static string Sequence(string buffer, int stride) => $"{buffer}.Slice({Times("first", stride)}, {Times("length", stride)})";

    public string Weights(Parameter p) => Declare(types.ReadOnlySpan, NameOf(p.Name), WeightSource, layer.Weights, p.Offset, p.Floats);

    public string Gradients(Parameter p) =>
        Declare(types.Span, NameOf(p.Name) + "Gradient", GradientSource, layer.Weights, p.Offset, p.Floats);

    /// <summary>Weights derived from parameters; writable where they are derived.</summary>
    public string Derived(string name, Region r) =>
        Declare(
            method == LayerMethodKind.Prepare ? types.Span : types.ReadOnlySpan, NameOf(name), WeightSource,
            layer.Derived, r.Offset, r.Length);

    public string DerivedGradients(string name, Region r) =>
        Declare(types.Span, NameOf(name) + "Gradient", GradientSource, layer.Derived, r.Offset, r.Length);

    /// <summary>A matrix as the matrix multiplication reads it; writable where it is packed.</summary>
    public string Packed(string name, Region r) =>
        Declare(
            method == LayerMethodKind.Prepare ? types.Span : types.ReadOnlySpan, NameOf(name) + "Packed", PackedSource,
            layer.Packed, r.Offset, r.Length);

    /// <summary>A transposed matrix as the backward pass reads it; writable where it is packed.</summary>
    public string PackedTraining(string name, Region r) => Declare(
        method == LayerMethodKind.Prepare ? types.Span : types.ReadOnlySpan, NameOf(name) + "Transposed", PackedSource,
        layer.PackedTraining, r.Offset, r.Length);

    /// <summary>Training memory with the given number of floats per token, for the rows of the pass.</summary>
    public string Memory(string name, int offset, int floats) =>
        Declare(name, $"{types.Span} {{0}} = pass.Values({At(layer.Memory, offset)}, {Number(floats)});");

    public string State(int offset, int length) => StateOf("pass.State(row)", offset, length);

    /// <summary>In a loop over sequences, what the state before the first row holds; empty where the sequence begins there.</summary>
    public string InitialState(int offset, int length) => $"pass.InitialState(sequence, {At(layer.State, offset)}, {Number(length)})";

    /// <summary>In a loop over sequences, what the state after the last row holds; empty where nobody needs it.</summary>
    public string FinalState(int offset, int length) => $"pass.FinalState(sequence, {At(layer.State, offset)}, {Number(length)})";

    /// <summary>In a loop over sequences, the position of the first row, of which a state counts those before.</summary>
    public string FirstPosition(int offset) => $"pass.FirstPosition(sequence, {At(layer.State, offset)})";

    /// <summary>In a loop over sequences, has the state count the rows.</summary>
    public void CountPositions(int offset) => Line($"pass.CountPositions(sequence, {At(layer.State, offset)}, length);");

    /// <summary>What a state holds of the layer.</summary>
    public string StateOf(string state, int offset, int length) => $"{state}.Slice({At(layer.State, offset)}, {Number(length)})";

    /// <summary>The seed of one of the model's dropouts: it differs between all blocks and layers.</summary>
    public string DropoutSeed(int salt) => layer.Repeat == 1
        ? $"unchecked(pass.DropoutSeed + {At(layer.Memory, salt)})" : $"unchecked(pass.DropoutSeed + (ulong)({At(layer.Memory, salt)}))";

    /// <summary>Prints the method's body: the names that its statements use, then these.</summary>
    public void Complete(CodeWriter target)
    {
        if ((usesRows && method != LayerMethodKind.Shared) || (method == LayerMethodKind.Infer && values.Count > 0))
        {
            target.Line("int rows = pass.Rows;");
        }
        foreach (Value value in layer.Values.Where(v => values.Contains(v.Name)))
        {
            string memory = method == LayerMethodKind.Infer
                ? $"pass.Scratch.Slice({Number(value.Scratch)}, {Times("rows", value.Stride)})"
                : $"pass.Values({At(layer.Memory, value.Memory)}, {Number(value.Stride)})";
            target.Line($"{types.Span} {value.Name} = {memory};");
        }
        foreach (Value value in layer.Values.Where(v => v.SharesGradientOf is null && gradients.Contains(v.Name)))
        {
            target.Line($"{types.Span} {value.GradientName} = pass.Values({Number(layer.GradientMemory + value.Gradient)}, "
                + $"{Number(value.Stride)});");
        }
        foreach (Value value in layer.Values.Where(v => v.SharesGradientOf is not null && gradients.Contains(v.Name)))
        {
            target.Line($"{types.Span} {value.GradientName} = {value.SharesGradientOf}Gradient;");
        }
        foreach (string declaration in declarations)
        {
            target.Line(declaration);
        }
        target.Append(code);
    }

    /// <summary>A count of rows, or a number of one, times the floats of a row.</summary>
    public static string Times(string count, int floats) => floats == 1 ? count : $"{count} * {Number(floats)}";

    /// <summary>The rows of a pass in a buffer that is as long or longer; their number is in a variable.</summary>
    public static string FirstRows(string buffer, int width) => $"{buffer}.Slice(0, {Times("rows", Sizes.Pad(width))})";

    private string Declare(string type, string name, string source, StridedRegion region, int offset, int length) =>
        Declare(name, $"{type} {{0}} = {source}.Slice({At(region, offset)}, {Number(length)});");

    /// <summary>The name of a span; it is declared when it is first asked for.</summary>
    private string Declare(string name, string declaration)
    {
        if (!names.TryGetValue(declaration, out string? declared))
        {
            declared = name;
            for (int number = 2;
                names.ContainsValue(declared) || layer.Values.Any(v => v.Name == declared || v.GradientName == declared); number++)
            {
                declared = name + Number(number);
            }
            names.Add(declaration, declared);
            declarations.Add(declaration.Replace("{0}", declared));
        }
        return declared;
    }

    private string At(StridedRegion region, int offset)
    {
        int start = region.Offset + offset;
        return layer.Repeat == 1 ? Number(start) : start == 0
            ? Times("block", region.Stride) : $"{Number(start)} + {Times("block", region.Stride)}";
    }

    /// <summary>A parameter's name in files as an identifier: mixer.v_proj.weight is mixerVProjWeight.</summary>
    private static string NameOf(string name)
    {
        string joined = string.Concat(
            name.Split('.', '_', ' ').Select(static s => s.Length == 0 ? "" : char.ToUpperInvariant(s[0]) + s.Substring(1)));
        return char.ToLowerInvariant(joined[0]) + joined.Substring(1);
    }
}
