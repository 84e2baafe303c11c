namespace AarenGen;

/// <summary>Trains a model on logged episodes, and scores one.</summary>
internal static class DecisionTraining
{
    private const int DefaultPatience = 10;

    /// <exception cref="ArgumentException">There is nothing to train on, or nothing to validate with.</exception>
    public static async Task<DecisionReport> Run<TModel>(
        TModel model, DecisionLayout layout, IReadOnlyList<LoggedEpisode> train, IReadOnlyList<LoggedEpisode>? validation,
        DecisionTrainingOptions options, bool yields, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        if (train.Count == 0)
        {
            throw new ArgumentException("There are no records, so there is nothing to train on.");
        }
        if (validation is { Count: 0 })
        {
            throw new ArgumentException(
                "No episode is left for validation: give more records, a larger ValidationFraction, or one of 0 for none.");
        }
        // As with statistics: the weights of a model that was trained depend on it.
        double scale = model.ReturnScale ?? ScaleOf(train);
        var windows = new DecisionWindows(layout, train, scale, options.WindowSteps);
        DecisionWindows? judges = validation is null ? null : new(layout, validation, scale, options.WindowSteps);
        TrainingOptions training = options.Training
            ?? TaskTraining.Defaults(windows.Count, judges is null ? null : DefaultPatience);
        TrainingReport report = await model.FitTask(
            windows, judges, training, dataEnd: null, scale, yields, progress, cancellation);
        return new(
            report, train.Count, train.Sum(static e => (long)e.Steps), ReturnSummary.Of(train.Select(static e => e.Return)),
            validation is null ? null : Evaluate(model, layout, validation, training.Threads, cancellation));
    }

    /// <exception cref="ArgumentException">There are no episodes.</exception>
    public static DecisionScores Evaluate<TModel>(
        TModel model, DecisionLayout layout, IReadOnlyList<LoggedEpisode> episodes, int threads, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        if (episodes.Count == 0)
        {
            throw new ArgumentException("There are no records, so there is nothing to score.");
        }
        double[] constants = Constants(layout, episodes);
        var data = new DecisionWindows(layout, episodes, model.ReturnScale ?? 1, windowSteps: int.MaxValue);
        ActionErrors[] errors = SequenceRunner<TModel>.Score(
            model, episodes.Count, threads, (runner, i) =>
            {
                var own = new ActionErrors(layout.ActionCount);
                runner.Run(data, i, (token, output) =>
                {
                    if (token % DecisionLayout.TokensPerStep == DecisionLayout.Observation)
                    {
                        own.Add(layout, episodes[i], token / DecisionLayout.TokensPerStep, output, constants);
                    }
                });
                return own;
            },
            cancellation);
        var sum = new ActionErrors(layout.ActionCount);
        foreach (ActionErrors own in errors)
        {
            sum.Add(own);
        }
        long steps = episodes.Sum(static e => (long)e.Steps);
        return new(
            steps, [.. Enumerable.Range(0, layout.ActionCount).Select(a => new ActionScore(
                layout.Columns[layout.FirstActionColumn + a].Name, layout.IsDiscrete, Mean(sum.Own[a]), Mean(sum.Constant[a]),
                Mean(sum.Last[a])))],
            layout.IsDiscrete ? sum.LogLoss / steps : null);

        double Mean(double total) => layout.IsDiscrete ? total / steps : Math.Sqrt(total / steps);
    }

    /// <summary>What brings all returns still to reach, at any step, to −1 to 1.</summary>
    private static double ScaleOf(IReadOnlyList<LoggedEpisode> episodes)
    {
        double largest = episodes.Max(static e => e.ReturnsToGo.Max(Math.Abs));
        return largest > 0 ? largest : 1;
    }

    /// <summary>The mean of each number, or the most frequent category.</summary>
    private static double[] Constants(DecisionLayout layout, IReadOnlyList<LoggedEpisode> episodes)
    {
        var sums = new double[layout.IsDiscrete ? layout.Description.OutputWidth : layout.ActionCount];
        foreach (LoggedEpisode episode in episodes)
        {
            for (int step = 0; step < episode.Steps; step++)
            {
                for (int a = 0; a < layout.ActionCount; a++)
                {
                    double value = episode.Records.Values(step)[layout.FirstActionColumn + a];
                    sums[layout.IsDiscrete ? (int)value : a] += layout.IsDiscrete ? 1 : value;
                }
            }
        }
        double steps = episodes.Sum(static e => (double)e.Steps);
        return layout.IsDiscrete ? [Array.IndexOf(sums, sums.Max())] : [.. sums.Select(s => s / steps)];
    }

    /// <summary>Sums of errors: squares of numbers, or wrong categories.</summary>
    private sealed class ActionErrors(int actions)
    {
        public double[] Own { get; } = new double[actions];

        public double[] Constant { get; } = new double[actions];

        public double[] Last { get; } = new double[actions];

        public double LogLoss { get; private set; }

        public void Add(DecisionLayout layout, LoggedEpisode episode, int step, ReadOnlySpan<float> output, double[] constants)
        {
            ReadOnlySpan<double> taken = episode.Records.Values(step)[layout.FirstActionColumn..];
            ReadOnlySpan<double> before = step == 0 ? constants : episode.Records.Values(step - 1)[layout.FirstActionColumn..];
            for (int a = 0; a < actions; a++)
            {
                if (layout.IsDiscrete)
                {
                    var prediction = new CategoricalPrediction(output);
                    Own[a] += prediction.MostLikely != taken[a] ? 1 : 0;
                    Constant[a] += constants[a] != taken[a] ? 1 : 0;
                    Last[a] += before[a] != taken[a] ? 1 : 0;
                    LogLoss -= prediction.LogProbability((int)taken[a]);
                    continue;
                }
                Own[a] += Square(layout.Range(a).Restore(output[a]) - taken[a]);
                Constant[a] += Square(constants[a] - taken[a]);
                Last[a] += Square(before[a] - taken[a]);
            }
        }

        public void Add(ActionErrors other)
        {
            for (int a = 0; a < actions; a++)
            {
                Own[a] += other.Own[a];
                Constant[a] += other.Constant[a];
                Last[a] += other.Last[a];
            }
            LogLoss += other.LogLoss;
        }

        private static double Square(double error) => error * error;
    }
}
