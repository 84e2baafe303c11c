namespace AarenGen.Training;

/// <summary>What an evaluation sums for one head.</summary>
internal sealed class HeadSums
{
    private readonly HeadDescription head;
    private readonly float[] levels;

    public HeadSums(HeadDescription head)
    {
        this.head = head;
        levels = [.. head.Levels];
        Errors = head.LossKind is LossKind.CrossEntropy or LossKind.LogNormalMixture ? null : new();
        Classes = head.LossKind == LossKind.CrossEntropy ? new(head.ClassCount) : null;
    }

    /// <summary>Sum of the losses, times the head's weight.</summary>
    public double Loss { get; set; }

    /// <summary>Sum of the weights of the rows, each times the fraction of its values that are there.</summary>
    public double Weight { get; private set; }

    public long Count { get; private set; }

    public PointError? Errors { get; }

    public ConfusionMatrix? Classes { get; }

    /// <summary>Adds a row that has a weight.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="outputs">The head's outputs, of standardised targets where they are.</param>
    /// <param name="target">The head's targets, likewise; NaN: missing.</param>
    /// <param name="scales">What a standardised target of 1 is in its own unit.</param>
    public void Add(double weight, ReadOnlySpan<float> outputs, ReadOnlySpan<float> target, ReadOnlySpan<double> scales)
    {
        int present = 0;
        for (int i = 0; i < target.Length; i++)
        {
            if (float.IsNaN(target[i]))
            {
                continue;
            }
            present++;
            if (Errors is not null)
            {
                // The centers of both cancel.
                double value = head.LossKind == LossKind.Quantiles ? new QuantilePrediction(outputs, levels).Quantile(0.5, i) : outputs[i];
                Errors.Add((value - target[i]) * scales[i], 0);
            }
            Classes?.Add((int)target[i], new CategoricalPrediction(outputs).MostLikely);
        }
        Count += present;
        Weight += weight * ((double)present / target.Length);
    }

    public HeadEvaluation ToEvaluation() => new()
    {
        Name = head.Name,
        Loss = head.Loss,
        MeanLoss = Loss / (head.Weight * Weight),
        Count = Count,
        Errors = Errors,
        Classes = Classes,
    };
}
