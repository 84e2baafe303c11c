using System.Buffers;

namespace AarenGen;

/// <summary>Computes the errors of a model's forecasts over windows, in raw units. The same result for any number of threads.</summary>
internal static class ForecastErrors
{
    /// <summary>Runs of windows that are summed by themselves, so that the order of sums does not depend on threads.</summary>
    private const int MaxRuns = 64;

    public static IReadOnlyList<ForecastError> Of<TModel>(TModel model, ForecastSequences data, int threads, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ForecastLayout layout = data.Layout;
        int runs = Math.Min(MaxRuns, data.Count);
        var sums = new Sums[runs][];
        (double Lower, double Upper)? levels = OutermostLevels(layout.Head);
        Parallel.For(
            0, runs, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            run => sums[run] = Sum(
                model, data, (int)((long)data.Count * run / runs), (int)((long)data.Count * (run + 1) / runs), levels));
        return [.. Enumerable.Range(0, layout.TargetCount).Select(target =>
        {
            Sums all = default;
            foreach (Sums[] s in sums)
            {
                all.Add(s[target]);
            }
            bool isJudged = layout.HasDistributions;
            return new ForecastError(
                layout.Columns[target].Name, all.Count, all.Error / all.Count, all.LastValueError / all.LastValues,
                isJudged ? all.Score / all.Count : null, levels is null ? null : (double)all.Inside / all.Count,
                levels is { } l ? Math.Round(l.Upper - l.Lower, 6) : null);
        })];
    }

    /// <summary>The outermost levels that are equally far from ½.</summary>
    private static (double Lower, double Upper)? OutermostLevels(HeadDescription head)
    {
        if (head.LossKind != LossKind.Quantiles)
        {
            return PredictedDistribution.IsPredictedBy(head.LossKind) ? (0.1, 0.9) : null;
        }
        foreach (float lower in head.Levels)
        {
            foreach (float upper in head.Levels)
            {
                if (lower < 0.5f && Math.Abs(lower + upper - 1) < 1e-6)
                {
                    return (lower, upper);
                }
            }
        }
        return null;
    }

    private static Sums[] Sum<TModel>(TModel model, ForecastSequences data, int first, int end, (double Lower, double Upper)? levels)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ForecastLayout layout = data.Layout;
        var sums = new Sums[layout.TargetCount];
        var target = new float[data.TargetWidth];
        StreamState<TModel> state = model.CreateStateOf(data.GetSeries(first));
        for (int i = first; i < end; i++)
        {
            if (data.GetSeries(i) is var series && series != state.Series)
            {
                state = model.CreateStateOf(series);
            }
            ForecastWindow window = data.Window(i);
            float[] tokens = ArrayPool<float>.Shared.Rent(window.Length * data.TokenWidth);
            float[] outputs = ArrayPool<float>.Shared.Rent(window.Length * layout.Description.OutputWidth);
            Span<float> read = tokens.AsSpan(0, window.Length * data.TokenWidth);
            Span<float> written = outputs.AsSpan(0, window.Length * layout.Description.OutputWidth);
            data.ReadTokens(i, read);
            state.Reset();
            model.Forward(state, read, written);
            for (int token = Math.Max(0, window.ScoredFrom - window.First); token < window.Length; token++)
            {
                if (layout.Description.Tokens.HasOutputAfter(token + 1))
                {
                    data.ReadTarget(i, token, target);
                    ReadOnlySpan<float> output = written.Slice(
                        token * layout.Description.OutputWidth, layout.Description.OutputWidth);
                    Add(layout, data.SeriesOf(i), window.First + token, output, target, levels, sums);
                }
            }
            ArrayPool<float>.Shared.Return(tokens);
            ArrayPool<float>.Shared.Return(outputs);
        }
        return sums;
    }

    private static void Add(
        ForecastLayout layout, ForecastSeries series, int row, ReadOnlySpan<float> output, ReadOnlySpan<float> targets,
        (double Lower, double Upper)? levels, Sums[] sums)
    {
        for (int target = 0; target < sums.Length; target++)
        {
            ref Sums sum = ref sums[target];
            double last = series.LastValue(target, row);
            for (int step = 0; step < layout.Horizon; step++)
            {
                float truth = targets[layout.TargetIndex(target, step)];
                if (float.IsNaN(truth))
                {
                    continue;
                }
                sum.Count++;
                sum.Error += Math.Abs(layout.Point(output, target, step) - truth);
                if (!double.IsNaN(last))
                {
                    sum.LastValues++;
                    sum.LastValueError += Math.Abs(last - truth);
                }
                if (layout.HasDistributions)
                {
                    PredictedDistribution distribution = layout.Distribution(output, target, step);
                    sum.Score += distribution.RankedProbabilityScore(truth);
                    if (levels is { } l)
                    {
                        // Quantiles are read as they are; of a likelihood, probabilities are faster than quantiles.
                        bool isInside = layout.Head.LossKind == LossKind.Quantiles
                            ? truth >= distribution.Quantile(l.Lower) && truth <= distribution.Quantile(l.Upper)
                            : distribution.CumulativeProbability(truth) is var p && p >= l.Lower && p <= l.Upper;
                        sum.Inside += isInside ? 1 : 0;
                    }
                }
            }
        }
    }

    private struct Sums
    {
        public long Count, LastValues, Inside;
        public double Error, LastValueError, Score;

        public void Add(in Sums other)
        {
            (Count, LastValues, Inside) = (Count + other.Count, LastValues + other.LastValues, Inside + other.Inside);
            (Error, LastValueError, Score) = (Error + other.Error, LastValueError + other.LastValueError, Score + other.Score);
        }
    }
}
