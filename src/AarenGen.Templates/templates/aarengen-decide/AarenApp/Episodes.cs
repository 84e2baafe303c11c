using AarenGen;

namespace AarenApp;

/// <summary>Lets the policy act.</summary>
public static class Episodes
{
    /// <summary>The mean return of some episodes, each asked for the same one.</summary>
    public static double Run(Policy policy, double targetReturn, int episodes, Random random)
    {
        double sum = 0;
        SeriesState<Policy> state = policy.CreateDecisionState(targetReturn);
        for (int episode = 0; episode < episodes; episode++)
        {
            var track = new Track(random);
            policy.BeginEpisode(state, targetReturn);
            float? reward = null;
            for (int step = 0; step < Track.Steps; step++)
            {
                var observation = new Move { Episode = episode, Position = track.Position, Speed = track.Speed };
                Policy.Decision decision = reward is { } last
                    ? policy.Decide(state, observation, last) : policy.Decide(state, observation);
                reward = track.Push(decision.Force);
                sum += reward.Value;
            }
        }
        return sum / episodes;
    }
}
