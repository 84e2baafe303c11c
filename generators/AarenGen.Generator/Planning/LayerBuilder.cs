using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Planning;

/// <summary>
/// Takes a layer's parameters, values and operations, and allocates their memory, relative to the layer's first block.
/// </summary>
internal sealed class LayerBuilder(int inputWidth, int rowsPerPass, DiagnosticBag diagnostics)
{
    private readonly List<Parameter> parameters = [];
    private readonly List<Value> values = [];
    private readonly List<Operation> operations = [];
    private int weights, derived, packed, packedTraining, memory, gradients, scratch, state;

    public DiagnosticBag Diagnostics => diagnostics;

    public Value Input { get; } = new("input", inputWidth);

    public int OutputWidth { get; private set; }

    public string Summary { get; set; } = "";

    /// <summary>What a reader of the model card should know beside the summary; null where there is nothing.</summary>
    public string? Remark { get; set; }

    public IReadOnlyList<Parameter> Parameters => parameters;

    public IReadOnlyList<Value> Values => values;

    public int Weights => weights;

    public int DerivedFloats => derived;

    public int Packed => packed;

    public int PackedTraining => packedTraining;

    public int MemoryFloats => memory;

    public int Gradients => gradients;

    public int Scratch => scratch;

    public int StateDoubles => state;

    public int InRange(ComponentDeclaration component, string argument, int min, int max) =>
        diagnostics.InRange(component, argument, min, max);

    /// <summary>The argument Heads, 4 where it is not written; it divides the input's width.</summary>
    public int Heads(ComponentDeclaration component) => diagnostics.Heads(component, component.Integer("Heads", 4), Input.Width);

    public double Fraction(ComponentDeclaration component, string argument) => diagnostics.Fraction(component, argument);

    public T Choice<T>(ComponentDeclaration component, string argument, string[] names, T[] choices) =>
        diagnostics.Choice(component, argument, names, choices);

    public Value Output(int width)
    {
        OutputWidth = width;
        return new("output", width);
    }

    /// <summary>A value inside the layer.</summary>
    public Value Value(string name, int width) => Remember(new(
        name, width, Take(ref scratch, Sizes.Pad(width) * rowsPerPass), Take(ref memory, Sizes.Pad(width)),
        Take(ref gradients, Sizes.Pad(width))));

    /// <summary>A value that is only added to another: the sum's gradient is its own.</summary>
    public Value Branch(string name, int width, string sum) => Remember(new(
        name, width, Take(ref scratch, Sizes.Pad(width) * rowsPerPass), Take(ref memory, Sizes.Pad(width)),
        SharesGradientOf: sum));

    /// <summary>Floats per token that training stores in addition to the values.</summary>
    public int Memory(int floats) => Take(ref memory, Sizes.Pad(floats));

    /// <summary>Doubles of a stream's state.</summary>
    public int State(int doubles) => Take(ref state, doubles);

    /// <summary>Weights computed from parameters.</summary>
    public Region Derived(int floats) => new(Take(ref derived, floats), floats);

    public Parameter Parameter(
        string name, int rows, int columns, bool isMatrix, Initialization initialization, double scale, bool decays, double lastScale = 0)
    {
        var parameter = new Parameter(name, rows, columns, isMatrix, weights, initialization, scale, decays) { LastScale = lastScale };
        weights += parameter.Floats;
        parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Weight and bias of a linear map, named and started as PyTorch's Linear.</summary>
    public ParameterMatrix Matrix(string name, int inputs, int outputs) =>
        new(name.Length == 0 ? "weight" : name, Weight(name, inputs, outputs, Initialization.Uniform), Bias(name, inputs, outputs));

    /// <summary>Weight and bias of a linear map whose products are never rounded. The weight may start at 0.</summary>
    public ParameterMatrix ExactMatrix(string name, int inputs, int outputs, Initialization weight = Initialization.Uniform) =>
        new(name, Weight(name, inputs, outputs, weight), Bias(name, inputs, outputs)) { IsExact = true };

    /// <summary>The same for forget gates: the half-lives that their bias gives run from a shortest to a longest.</summary>
    public ParameterMatrix ForgetMatrix(string name, int inputs, int outputs, double shortest, double longest) =>
        new(
            name, Weight(name, inputs, outputs, Initialization.Uniform),
            Parameter(Join(name, "bias"), 1, outputs, isMatrix: false, Initialization.HalfLives, shortest, decays: false, longest))
        {
            IsExact = true,
        };

    public void Linear(string name, Value input, Value output, Value? residual = null) =>
        Linear(Matrix(name, input.Width, output.Width), input, output, residual);

    public void Linear(Matrix matrix, Value input, Value output, Value? residual = null)
    {
        int forward = input.Width * output.Stride, transposed = output.Width * input.Stride;
        Add(new Linear(
            input, output, residual, matrix, new(Take(ref packed, forward), forward), new(Take(ref packedTraining, transposed), transposed),
            IsCompressible: !matrix.IsExact && Math.Min(input.Width, output.Width) >= Limits.CompressedWidth));
    }

    public void Normalize(string name, Value input, Value output)
    {
        Parameter scale = Parameter(Join(name, "weight"), 1, input.Width, isMatrix: false, Initialization.Ones, 0, decays: false);
        Parameter shift = Parameter(Join(name, "bias"), 1, input.Width, isMatrix: false, Initialization.Zeros, 0, decays: false);
        Add(new Normalize(input, output, scale, shift, Memory(Operations.Normalize.StatisticsPerToken)));
    }

    public void Add(Operation operation) => operations.Add(operation);

    /// <summary>The operations, each with the gradients that a later one has already written.</summary>
    public IEnumerable<OperationStep> Steps()
    {
        var begun = new HashSet<string>(StringComparer.Ordinal);
        var steps = new OperationStep[operations.Count];
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            steps[i] = new(operations[i], new(operations[i].Inputs.Select(v => !begun.Add(v.Name)).ToArray()));
        }
        return steps;
    }

    /// <summary>A parameter's name in a layer, behind a prefix that may be empty.</summary>
    public static string Join(string prefix, string name) => prefix.Length == 0 ? name : prefix + "." + name;

    private Parameter Weight(string name, int inputs, int outputs, Initialization initialization) => Parameter(
        Join(name, "weight"), outputs, inputs, isMatrix: true, initialization,
        initialization == Initialization.Uniform ? 1 / Math.Sqrt(inputs) : 0, decays: true);

    private Parameter Bias(string name, int inputs, int outputs) =>
        Parameter(Join(name, "bias"), 1, outputs, isMatrix: false, Initialization.Uniform, 1 / Math.Sqrt(inputs), decays: false);

    private Value Remember(Value value)
    {
        values.Add(value);
        return value;
    }

    private static int Take(ref int next, int length)
    {
        int start = next;
        next += length;
        return start;
    }
}
