namespace AarenGen;

/// <summary>Predicted probabilities of labels: what the views of labels and marks share.</summary>
internal readonly ref struct LabelledPrediction<TLabel>(ClassLabels<TLabel> labels, CategoricalPrediction prediction)
    where TLabel : notnull
{
    private readonly CategoricalPrediction prediction = prediction;

    public TLabel MostLikely => labels.Values[prediction.MostLikely];

    public double Confidence => prediction.Probability(prediction.MostLikely);

    /// <exception cref="ArgumentException">There is no such label.</exception>
    public double Probability(TLabel label) => prediction.Probability(labels.IndexOf(label));

    public TLabel Sample(Random random) => labels.Values[prediction.Sample(random)];

    public IReadOnlyList<(TLabel Label, double Probability)> Rank()
    {
        var ranking = new (TLabel Label, double Probability)[prediction.Count];
        for (int i = 0; i < ranking.Length; i++)
        {
            ranking[i] = (labels.Values[i], prediction.Probability(i));
        }
        return [.. ranking.OrderByDescending(static r => r.Probability)];
    }
}
