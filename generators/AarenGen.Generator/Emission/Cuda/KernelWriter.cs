using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>
/// Prints one kernel's body. Values and gradients are names of pointers that the kernel binds; they are declared before the body, in the
/// order in which it first uses them. Weights and partial gradients are printed as they are.
/// </summary>
internal sealed class KernelWriter(CudaKernel kernel, Configurations configurations)
{
    private readonly CodeWriter body = new(CodeWriter.MaxColumns, depth: 1);
    private readonly List<(BufferBinding Binding, Operand Operand)> declared = [];
    private BufferRef? state;

    private const string StateName = "state";

    /// <summary>What the kernel binds and its body has not used.</summary>
    public IEnumerable<string> Unused => kernel.Buffers.Except(declared.Select(static d => d.Binding)).Select(static b => b.Name);

    private LayerMemory Layer => kernel.Layer ?? throw new InvalidOperationException($"{kernel.Name} is of no layer.");

    public void Line(string line = "") => body.Line(line);

    public CodeWriter.Block Open(string line) => body.Open(line);

    public CodeWriter.Block OpenBlock(string end = "") => body.OpenBlock(end);

    public void Comment(string text) => body.Line("// " + text);

    /// <summary>A call of device code: its template's arguments, then its arguments.</summary>
    public void Call(string function, string template, params string[] arguments) =>
        body.Line($"{function}{(template.Length == 0 ? "" : $"<{template}>")}({string.Join(", ", arguments)});");

    /// <summary>A struct of named constants for a template, declared before the kernels of the layer: its name.</summary>
    public string Configuration(string name, params Constant[] constants)
    {
        string suffix = "_" + kernel.Node.Name;
        int layer = kernel.Layer is null ? -1 : kernel.Name.LastIndexOf(suffix, StringComparison.Ordinal);
        return configurations.Declare(layer < 0 ? name : $"{kernel.Name.Substring(0, layer)}_{name}", constants);
    }

    /// <summary>The width and the stride of a value's rows.</summary>
    public string Rows(Value value) => Configuration(value.Name + "_rows", ("width", value.Width), ("stride", value.Stride));

    /// <summary>Prints one of several cases, chosen by a number: that of an index ends before end.</summary>
    public void OneOf(string number, int index, int end, int count, Action print)
    {
        if (count == 1)
        {
            print();
            return;
        }
        using (Open(index == count - 1 ? "else" : $"{(index == 0 ? "" : "else ")}if ({number} < {Number(end)})"))
        {
            print();
        }
    }

    /// <summary>Declares the tiles that matrix multiplications share.</summary>
    public void DeclareSharedTiles(bool areWide = false) => body.Line($"__shared__ {(areWide ? "Wide" : "")}GemmMemory memory;");

    /// <summary>Returns where nobody wants the tokens' gradient, which training itself has no use for.</summary>
    public void ReturnUnlessTokenGradients()
    {
        using (Open("if (!pass.settings->tokenGradients)"))
        {
            Line("return;");
        }
    }

    /// <summary>A value's rows.</summary>
    public string Value(Value value) => Name(Operand.Of(value));

    /// <summary>The rows of a value's gradient.</summary>
    public string Gradient(Value value) => Name(Operand.GradientOf(value));

    /// <summary>An operand's rows.</summary>
    public string Name(Operand operand)
    {
        BufferBinding binding = Bound(operand);
        if (declared.All(d => d.Binding != binding))
        {
            declared.Add((binding, operand));
        }
        return operand.Name;
    }

    /// <summary>The type of the elements of an operand's rows.</summary>
    public string Element(Operand operand) => Bound(operand).IsOperand ? "operand_t" : "float";

    /// <summary>The type of the elements as one more argument of a template, where it is not the usual one.</summary>
    public string OperandArgument(Operand operand) => Bound(operand).IsOperand ? ", operand_t" : "";

    /// <summary>A parameter as what is only multiplied.</summary>
    public string WeightOperands(Parameter parameter) => Place("as_operands(pass.operands)", Layer.Weights.Plus(parameter.Offset));

