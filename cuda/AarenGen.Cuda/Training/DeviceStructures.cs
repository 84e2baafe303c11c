using System.Runtime.InteropServices;

namespace AarenGen.Cuda.Training;

/// <summary>How a step is taken: the structure of this name in the device code.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Settings
{
    public long Step;
    public int Rows, Sequences, Training, TokenGradients;
    public float Scale, Clip, LearningRate, Beta1, Beta2, Epsilon, WeightDecay, Correction1, Correction2;
    public ulong Seed;
}

/// <summary>The states around a chunk: the structure of this name in the device code.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ChunkSettings
{
    public nint Before, After;
    public long StateDoubles;
}

/// <summary>What is read back: the structure of this name in the device code.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Results
{
    public double LossSum, Loss, Evaluated, BadLoss, BadNorm;
    public long BadStep, BadNow;
}

/// <summary>What all kernels are given: the structure of this name in the device code.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Pass
{
    public nint Weights, Operands, Gradients, FirstMoment, SecondMoment, Partials, Memory, Carries, TileCounter, Losses;
    public nint GradientNormPartials;
    public nint Tokens, Statistics, Targets, TokenWeights, SequenceWeights, Ends, Settings, Results, TokenGradients;
    public long Capacity;

    /// <summary>Last, since kernels that carry no states have no such member.</summary>
    public nint Chunk;
}
