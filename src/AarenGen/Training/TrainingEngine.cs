using AarenGen.Memory;

namespace AarenGen.Training;

/// <summary>What a training changes: the weights and the moments of their gradients, all laid out like the weights.</summary>
internal sealed record TrainingTensors(AlignedBuffer Weights, AlignedBuffer FirstMoment, AlignedBuffer SecondMoment);

/// <summary>The settings of one optimiser step.</summary>
/// <param name="Step">Its number, from 1.</param>
/// <param name="Update">The number of updates of the weights with this one, from 1.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Seed">Decides its dropout.</param>
internal readonly record struct StepSettings(long Step, long Update, double LearningRate, ulong Seed)
{
    /// <summary>The chunk of the sequences that the step takes, from 0.</summary>
    public int Chunk { get; init; }

    /// <summary>Whether a sequence has another chunk, so that the next step needs the states after this one.</summary>
    public bool HasNextChunk { get; init; }

    /// <summary>The divisor that corrects the bias of a moment that started at zero.</summary>
    public double Correction(double beta) => 1 - Math.Pow(beta, Update);
}

/// <summary>Where the arithmetic of a training runs: steps and evaluations, on one processor or another.</summary>
internal abstract class TrainingEngine : IDisposable
{
    /// <summary>Rows of all optimiser steps so far.</summary>
    public long Tokens { get; protected set; }

    /// <summary>A sentence for the report: why the training does not run where it was asked to; empty where it does.</summary>
    public string DeviceNote { get; set; } = "";

    /// <summary>
    /// Runs an optimiser step on some sequences, or on a chunk of each; those of a later chunk are the first of those of the chunk before.
    /// Returns false where no token of them has a weight, and the weights stay as they are.
    /// </summary>
    /// <exception cref="TrainingDivergedException">
    /// A loss or a gradient is not finite; an engine may say so later, when losses are read.
    /// </exception>
    public abstract bool Step(ReadOnlyMemory<int> sequences, in StepSettings step);

    /// <summary>Starts the sum of the steps' mean losses at a value.</summary>
    public abstract void BeginLosses(double sum);

    /// <summary>That sum, in the order of the steps. Reading it does not change it.</summary>
    /// <exception cref="TrainingDivergedException">A loss or a gradient was not finite.</exception>
    public abstract double ReadLosses();

    /// <summary>The mean loss of the validation data.</summary>
    public abstract double Evaluate();

    /// <summary>A copy of the states with which the given number of sequences go on into their next chunk.</summary>
    public virtual double[] CopyStates(int sequences) => [];

    /// <summary>Restores what <see cref="CopyStates"/> returned.</summary>
    public virtual void RestoreStates(ReadOnlySpan<double> states)
    {
    }

    /// <summary>Copies weights and moments to the host's tensors.</summary>
    public abstract void Download();

    /// <summary>Whether an exception means that the engine itself failed and cannot return weights.</summary>
    public virtual bool IsOwnError(Exception e) => false;

    public abstract void Dispose();
}
