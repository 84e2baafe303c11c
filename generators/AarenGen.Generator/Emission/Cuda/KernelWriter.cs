using System.Globalization;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>Prints one kernel's body: resolves values, weights and parts of gradients to pointers, which are declared before it.</summary>
internal sealed class KernelWriter(DeviceLayer layer, LayerBorder border, long partialsStart, int squaresStart)
{
    private readonly CodeWriter body = new();
    private readonly List<string> declarations = [];
    private readonly HashSet<string> declared = new(StringComparer.Ordinal);
    private bool meetsInTwos;

    public LayerPlan Layer => layer.Plan;

    public void Line(string line = "") => body.Line(line);

    public CodeWriter.Block Open(string line) => body.Open(line);

    public CodeWriter.Block OpenBlock() => body.OpenBlock();

    public void Comment(string text) => body.Line("// " + text);

    /// <summary>A call of device code: its template's arguments, then its arguments.</summary>
    public void Call(string function, string sizes, params string[] arguments) =>
        body.Line($"{function}{(sizes.Length == 0 ? "" : $"<{sizes}>")}({string.Join(", ", arguments)});");

    /// <summary>
    /// Declares what products share. Without being told how many of them are to meet, the assembler spills a few numbers to let more meet than shared
    /// memory has room for.
    /// </summary>
    public void DeclareProductMemory()
    {
        MeetInTwos();
        body.Line("__shared__ ProductMemory memory;");
    }

    /// <summary>Says that two thread blocks of the kernel are to meet on a multiprocessor at least: a bound of its registers.</summary>
    public void MeetInTwos() => meetsInTwos = true;

    /// <summary>A value's rows.</summary>
    public string Value(Value value)
    {
        string place = value.IsBorder ? (value.Name == "input" ? border.Input : border.Output) : MemoryAt(layer.Plan.Memory, value.Memory);
        return Declare(value.Name, value.Name == "input" && value.IsBorder ? "const float*" : "float*", place);
    }

    /// <summary>The rows of a value's gradient.</summary>
    public string Gradient(Value value)
    {
        if (value.SharesGradientOf is { } other)
        {
            return Gradient(other == "output" ? new Value("output", value.Width) : layer.Plan.Values.Single(v => v.Name == other));
        }
        string place = value.IsBorder
            ? (value.Name == "input" ? border.InputGradient : border.OutputGradient)
            : $"pass.memory + {Number(layer.Plan.GradientMemory + value.Gradient)} * pass.capacity";
        return Declare(value.GradientName, "float*", place);
    }

    /// <summary>Memory of the layer beside its values.</summary>
    public string Memory(string name, int offset) => Declare(name, "float*", MemoryAt(layer.Plan.Memory, offset));

    public string Weights(Parameter parameter) => $"pass.weights + {At(layer.Plan.Weights, parameter.Offset)}";

    public string Gradients(Parameter parameter) => $"pass.gradients + {At(layer.Plan.Weights, parameter.Offset)}";

    public string Derived(Region region) => $"pass.weights + {At(layer.Plan.Derived, region.Offset)}";

    public string DerivedGradients(Region region) => $"pass.gradients + {At(layer.Plan.Derived, region.Offset)}";

    /// <summary>A part of a gradient.</summary>
    public string Part(GradientRun run, string part) =>
        $"pass.partials + {(layer.Plan.Repeat == 1 ? $"{Number(partialsStart + run.Offset)}ll" : $"{Number(partialsStart + run.Offset)}ll + block * {Number(layer.PartialFloats)}ll")} + {part} * {Number(run.Length)}ll";

    /// <summary>Where a block leaves its part of the gradient's squared norm.</summary>
    public string Squares(string index) => $"pass.squares[{Number(squaresStart)} + {index}]";

    /// <summary>A number that no two blocks or layers share, for dropout.</summary>
    public string Salt(int salt) => At(layer.Plan.Memory, salt);

    /// <summary>The kernel.</summary>
    public string Finish(string name, int threads)
    {
        var code = new CodeWriter();
        using (code.Open($"extern \"C\" __global__ void __launch_bounds__({Number(threads)}{(meetsInTwos ? ", 2" : "")}) {name}(const Pass pass, const int firstBlock)"))
        {
            if (layer.Plan.Repeat > 1)
            {
                code.Line("const int block = firstBlock + static_cast<int>(blockIdx.y);");
            }
            foreach (string declaration in declarations)
            {
                code.Line(declaration);
            }
            foreach (string line in body.ToString().TrimEnd('\n').Split('\n'))
            {
                code.Line(line);
            }
        }
        return code.ToString();
    }

    private string Declare(string name, string type, string place)
    {
        if (declared.Add(name))
        {
            declarations.Add($"{type} {name} = {place};");
        }
        return name;
    }

    private string MemoryAt(Extent extent, int offset) => layer.Plan.Repeat == 1
        ? $"pass.memory + {Number(extent.Start + offset)} * pass.capacity"
        : $"pass.memory + ({Number(extent.Start + offset)} + block * {Number(extent.Step)}) * pass.capacity";

    private string At(Extent extent, int offset) => layer.Plan.Repeat == 1
        ? Number(extent.Start + offset)
        : $"{Number(extent.Start + offset)} + block * {Number(extent.Step)}";

    private static string Number(long n) => n.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Pointers at a layer's border, as expressions of the block.</summary>
internal sealed record LayerBorder(string Input, string Output, string InputGradient, string OutputGradient);
