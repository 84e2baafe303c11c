namespace Control;

/// <summary>Chooses an action.</summary>
/// <param name="observation">The observation.</param>
/// <param name="action">Receives the action, each number from -1 to 1.</param>
internal delegate void Decision(ReadOnlySpan<float> observation, Span<float> action);

/// <summary>Runs episodes and records them.</summary>
internal static class EpisodeRecorder
{
    /// <summary>One episode, to its end or to the step limit.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="random">Random numbers of the start.</param>
    /// <param name="decide">The policy.</param>
    /// <param name="rewarded">Receives each reward; null: no receiver.</param>
    /// <param name="watched">Called before each action; null: no call.</param>
    public static Episode Record(
        ControlEnvironment environment, Random random, Decision decide, Action<double>? rewarded = null, Action? watched = null)
    {
        EnvironmentDescription description = environment.Description;
        List<float> observations = [], actions = [], rewards = [];
        var observation = new float[description.ObservationWidth];
        var action = new float[description.ActionWidth];
        environment.Reset(random, observation);
        bool isTerminal = false;
        while (!isTerminal && rewards.Count < description.StepLimit)
        {
            watched?.Invoke();
            decide(observation, action);
            observations.AddRange(observation);
            actions.AddRange(action);
            (double reward, isTerminal) = environment.Step(action, observation);
            rewards.Add((float)reward);
            rewarded?.Invoke(reward);
        }
        return new([.. observations], [.. actions], [.. rewards], isTerminal);
    }

    /// <summary>Episodes of actions drawn uniformly from -1 to 1.</summary>
    public static Episode[] RecordRandom(EnvironmentPool pool, int count, int seed, CancellationToken cancellation) =>
        pool.Run(count, (environment, i) =>
        {
            Random random = Sampling.For(seed, i);
            return Record(environment, random, (_, action) =>
            {
                for (int a = 0; a < action.Length; a++)
                {
                    action[a] = (float)(2 * random.NextDouble() - 1);
                }
            });
        }, cancellation);

    /// <summary>An episode of a policy whose actions get normal noise and are clipped to -1 and 1 again.</summary>
    public static Episode RecordNoisy(ControlEnvironment environment, Random random, LinearPolicy policy, double noise) =>
        Record(environment, random, (observation, action) =>
        {
            policy.Act(observation, action);
            foreach (ref float a in action)
            {
                a = (float)Math.Clamp(a + noise * Sampling.Normal(random), -1, 1);
            }
        });
}
