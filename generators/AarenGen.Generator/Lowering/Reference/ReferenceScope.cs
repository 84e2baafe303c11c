using AarenGen.Generator.Model;

namespace AarenGen.Generator.Lowering.Reference;

/// <summary>What an operation's launches bind: the memory of one block of one layer.</summary>
internal sealed class ReferenceScope(
    LayerPlan layer, int block, BufferArgument input, BufferArgument output, Func<int, long> allocateRows, Func<int, long> allocateWork)
{
    private readonly Dictionary<string, BufferArgument> values = new(StringComparer.Ordinal);

    /// <summary>The layer.</summary>
    public LayerPlan Layer => layer;

    /// <summary>A value, [rows, width]: rows follow each other without padding.</summary>
    public BufferArgument Value(Value value) => value.IsAtBoundary ? value.Name == "input" ? input : output : Rows(value.Name, value.Width);

    /// <summary>A value's gradient, which nothing else shares.</summary>
    public BufferArgument Gradient(Value value) => GradientOf(Value(value));

    /// <summary>The gradient of rows.</summary>
    public static BufferArgument GradientOf(BufferArgument rows) => rows with
    {
        Buffer = rows.Buffer == ReferenceBuffer.Tokens ? ReferenceBuffer.TokenGradients : ReferenceBuffer.ValueGradients,
    };

    /// <summary>Numbers a row that the forward pass leaves for the backward pass.</summary>
    public BufferArgument Kept(Value beside, string name, int perRow) => Rows($"{beside.Name} {name}", perRow);

    /// <summary>Numbers that have nothing to do with rows.</summary>
    public BufferArgument Work(string name, int count) =>
        Remember("work " + name, () => new(ReferenceBuffer.Work, allocateWork(count)));

    /// <summary>A parameter: its rows are Stride apart.</summary>
    public BufferArgument Weights(Parameter parameter) => new(ReferenceBuffer.Weights, At(layer.Weights) + parameter.Offset);

    public BufferArgument WeightGradients(Parameter parameter) => GradientOfWeights(Weights(parameter));

    /// <summary>What is derived from parameters.</summary>
    public BufferArgument Derived(Region region) => new(ReferenceBuffer.Weights, At(layer.Derived) + region.Offset);

    /// <summary>The gradient of weights.</summary>
    public static BufferArgument GradientOfWeights(BufferArgument weights) => weights with { Buffer = ReferenceBuffer.WeightGradients };

    /// <summary>A number that no two blocks or layers share, for dropout.</summary>
    public int Salt(int salt) => (int)At(layer.Memory) + salt;

    private long At(StridedRegion region) => region.Offset + (long)block * region.Stride;

    private BufferArgument Rows(string name, int width) =>
        Remember("rows " + name, () => new(ReferenceBuffer.Values, allocateRows(width), IsPerRow: true));

    private BufferArgument Remember(string name, Func<BufferArgument> create) =>
        values.TryGetValue(name, out BufferArgument? known) ? known : values[name] = create();
}