    public string Weights(Parameter parameter) => Place("pass.weights", Layer.Weights.Plus(parameter.Offset));

    public string Gradients(Parameter parameter) => Place("pass.gradients", Layer.Weights.Plus(parameter.Offset));

    public string Derived(Region region) => Place("pass.weights", Layer.Derived.Plus(region.Offset));

    public string DerivedGradients(Region region) => Place("pass.gradients", Layer.Derived.Plus(region.Offset));

    /// <summary>The constant of where a sequence's state has what an operation keeps, at an offset in its layer: one a kernel.</summary>
    public string State(int offset)
    {
        BufferRef at = Layer.State.Plus(offset);
        if (state is not null && state != at)
        {
            throw new InvalidOperationException($"{kernel.Name} has two states.");
        }
        state = at;
        return StateName;
    }

    /// <summary>One of the partial gradients of a parameter.</summary>
    public string Partial(Parameter parameter, string part) => Partial(Layer.PartialOf(parameter), part);

    /// <summary>One of the partial gradients of derived weights.</summary>
    public string Partial(Region derived, string part) => Partial(Layer.PartialOf(derived), part);

    /// <summary>Where a thread block leaves its partial of the gradient's squared norm.</summary>
    public string GradientNormPartial(string index) =>
        $"pass.gradientNormPartials[{(kernel.GradientNormStart == 0 ? "" : $"{Number(kernel.GradientNormStart)} + ")}{index}]";

    /// <summary>A number that no two blocks or layers share, for dropout.</summary>
    public string Salt(int salt)
    {
        BufferRef at = Layer.Memory.Plus(salt);
        return Number(at.Offset) + (at.BlockStride == 0 ? "" : $" + block * {Number(at.BlockStride)}");
    }

    private BufferBinding Bound(Operand operand) => kernel.Buffers.FirstOrDefault(b => b.Name == operand.Name)
        ?? throw new InvalidOperationException($"{kernel.Name} does not bind {operand.Name}.");

    /// <summary>The kernel.</summary>
    public string Finish()
    {
        KernelNode node = kernel.Node;
        var code = new CodeWriter(CodeWriter.MaxColumns);
        string bounds = Number(node.Threads) + (node.MinBlocksPerMultiprocessor == 0 ? "" : $", {Number(node.MinBlocksPerMultiprocessor)}");
        string firstBlock = kernel.Layer is null ? "" : " firstBlock";
        using (code.Open($"extern \"C\" __global__ void __launch_bounds__({bounds}) {kernel.Name}(const Pass pass, const int{firstBlock})"))
        {
            if (kernel.Layer is { IsRepeated: true })
            {
                code.Line("const int block = firstBlock + static_cast<int>(blockIdx.y);");
            }
            foreach ((BufferBinding binding, Operand operand) in declared)
            {
                if (binding.Pointer is PrecedingOutputPointer { BeforeLayer: MemoryPointer before })
                {
                    code.Line($"constexpr int {PointerText.BeforeLayer} = {Number(before.Buffer.Offset)};");
                }
                string type = $"{(binding.IsReadOnly ? "const " : "")}{(binding.IsOperand ? "operand_t" : "float")}*";
                DeclarePointer(code, $"{type} {binding.Name}", binding.Pointer, operand.Shape, binding.IsOperand);
            }
            if (state is not null)
            {
                string offset = state.Offset == 0 && state.BlockStride != 0 ? "" : Number(state.Offset);
                string blocks = state.BlockStride == 0 ? "" : $"{(offset.Length == 0 ? "" : " + ")}block * {Number(state.BlockStride)}";
                code.Line($"const int {StateName} = {offset}{blocks};  // doubles of a sequence's state that come before");
            }
            code.Append(body);
        }
        return code.ToString();
    }

    /// <summary>Clears the columns of rows from the first on, up to the end.</summary>
    public void ClearColumns(Value value, int first, int end, string rows) => Call(
        "clear_columns", Configuration(
            $"{value.Name}_columns{Number(first)}_{Number(end)}", ("stride", value.Stride), ("first", first), ("end", end)),
        "pass", rows);

