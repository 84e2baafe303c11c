namespace AarenGen.Training;

/// <summary>
/// How much of a row's targets is there: the sum of the heads' weights, each times the fraction of the head's values that are not missing.
/// </summary>
/// <param name="OfTokens">Of the heads for each token.</param>
/// <param name="OfSequence">Of the heads for whole sequences.</param>
internal readonly record struct PresentHeads(double OfTokens, double OfSequence)
{
    /// <summary>Those of a row that lacks nothing.</summary>
    public static PresentHeads All(ModelDescription description)
    {
        HeadDescription[] heads = [.. description.Heads];
        ReadOnlySpan<float> complete = new float[description.RowTargetWidth];
        return new(Sum(heads, complete, isPerSequence: false), Sum(heads, complete, isPerSequence: true));
    }

    /// <summary>One of the two sums.</summary>
    /// <param name="heads">All heads.</param>
    /// <param name="target">A row's target, those of all heads.</param>
    /// <param name="isPerSequence">Which heads.</param>
    public static double Sum(HeadDescription[] heads, ReadOnlySpan<float> target, bool isPerSequence)
    {
        double sum = 0;
        foreach (HeadDescription head in heads)
        {
            if (head.IsPerSequence != isPerSequence)
            {
                continue;
            }
            int present = 0;
            foreach (float value in target.Slice(head.TargetOffset, head.TargetWidth))
            {
                present += float.IsNaN(value) ? 0 : 1;
            }
            sum += head.Weight * ((double)present / head.TargetWidth);
        }
        return sum;
    }

    /// <summary>The fraction of the row's weight that remains: exactly 1 where nothing is missing.</summary>
    public double FractionOf(PresentHeads all) => (OfTokens + OfSequence) / (all.OfTokens + all.OfSequence);
}
