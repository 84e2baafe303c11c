using AarenGen;

namespace Reporting;

/// <summary>The share of a training that is done, from 0 to 1.</summary>
internal sealed class TrainingShare(IProgress<double> share) : IProgress<TrainingProgress>
{
    /// <inheritdoc/>
    public void Report(TrainingProgress value) => share.Report((double)value.Step / value.Steps);
}
