using AarenGen;

namespace Reporting;

/// <summary>Progress of a training, from 0 to 1.</summary>
internal sealed class TrainingShare(IProgress<double> share) : IProgress<TrainingProgress>
{
    /// <inheritdoc/>
    public void Report(TrainingProgress value) => share.Report((double)value.Step / value.Steps);
}
