using static System.FormattableString;
using static AarenGen.OptionChecks;

namespace AarenGen;

/// <summary>
/// How to train: AdamW with linear warm-up, cosine decay and clipping by the global norm. The defaults suit small models.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>
    /// Number of passes over all sequences, at least 1. 20 by default. A training resumed from a checkpoint may have more than before, even
    /// if it had ended: it resumes with its last weights, and its learning rate then follows the schedule of the new number of epochs, so
    /// that the rate may rise once.
    /// </summary>
    public int Epochs { get; init; } = 20;

    /// <summary>Sequences per optimiser step, at least 1; all sequences if there are fewer. 32 by default.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// Tokens after which a sequence is cut in training, at least 1, and at least a patch and its stride of a model with <c>[Patch]</c>;
    /// null, the default: sequences are trained whole.
    /// </summary>
    /// <remarks>
    /// <para>The state at the end of a chunk goes on into the next chunk, as in a stream; gradients do not (truncated backpropagation
    /// through time). A model thereby sees streams of any length, and a training takes the memory of a chunk instead of that of the
    /// longest sequence. An optimiser step takes the same-numbered chunk of each sequence of a batch. A batch runs through all its chunks
    /// before the next one begins; sequences that have ended drop out. Steps in which no token has a weight move the states alone.</para>
    /// <para>Data should override <see cref="SequenceData.ReadTokens(int, int, Span{float})"/>, so that a chunk is read without the rest of
    /// its sequence. Validation runs in chunks, too; its result is that of whole sequences.</para>
    /// </remarks>
    public int? CarryState { get; init; }

    /// <summary>Highest learning rate, above 0 and, like all rates here, a normal number in float. 1e-3 by default.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Learning rate at the end as a fraction of the highest, 0 to 1. 0.01 by default.</summary>
    public double FinalLearningRateFraction { get; init; } = 0.01;

    /// <summary>Number of optimiser steps in which the learning rate rises from 0; a twentieth of all where null, the default.</summary>
    public int? WarmupSteps { get; init; }

    /// <summary>Decoupled weight decay, at least 0, only on matrices. 0.01 by default.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Decay of the gradients' mean, 0 to below 1. 0.9 by default.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the gradients' mean square, 0 to below 1. 0.999 by default.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the mean square, above 0. 1e-8 by default.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>
    /// Maximum norm of the gradient, above 0; a longer gradient is scaled down to it. Infinity turns it off. 1 by default.
    /// </summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>
    /// Stops after this number of epochs without a better validation loss, at least 1; null, the default: never. A training that it
    /// stopped continues when it is resumed with more.
    /// </summary>
    public int? Patience { get; init; }

    /// <summary>
    /// Where the training runs; the CPU by default. On a GPU of the package AarenGen.Cuda, <c>Fit</c> throws
    /// <c>CudaUnavailableException</c> if the driver, its compiler or the device is missing, and <c>CudaException</c> if a call of them
    /// fails.
    /// </summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>
    /// Threads of a training on the CPU, 1 to 1024; the machine's processors by default. A run is repeatable for a given number; with
    /// another, sums are rounded in another order.
    /// </summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Decides shuffling and dropout. 0 by default.</summary>
    public int Seed { get; init; }

    /// <summary>File for checkpoints, replaced after each epoch, each interval and when cancelled; none where null, the default.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Optimiser steps between checkpoints inside an epoch, at least 1; null, the default: none.</summary>
    public int? CheckpointInterval { get; init; }

    /// <summary>
    /// Whether to resume from the checkpoint, if there is one, instead of starting from the beginning and replacing it. Data and options
    /// must be the same as before, except <see cref="Epochs"/>, <see cref="Patience"/>, <see cref="Threads"/>, <see cref="Device"/> and the
    /// options of checkpoints. If these are the same too, the result is bit for bit that of a training that never stopped.
    /// </summary>
    public bool Resume { get; init; }

    private const string NormalRange = "from 1.2e-38 to 3.4e38", BetaRange = "from 0 to below 1, in float too, so at most 0.99999994";

    /// <param name="hasValidation">Whether there are validation data.</param>
    /// <param name="minChunk">Tokens that a chunk of the model has at least.</param>
    internal void Validate(bool hasValidation, int minChunk)
    {
        ArgumentNullException.ThrowIfNull(Device);
        Check(Epochs >= 1, Epochs, "at least 1", nameof(Epochs));
        Check(BatchSize >= 1, BatchSize, "at least 1", nameof(BatchSize));
        Check(
            CarryState is null || CarryState >= minChunk, CarryState,
            minChunk == 1 ? "at least 1" : Invariant($"at least {minChunk}, a patch or its stride"), nameof(CarryState));
        Check(IsNormal(LearningRate), LearningRate, NormalRange, nameof(LearningRate));
        Check(FinalLearningRateFraction is >= 0 and <= 1, FinalLearningRateFraction, "from 0 to 1", nameof(FinalLearningRateFraction));
        Check(WarmupSteps is null or >= 0, WarmupSteps, "at least 0", nameof(WarmupSteps));
        Check(WeightDecay == 0 || IsNormal(WeightDecay), WeightDecay, "0, or " + NormalRange, nameof(WeightDecay));
        Check(IsBelowOne(Beta1), Beta1, BetaRange, nameof(Beta1));
        Check(IsBelowOne(Beta2), Beta2, BetaRange, nameof(Beta2));
        Check(IsNormal(Epsilon), Epsilon, NormalRange, nameof(Epsilon));
        Check(IsNormal(ClipNorm) || double.IsPositiveInfinity(ClipNorm), ClipNorm, NormalRange + ", or infinity", nameof(ClipNorm));
        Check(Patience is null or >= 1, Patience, "at least 1", nameof(Patience));
        Check(Threads is >= 1 and <= 1024, Threads, "from 1 to 1024", nameof(Threads));
        Check(CheckpointInterval is null or >= 1, CheckpointInterval, "at least 1", nameof(CheckpointInterval));
        if (Patience is not null && !hasValidation)
        {
            throw new ArgumentException(Invariant($"{nameof(Patience)} is {Patience}, but there are no validation data to judge by."));
        }
        if (CheckpointPath is { Length: 0 })
        {
            throw new ArgumentException($"{nameof(CheckpointPath)} is empty; name a file, or leave it null.");
        }
        if ((Resume || CheckpointInterval is not null) && CheckpointPath is null)
        {
            throw new ArgumentException($"{nameof(Resume)} and {nameof(CheckpointInterval)} need a {nameof(CheckpointPath)}.");
        }
    }

    /// <summary>Steps are computed in float, where a number must neither become 0 nor infinite.</summary>
    private static bool IsNormal(double value) => value > 0 && float.IsNormal((float)value);

    private static bool IsBelowOne(double beta) => beta >= 0 && (float)beta < 1;
}
