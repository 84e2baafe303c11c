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
        TargetErrors[][] sums = SequenceRunner<TModel>.Score(
            model, runs, threads,
            (runner, run) => Sum(runner, data, (int)((long)data.Count * run / runs), (int)((long)data.Count * (run + 1) / runs)),
            cancellation);
        return [.. Enumerable.Range(0, layout.TargetCount).Select(target =>
        {
            var all = new TargetErrors(layout, target);
            foreach (TargetErrors[] s in sums)
            {
                all.Merge(s[target]);
            }
            return all.ToError();
        })];
    }

    private static TargetErrors[] Sum<TModel>(SequenceRunner<TModel> runner, ForecastSequences data, int first, int end)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ForecastLayout layout = data.Layout;
        TargetErrors[] sums = [.. Enumerable.Range(0, layout.TargetCount).Select(target => new TargetErrors(layout, target))];
        var target = new float[data.TargetWidth];
        var lasts = new LastValues(data.SeriesOf(first).Series, layout.TargetCount);
        for (int i = first; i < end; i++)
        {
            ForecastWindow window = data.Window(i);
            if (i > first && window.Series != data.Window(i - 1).Series)
            {
                lasts = new(data.SeriesOf(i).Series, layout.TargetCount);
            }
            runner.Run(data, i, (token, output) =>
            {
                if (token < window.ScoredFrom - window.First)
                {
                    return;
                }
                data.ReadTarget(i, token, target);
                // Windows of a series are in order, and so are the tokens that are scored.
                ReadOnlySpan<double> last = lasts.At(window.First + token);
                for (int t = 0; t < sums.Length; t++)
                {
                    sums[t].Add(output, target, last[t]);
                }
            });
        }
        return sums;
    }

    /// <summary>The errors of a target, of the model and of its last values: over the same values.</summary>
    private sealed class TargetErrors(ForecastLayout layout, int target)
    {
        private readonly (int Lower, int Upper)[] pairs = ScoreShape.PairsOf(layout.Levels);
        private readonly PointError error = new(), lastValueError = new();
        private readonly RankedProbabilityScore score = new();
        private readonly IntervalCoverage interval = new();

        /// <summary>Adds the values that an output forecasts and that are there, if an earlier value is known.</summary>
        public void Add(ReadOnlySpan<float> output, ReadOnlySpan<float> targets, double last)
        {
            for (int step = 0; step < layout.Horizon && !double.IsNaN(last); step++)
            {
                float truth = targets[layout.TargetIndex(target, step)];
                if (float.IsNaN(truth))
                {
                    continue;
                }
                error.Add(layout.Point(output, target, step), truth);
                lastValueError.Add(last, truth);
                if (layout.HasDistributions)
                {
                    PredictedDistribution distribution = layout.Distribution(output, target, step);
                    score.Add(distribution.RankedProbabilityScore(truth), truth);
                    AddInterval(distribution, truth);
                }
            }
        }

        public void Merge(TargetErrors other)
        {
            error.Merge(other.error);
            lastValueError.Merge(other.lastValueError);
            score.Merge(other.score);
            interval.Merge(other.interval);
        }

        public ForecastError ToError() => new(
            layout.Columns[target].Name, error.Count, error.MeanAbsolute, lastValueError.MeanAbsolute,
            layout.HasDistributions ? score.Mean : null, pairs.Length > 0 ? interval.Coverage : null,
            pairs.Length > 0 ? ScoreShape.CoverageOf(layout.Levels, pairs[0]) : null);

        private void AddInterval(PredictedDistribution distribution, double truth)
        {
            if (pairs.Length == 0)
            {
                return;
            }
            double lower = layout.Levels[pairs[0].Lower], upper = layout.Levels[pairs[0].Upper];
            if (layout.Head.LossKind != LossKind.Quantiles)
            {
                // Of a likelihood, probabilities are faster than quantiles; the truth lies in the interval if its probability does.
                interval.Add(lower, upper, distribution.CumulativeProbability(truth));
            }
            else if (distribution.Quantile(lower) is var low && distribution.Quantile(upper) is var high && low <= high)
            {
                interval.Add(low, high, truth);
            }
        }
    }
}
