using System.Globalization;
using System.Text;

namespace AarenGen;

/// <summary>The progress of a training.</summary>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="Epochs">Total number of epochs.</param>
/// <param name="Step">Optimiser steps done.</param>
/// <param name="Steps">
/// Total number of optimiser steps. Before the last epoch it is an estimate where sequences have different numbers of chunks
/// (<see cref="TrainingOptions.CarryState"/>), since each epoch forms other batches.
/// </param>
/// <param name="TrainingLoss">Mean loss of this epoch so far.</param>
/// <param name="ValidationLoss">Validation loss of the last epoch that has one.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="TokensPerSecond">Tokens a second since <see cref="SequenceModel{TSelf}.Fit"/> was called.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, long Step, long Steps, double TrainingLoss, double? ValidationLoss, double LearningRate, double TokensPerSecond)
{
    /// <summary>Why <c>Device.Auto</c> took the CPU, as a sentence; empty where it took a GPU and for every other device.</summary>
    public string DeviceNote { get; init; } = "";
}

/// <summary>One epoch. With <c>[Standardize]</c>, losses are those of standardised targets.</summary>
/// <param name="TrainingLoss">Mean loss of the epoch's batches, each before its step.</param>
/// <param name="ValidationLoss">Loss on the validation data after the epoch; null: none.</param>
public sealed record EpochReport(double TrainingLoss, double? ValidationLoss);

/// <summary>Why a training ended.</summary>
public enum StopReason
{
    /// <summary>All epochs were done.</summary>
    EpochsCompleted,

    /// <summary>The validation loss had not improved for as many epochs as the patience allows.</summary>
    NoImprovement,
}

/// <summary>The result of a training.</summary>
/// <param name="Epochs">The epochs, in order.</param>
/// <param name="BestEpoch">The epoch whose weights remain, from 1.</param>
/// <param name="StopReason">Why the training ended.</param>
/// <param name="Steps">Steps done.</param>
/// <param name="Tokens">Tokens trained on in this call, each counted as often as it was seen.</param>
/// <param name="Duration">Time this call took.</param>
public sealed record TrainingReport(
    IReadOnlyList<EpochReport> Epochs, int BestEpoch, StopReason StopReason, long Steps, long Tokens, TimeSpan Duration)
{
    /// <summary>Tokens a second, validation included.</summary>
    public double TokensPerSecond => Tokens / Math.Max(Duration.TotalSeconds, 1e-9);

    /// <summary>Why <c>Device.Auto</c> took the CPU, as a sentence; empty where it took a GPU and for every other device.</summary>
    public string DeviceNote { get; init; } = "";

    /// <summary>A table of the epochs.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("epoch  training    validation\n");
        for (int i = 0; i < Epochs.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{i + 1,5}  {Epochs[i].TrainingLoss,-10:G6}  {Epochs[i].ValidationLoss,-10:G6}{(i + 1 == BestEpoch ? " best" : "")}\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"{Steps} steps, {Duration.TotalSeconds:F1} s, {TokensPerSecond:F0} tokens/s");
        return (DeviceNote.Length > 0 ? text.Append('\n').Append(DeviceNote) : text).ToString();
    }
}

/// <summary>The loss or the gradient became NaN or infinite. The model has the weights from before that optimiser step.</summary>
public sealed class TrainingDivergedException : Exception
{
    internal TrainingDivergedException(long step, double loss, double norm, double learningRate) : base(string.Create(
        CultureInfo.InvariantCulture,
        $"Training diverged in step {step}: loss {loss}, gradient norm {norm}, learning rate {learningRate:G3}. Lower LearningRate, raise "
            + $"WarmupSteps, or look for extreme values in the data."))
    {
        Step = step;
    }

    /// <summary>The step, from 1.</summary>
    public long Step { get; }
}
