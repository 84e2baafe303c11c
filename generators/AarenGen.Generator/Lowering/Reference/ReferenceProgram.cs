using AarenGen.Generator.Model;

namespace AarenGen.Generator.Lowering.Reference;

/// <summary>
/// A model as plain reference kernels, launched one by one in order: the forward pass, the losses, the backward pass. Everything is a
/// double and has memory of its own, so that nothing that the plan decides about memory or order can hide a mistake.
/// </summary>
/// <param name="Launches">The launches.</param>
/// <param name="RowDoubles">Doubles a row of the values, and of their gradients.</param>
/// <param name="WorkDoubles">Doubles of work memory.</param>
/// <param name="Outputs">Where each head's outputs lie, in doubles a row.</param>
/// <param name="Parameters">Numbers of the weights that are parameters.</param>
/// <param name="DecayRuns">Which of them decay.</param>
internal sealed record ReferenceProgram(
    EquatableArray<ReferenceLaunch> Launches, long RowDoubles, long WorkDoubles, EquatableArray<long> Outputs, int Parameters,
    EquatableArray<DecayRun> DecayRuns);

/// <summary>Threads = PerRow × rows + PerSequence × sequences + Fixed.</summary>
internal sealed record ThreadCount(long PerRow, long PerSequence, long Fixed)
{
    public static ThreadCount OfRows(long perRow) => new(perRow, 0, 0);

    public static ThreadCount OfSequences(long perSequence) => new(0, perSequence, 0);

    public static ThreadCount Of(long threads) => new(0, 0, threads);
}

/// <summary>
/// A launch of a reference kernel. Its only argument is a structure: a Batch, then the arguments in order, 8 bytes each.
/// </summary>
internal sealed record ReferenceLaunch(string Kernel, ThreadCount Threads, EquatableArray<ReferenceArgument> Arguments);

/// <summary>An argument of a reference kernel.</summary>
internal abstract record ReferenceArgument
{
    /// <summary>A null pointer.</summary>
    public static ReferenceArgument Null { get; } = new IntegerArgument(0);

    public static implicit operator ReferenceArgument(int value) => new IntegerArgument(value);

    public static implicit operator ReferenceArgument(double value) => new RealArgument(value);
}

/// <summary>A whole number; long long in device code.</summary>
internal sealed record IntegerArgument(long Value) : ReferenceArgument;

/// <summary>A real number.</summary>
internal sealed record RealArgument(double Value) : ReferenceArgument;

/// <summary>A pointer into a buffer. IsPerRow: the offset is in doubles a row.</summary>
internal sealed record BufferArgument(ReferenceBuffer Buffer, long Offset = 0, bool IsPerRow = false) : ReferenceArgument;

/// <summary>A pointer to constants.</summary>
internal sealed record ConstantsArgument(EquatableArray<double> Values) : ReferenceArgument;

/// <summary>The buffers of a reference program, all of doubles.</summary>
internal enum ReferenceBuffer
{
    /// <summary>Parameters, then what is derived from them, as the model lays them out.</summary>
    Weights,

    /// <summary>Their gradients.</summary>
    WeightGradients,

    /// <summary>The optimiser's mean of gradients.</summary>
    FirstMoment,

    /// <summary>The optimiser's mean of their squares.</summary>
    SecondMoment,

    /// <summary>The norm of all gradients of parameters.</summary>
    GradientNorm,

    /// <summary>Values, each [rows, width].</summary>
    Values,

    /// <summary>Their gradients.</summary>
    ValueGradients,

    /// <summary>The model's input, [rows, width].</summary>
    Tokens,

    /// <summary>Its gradient.</summary>
    TokenGradients,

    /// <summary>Work memory that has no rows.</summary>
    Work,

    /// <summary>Targets, [rows, width].</summary>
    Targets,

    /// <summary>A weight a row.</summary>
    TokenWeights,

    /// <summary>A weight a row, that of its sequence at the last row and zero at others.</summary>
    SequenceWeights,

    /// <summary>Each head's losses, [rows].</summary>
    Losses,
}
