namespace Control;

/// <summary>Augmented random search, version V2: finds a linear policy by trying noise on its weights.</summary>
/// <remarks>
/// Source: Mania, Guy, Recht, Simple random search provides a competitive approach to reinforcement learning, arXiv 1803.07055.
/// Deterministic for a seed with any number of threads.
/// </remarks>
/// <param name="history">The state of the search; it is continued.</param>
/// <param name="pool">The environments.</param>
/// <param name="actionNoise">Action noise of the logged policies, also used in evaluations.</param>
internal sealed class AugmentedRandomSearch(SearchHistory history, EnvironmentPool pool, double actionNoise)
{
    private const int EvaluationEpisodes = 8;

    /// <summary>Purposes of random numbers: independent streams.</summary>
    private const int DirectionPurpose = 1, StartPurpose = 2, EvaluationPurpose = 3;

    /// <summary>Evaluates the initial weights of zero, if that was not done yet.</summary>
    public void EvaluateStart(CancellationToken cancellation)
    {
        SearchPoint start = history.Points[0];
        history.Points[0] = start with { Return = start.Return ?? Evaluate(start.Policy, iteration: -1, cancellation) };
    }

    /// <summary>Runs one iteration.</summary>
    /// <exception cref="OperationCanceledException">Stopped by <paramref name="cancellation"/>; the iteration changed nothing.</exception>
    public void Advance(CancellationToken cancellation)
    {
        SearchSettings settings = history.Settings;
        int iteration = history.Points.Count - 1;
        SearchPoint point = history.Points[iteration];
        Episode[] episodes = pool.Run(TrialsPerIteration, (environment, trial) => Try(environment, iteration, trial), cancellation);

        double[] gains = [.. episodes.Select(e => e.Return - settings.SurvivalBonus * e.Length)];
        int[] top = [.. Enumerable.Range(0, settings.Directions)
            .OrderByDescending(d => Math.Max(gains[2 * d], gains[2 * d + 1])).Take(settings.TopDirections)];
        double spread = Deviation([.. top.SelectMany(d => (double[])[gains[2 * d], gains[2 * d + 1]])]);
        double[] weights = [.. point.Policy.Weights];
        if (spread > 0)
        {
            foreach (int d in top)
            {
                double[] direction = Direction(iteration, d);
                double step = settings.StepSize / (settings.TopDirections * spread) * (gains[2 * d] - gains[2 * d + 1]);
                for (int i = 0; i < weights.Length; i++)
                {
                    weights[i] += step * direction[i];
                }
            }
        }
        var statistics = new ObservationStatistics(point.Observations, [.. point.Policy.Mean], [.. point.Policy.Variance]);
        foreach (Episode episode in episodes)
        {
            statistics.Add(episode.Observations);
        }
        var policy = new LinearPolicy(weights, statistics.Mean, statistics.Variance);
        bool isEvaluated = (iteration + 1) % settings.IterationsPerEvaluation == 0 || iteration + 1 == settings.Iterations;
        history.Points.Add(new(
            policy, statistics.Count, point.Steps + episodes.Sum(static e => (long)e.Length),
            isEvaluated ? Evaluate(policy, iteration, cancellation) : null));
    }

    /// <summary>Episodes of an iteration.</summary>
    public int TrialsPerIteration => 2 * history.Settings.Directions;

    /// <summary>An episode of an iteration, exactly as it ran or will run: direction by direction, forwards and backwards.</summary>
    public Episode Try(ControlEnvironment environment, int iteration, int trial)
    {
        LinearPolicy policy = history.Points[iteration].Policy;
        double noise = trial % 2 == 0 ? history.Settings.Deviation : -history.Settings.Deviation;
        double[] direction = Direction(iteration, trial / 2);
        LinearPolicy noisy = policy with { Weights = [.. policy.Weights.Zip(direction, (w, d) => w + noise * d)] };
        return EpisodeRecorder.Record(environment, Sampling.For(history.Seed, StartPurpose, iteration, trial), noisy.Act);
    }

    private double[] Direction(int iteration, int index)
    {
        Random random = Sampling.For(history.Seed, DirectionPurpose, iteration, index);
        return [.. history.Points[iteration].Policy.Weights.Select(_ => Sampling.Normal(random))];
    }

    private double Evaluate(LinearPolicy policy, int iteration, CancellationToken cancellation) => pool.Run(
        EvaluationEpisodes,
        (environment, i) => EpisodeRecorder.RecordNoisy(environment, Sampling.For(history.Seed, EvaluationPurpose, iteration, i), policy,
            actionNoise).Return,
        cancellation).Average();

    private static double Deviation(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
    }
}