    /// <summary>Copies columns of the source, from one on, to columns of the target, from one on.</summary>
    public void CopyColumns(Value source, int sourceColumn, Value target, int targetColumn, int width, string from, string to) => Call(
        "copy_columns", Configuration(
            $"{source.Name}_to_{target.Name}_columns", ("width", width), ("source_stride", source.Stride),
            ("source_column", sourceColumn), ("target_stride", target.Stride), ("target_column", targetColumn)),
        "pass", from, to);

    /// <summary>Declares a pointer, the shape of its rows behind it, or before it where the line is full.</summary>
    public static void DeclarePointer(CodeWriter code, string name, DevicePointer pointer, string shape, bool isOperand = false)
    {
        string place = PointerText.Of(pointer), comment = $"// {shape}";
        string line = $"{name} = {(isOperand ? $"as_operands({place})" : place)};";
        if (code.Fits($"{line}  {comment}"))
        {
            code.Line($"{line}  {comment}");
            return;
        }
        code.Line(comment);
        code.Line(line);
    }

    /// <summary>Opens a loop over tiles of 64 columns; of a single one, only says where it begins.</summary>
    public CodeWriter.Block? OpenColumns(int tiles)
    {
        if (tiles == 1)
        {
            Line("constexpr int column = 0;");
            return null;
        }
        string tile = Number(TileOperation.Tile);
        return Open($"for (int column = 0; column < {Number(tiles * TileOperation.Tile)}; column += {tile})");
    }

    private string Partial(PartialGradient partial, string part)
    {
        BufferRef at = Layer.Partials.Plus(partial.Buffer);
        return $"{Place("pass.partials", at, "ll")} + {part} * {Number(partial.Length)}ll";
    }

    /// <summary>A place in a buffer, without terms that are zero. Suffix: of its numbers.</summary>
    private static string Place(string buffer, BufferRef at, string suffix = "") =>
        buffer + (at.Offset == 0 ? "" : $" + {Number(at.Offset)}{suffix}")
        + (at.BlockStride == 0 ? "" : $" + block * {Number(at.BlockStride)}{suffix}");
}

/// <summary>Pointers as expressions of the block.</summary>
internal static class PointerText
{
    /// <summary>The constant of a kernel's body for where the rows before a repeated layer lie, in floats a token.</summary>
    public const string BeforeLayer = "beforeLayer";

    public static string Of(DevicePointer pointer) => pointer switch
    {
        TokensPointer => "pass.tokens",
        TokenGradientsPointer => "pass.tokenGradients",
        MemoryPointer p => Memory(p.Buffer, "block"),
        PrecedingOutputPointer { BeforeLayer: MemoryPointer } p =>
            $"block == 0 ? pass.memory + {BeforeLayer} * pass.capacity : {Memory(p.Outputs, "(block - 1)")}",
        PrecedingOutputPointer p => $"block == 0 ? {Of(p.BeforeLayer)} : {Memory(p.Outputs, "(block - 1)")}",
        FirstBlockPointer p => $"block == 0 ? {Of(p.First)} : {Of(p.Others)}",
        AlternatingPointer p => Alternating(p, $"({Number(p.Turn)} - block)"),
        _ => throw new InvalidOperationException(pointer.GetType().Name),
    };

    private static string Alternating(AlternatingPointer pointer, string turn)
    {
        string turns = $"{turn} % 2 == 0 ? {Memory(pointer.Even, "block")} : {Memory(pointer.Odd, "block")}";
        return pointer.End is { } end ? $"{turn} == 0 ? {Memory(end, "block")} : {turns}" : turns;
    }

    private static string Memory(BufferRef buffer, string block)
    {
        string offset = Number(buffer.Offset), blocks = $"{block} * {Number(buffer.BlockStride)}";
        string? at = buffer switch
        {
            { Offset: 0, BlockStride: 0 } => null,
            { Offset: 0 } => blocks,
            { BlockStride: 0 } => offset,
            _ => $"({offset} + {blocks})",
        };
        return at is null ? "pass.memory" : $"pass.memory + {at} * pass.capacity";
    }
}
