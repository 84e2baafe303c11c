namespace AarenGen.Generator.Model.Cuda;

/// <summary>
/// Everything decided about a model's training on a device: the kernels of its translation unit in the order in which they are printed, and
/// which of them run when. Begin runs after the host wrote the weights. Training is Prepare, Forward, Backward, Update; evaluation is
/// Prepare once, then Forward and Evaluate.
/// </summary>
/// <param name="Class">The model.</param>
/// <param name="Libraries">Files of device code that the kernels call, without their ending, in ordinal order.</param>
/// <param name="Kernels">The kernels, in the order in which they are printed.</param>
/// <param name="PartialFloats">Floats of all partial-gradient buffers.</param>
/// <param name="GradientNormPartials">Doubles of the gradient's squared norm, one for each thread block that leaves some of it.</param>
/// <param name="Outputs">Where each head's outputs lie, in floats a token of training memory.</param>
/// <param name="Begin">What runs after the host wrote the weights.</param>
/// <param name="Prepare">What runs after the weights changed.</param>
/// <param name="Forward">The forward pass.</param>
/// <param name="Evaluate">The losses, without gradients.</param>
/// <param name="Backward">The losses and the backward pass.</param>
/// <param name="Update">The reduction of partial gradients, and the optimiser.</param>
internal sealed record CudaPlan(
    ModelClass Class, EquatableArray<string> Libraries, EquatableArray<CudaKernel> Kernels, long PartialFloats, int GradientNormPartials,
    EquatableArray<int> Outputs, EquatableArray<CudaLaunch> Begin, EquatableArray<CudaLaunch> Prepare, EquatableArray<CudaLaunch> Forward,
    EquatableArray<CudaLaunch> Evaluate,
    EquatableArray<CudaLaunch> Backward, EquatableArray<CudaLaunch> Update);

/// <summary>The class that the plan is for, and the name of its generated files.</summary>
internal sealed record ModelClass(string FileName, string Namespace, EquatableArray<string> ContainingTypes, string Name);

/// <summary>A kernel: its unique name, what it computes, and the memory that it binds.</summary>
/// <param name="Name">The name in the translation unit.</param>
/// <param name="Node">What it computes.</param>
/// <param name="Layer">Where the weights of its layer lie; null for a kernel of the whole model.</param>
/// <param name="Buffers">The pointers that its operands become.</param>
/// <param name="GradientNormStart">The first of its gradient-norm partials.</param>
internal sealed record CudaKernel(
    string Name, KernelNode Node, LayerMemory? Layer, EquatableArray<BufferBinding> Buffers, int GradientNormStart = 0);

/// <summary>A launch of a kernel for blocks of a repeated layer, from the first on.</summary>
internal sealed record CudaLaunch(string Kernel, int FirstBlock, int Blocks);

/// <summary>Grid = PerRowTile × ⌈capacity / RowsPerTile⌉ + PerSequence × sequences + Fixed, in thread blocks.</summary>
internal sealed record GridShape(int PerRowTile, int RowsPerTile, int PerSequence, int Fixed)
{
    public static GridShape OfRows(int rowsPerTile, int perTile = 1) => new(perTile, rowsPerTile, 0, 0);

    public static GridShape OfSequences(int perSequence) => new(0, 1, perSequence, 0);

    public static GridShape Of(int blocks) => new(0, 1, 0, blocks);
}

/// <summary>Where a layer's weights lie, and the partial gradients of them; offsets are those of its first block.</summary>
/// <param name="IsRepeated">Whether it has several blocks.</param>
/// <param name="Weights">Its parameters, in weights and gradients.</param>
/// <param name="Derived">What is derived from them, in weights and gradients.</param>
/// <param name="Memory">Its training memory: of dropout, the offset is also the salt of its seed.</param>
/// <param name="State">Its state, in doubles of the state of a sequence's layers.</param>
/// <param name="Partials">Its partial-gradient buffers.</param>
/// <param name="PartialGradients">What they hold.</param>
internal sealed record LayerMemory(
    bool IsRepeated, BufferRef Weights, BufferRef Derived, BufferRef Memory, BufferRef State, BufferRef Partials,
    EquatableArray<PartialGradient> PartialGradients)
{
    /// <summary>The partial gradients of a parameter.</summary>
    public PartialGradient PartialOf(Parameter parameter) => PartialGradients.Single(p => !p.IsDerived && p.Offset == parameter.Offset);

    /// <summary>The partial gradients of derived weights.</summary>
    public PartialGradient PartialOf(Region derived) => PartialGradients.Single(p => p.IsDerived && p.Offset == derived.Offset);
}

/// <summary>
/// A gradient in parts, each over some of the batch's rows, that are added up once a step. Offset and Length are those of the weights,
/// relative to the layer's parameters or derived weights; Buffer is the first part's place among the layer's partial-gradient buffers.
/// </summary>
internal sealed record PartialGradient(int Offset, int Length, bool IsDerived, int Parts, long Buffer = 0)
{
    public static PartialGradient Of(Parameter parameter, int parts) => new(parameter.Offset, parameter.Floats, false, parts);

    public static PartialGradient Of(Region derived, int parts) => new(derived.Offset, derived.Length, true, parts);
}

/// <summary>A segment of all gradients, where its partial gradients lie, and how many float4 all segments before it have.</summary>
internal sealed record GradientSegment(int Start, int Length, int Parts, bool IsParameter, long Buffer, int Float4sBefore);
