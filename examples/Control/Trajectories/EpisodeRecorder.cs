namespace Control;

/// <summary>Decides what to do.</summary>
/// <param name="observation">What is seen.</param>
/// <param name="action">To be written, each number from -1 to 1.</param>
internal delegate void Decision(ReadOnlySpan<float> observation, Span<float> action);

/// <summary>Runs episodes and writes down what happens.</summary>
internal static class EpisodeRecorder
{
    /// <summary>One episode, to its end or to the step limit.</summary>
    /// <param name="environment">Where.</param>
    /// <param name="random">Decides the start.</param>
    /// <param name="decide">What to do.</param>
    /// <param name="rewarded">Told of each reward; null where nobody listens.</param>
    /// <param name="watched">Called before each action; null where nobody watches.</param>
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

    /// <summary>Episodes of actions drawn evenly from -1 to 1.</summary>
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

    /// <summary>An episode of a policy whose actions get normal noise and are cut off at -1 and 1 again.</summary>
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
