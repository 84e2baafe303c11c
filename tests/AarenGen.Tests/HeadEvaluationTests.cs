using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>Evaluations that tell heads apart, against outputs of streams and against evaluations of one head's targets alone.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class HeadEvaluationTests
{
    private static readonly int[] Lengths = [9, 17, 30, 12];

    [Fact]
    public void Losses_and_errors_are_those_of_each_head_alone()
    {
        Check<StandardizedHeads>();
        Check<NotStandardizedHeads>();
        Check<Standardized>();
        Check<StandardizedPatches>();
        Check<SeveralHeads>();
        Check<PatchClassifier>();
        Check<CarriedTokens>();
        Check<SeriesByMean>();
        Check<SeriesByQuartiles>();
        Check<SeriesInPatches>();
        Check<SeriesWithGaps>();
    }

    [Fact]
    public void Chunks_give_the_same_heads()
    {
        CarriedTokens model = CarriedTokens.Create(1);
        SequenceList data = ModelData.Random<CarriedTokens>([60, 45], 3, isWeighted: true);
        SequenceChunks cut = new SequenceChunks(16).ForEvaluation(SequenceModel<CarriedTokens>.Description.Tokens);
        foreach ((HeadEvaluation whole, HeadEvaluation chunked) in
            model.EvaluateHeads(data).Zip(Trainer<CarriedTokens>.EvaluateHeads(model, data, cut)))
        {
            Assert.Equal(whole.Count, chunked.Count);
            Assert.Equal(whole.MeanLoss, chunked.MeanLoss, 1e-12 * Math.Max(1, whole.MeanLoss));
        }
    }

    [Fact]
    public void Extreme_weights_cancel()
    {
        Standardized model = Fitted<Standardized>(ModelData.Random<Standardized>(Lengths, 2));
        SequenceList data = ModelData.Random<Standardized>(Lengths, 2), scaled = new(3, 2);
        for (int i = 0; i < data.Count; i++)
        {
            (float[] tokens, float[] targets, float[] weights) = Read(data, i);
            scaled.Add(tokens, targets, [.. weights.Select(static w => w * MathF.ScaleB(1, 60))]);
        }
        HeadEvaluation expected = model.EvaluateHeads(data)[0], actual = model.EvaluateHeads(scaled)[0];
        Assert.Equal(expected.MeanLoss, actual.MeanLoss, 1e-12);
        Assert.Equal((expected.Count, expected.Errors!.MeanAbsolute), (actual.Count, actual.Errors!.MeanAbsolute));
    }

    [Fact]
    public void A_head_is_one_line()
    {
        HeadEvaluation[] heads = [.. NotStandardizedHeads.Create(1).EvaluateHeads(ModelData.Random<NotStandardizedHeads>(Lengths, 2))];
        Assert.Equal(["Level", "Spread", "Whole", "Kind", "Wait"], heads.Select(static h => h.Name));
        Assert.Contains("MAE", heads[0].ToString(), StringComparison.Ordinal);
        Assert.Contains("macro F1", heads[3].ToString(), StringComparison.Ordinal);
        Assert.Null(heads[3].Errors);
        Assert.Null(heads[4].Errors);
        Assert.StartsWith("Wait: log-normal mixture of 2 ", heads[4].ToString(), StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(static () => NotStandardizedHeads.Create(1).EvaluateHeads(null!));
    }

    private static void Check<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        foreach (bool isWeighted in (bool[])[false, true])
        {
            SequenceList data = OfSeries(description, ModelData.Random<TModel>(Lengths, 5, isWeighted));
            TModel model = Fitted<TModel>(data);
            IReadOnlyList<HeadEvaluation> heads = model.EvaluateHeads(data);
            if (!isWeighted)
            {
                // Sums of float losses in another order.
                double loss = model.Evaluate(data);
                if (description.Heads.All(static h => !h.IsPerSequence) || description.Heads.Count == 1)
                {
                    double sum = description.Heads.Zip(heads).Sum(static h => h.First.Weight * h.Second.MeanLoss);
                    Assert.Equal(sum, loss, 1e-6 * Math.Max(1, Math.Abs(loss)));
                }
            }
            for (int h = 0; h < heads.Count; h++)
            {
                HeadDescription head = description.Heads[h];
                // The mean over all values that are there, times the sum of the heads' weights.
                double alone = model.Evaluate(OnlyTargetsOf(description, head, data)) / description.Heads.Sum(static x => x.Weight);
                Assert.Equal(alone, heads[h].MeanLoss, 1e-5 * Math.Max(1, Math.Abs(alone)));
                CheckErrors(model, head, heads[h], data);
            }
        }
    }

    private static TModel Fitted<TModel>(SequenceList data) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(1);
        model.Fit(data, options: new() { Epochs = 1, BatchSize = 2 });
        return model;
    }

    /// <summary>The outputs of streams, in raw units.</summary>
    private static void CheckErrors<TModel>(TModel model, HeadDescription head, HeadEvaluation evaluation, SequenceList data)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        PointError error = new();
        ConfusionMatrix? classes = head.ClassCount > 0 ? new(head.ClassCount) : null;
        long count = 0;
        for (int i = 0; i < data.Count; i++)
        {
            (float[] tokens, float[] targets, float[] weights) = Read(data, i);
            var outputs = new float[weights.Length * description.OutputWidth];
            model.Forward(model.CreateStateOf(data.GetSeries(i)), tokens, outputs);
            int outputCount = description.Tokens.GetOutputCount(weights.Length);
            for (int o = head.IsPerSequence ? outputCount - 1 : 0; o < outputCount; o++)
            {
                int token = description.Tokens.GetSampleIndex(o);
                for (int channel = 0; channel < description.Tokens.Channels && weights[token] != 0; channel++)
                {
                    ReadOnlySpan<float> output = outputs.AsSpan(
                        token * description.OutputWidth + channel * description.RowOutputWidth + head.OutputOffset, head.OutputWidth);
                    for (int k = 0; k < head.TargetWidth; k++)
                    {
                        float target =
                            targets[token * description.TargetWidth + channel * description.RowTargetWidth + head.TargetOffset + k];
                        count += float.IsNaN(target) ? 0 : 1;
                        if (classes is not null && !float.IsNaN(target))
                        {
                            classes.Add((int)target, new CategoricalPrediction(output).MostLikely);
                        }
                        else if (head.LossKind == LossKind.Quantiles)
                        {
                            error.Add(new QuantilePrediction(output, [.. head.Levels]).Quantile(0.5, k), target);
                        }
                        else if (head.LossKind != LossKind.LogNormalMixture)
                        {
                            error.Add(output[k], target);
                        }
                    }
                }
            }
        }
        Assert.Equal(count, evaluation.Count);
        if (evaluation.Errors is { } errors)
        {
            // Outputs of streams and of evaluations differ by rounding, as do standardised numbers.
            Assert.Equal(error.MeanAbsolute, errors.MeanAbsolute, 1e-4);
            Assert.Equal(error.RootMeanSquared, errors.RootMeanSquared, 1e-4);
            Assert.Equal(error.Count, errors.Count);
        }
        Assert.Equal(classes?.Accuracy, evaluation.Classes?.Accuracy);
        Assert.Equal(classes?.MacroF1, evaluation.Classes?.MacroF1);
    }

    /// <summary>For a model that knows series: some of the sequences are of two series, each with a unit of its own.</summary>
    private static SequenceList OfSeries(ModelDescription description, SequenceList data)
    {
        if (!description.IsPerSeries)
        {
            return data;
        }
        bool[] areTokensScaled = StandardizationStatistics.StandardizedTokens(description),
            areTargetsScaled = StandardizationStatistics.StandardizedTargets(description);
        (string? Key, float Unit)[] series = [("north", 1), ("south", 8), (null, 1), ("south", 8)];
        var known = new SequenceList(data.TokenWidth, data.TargetWidth);
        for (int i = 0; i < data.Count; i++)
        {
            (float[] tokens, float[] targets, float[] weights) = Read(data, i);
            known.Add(
                [.. tokens.Select((value, t) => areTokensScaled[t % data.TokenWidth] ? value * series[i].Unit : value)],
                [.. targets.Select((value, t) => areTargetsScaled[t % data.TargetWidth] ? value * series[i].Unit : value)],
                weights, series[i].Key);
        }
        return known;
    }

    private static SequenceList OnlyTargetsOf(ModelDescription description, HeadDescription head, SequenceList data)
    {
        var masked = new SequenceList(data.TokenWidth, data.TargetWidth);
        for (int i = 0; i < data.Count; i++)
        {
            (float[] tokens, float[] targets, float[] weights) = Read(data, i);
            for (int t = 0; t < targets.Length; t++)
            {
                int column = t % description.TargetWidth % description.RowTargetWidth;
                if (column < head.TargetOffset || column >= head.TargetOffset + head.TargetWidth)
                {
                    targets[t] = float.NaN;
                }
            }
            masked.Add(tokens, targets, weights, data.GetSeries(i));
        }
        return masked;
    }

    private static (float[] Tokens, float[] Targets, float[] Weights) Read(SequenceList data, int index)
    {
        int length = data.GetLength(index);
        float[] tokens = new float[length * data.TokenWidth], targets = new float[length * data.TargetWidth], weights = new float[length];
        data.ReadTokens(index, tokens);
        for (int t = 0; t < length; t++)
        {
            weights[t] = data.ReadTarget(index, t, targets.AsSpan(t * data.TargetWidth, data.TargetWidth));
        }
        return (tokens, targets, weights);
    }
}
