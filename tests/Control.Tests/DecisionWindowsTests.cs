
namespace Control.Tests;

public sealed class DecisionWindowsTests
{
    private const int TokenWidth = 5;

    [Fact]
    public void A_step_is_its_return_to_go_its_observation_and_its_action_with_its_number()
    {
        TrajectorySet data = Data(steps: 3);
        var windows = new DecisionWindows(data, Unscaled, TokenWidth, seed: 1);
        int whole = Enumerable.Range(0, windows.Count).First(i => windows.GetLength(i) == 3 * Sizes.TokensPerStep - 1);
        var tokens = new float[windows.GetLength(whole) * TokenWidth];
        windows.ReadTokens(whole, tokens);
        Assert.Equal(
            [
                6, 0, 0, 0, 0, // rewards 1 + 2 + 3
                0, 10, 20, 30, 0,
                0.5f, 0, 0, 0, 0,
                5, 0, 0, 0, 1,
                1, 11, 21, 31, 1,
                0.25f, 0, 0, 0, 1,
                3, 0, 0, 0, 2,
                2, 12, 22, 32, 2,
            ],
            tokens);
    }

    [Fact]
    public void The_loss_counts_the_action_after_each_observation_alone()
    {
        var windows = new DecisionWindows(Data(steps: 3), Unscaled, TokenWidth, seed: 1);
        int whole = Enumerable.Range(0, windows.Count).First(i => windows.GetLength(i) == 3 * Sizes.TokensPerStep - 1);
        var target = new float[1];
        float[] weights = new float[windows.GetLength(whole)], targets = new float[weights.Length];
        for (int token = 0; token < weights.Length; token++)
        {
            target[0] = float.NaN;
            weights[token] = windows.ReadTarget(whole, token, target);
            targets[token] = target[0];
        }
        Assert.Equal([0, 1, 0, 0, 1, 0, 0, 1], weights);
        Assert.Equal((0.5f, 0.25f, 0.125f), (targets[1], targets[4], targets[7]));
    }

    [Fact]
    public void Windows_begin_at_any_step_and_end_with_their_episode()
    {
        TrajectorySet data = Data(steps: 50, episodes: 40);
        var windows = new DecisionWindows(data, Unscaled, TokenWidth, seed: 3);
        int[] lengths = [.. Enumerable.Range(0, windows.Count).Select(windows.GetLength)];
        Assert.Equal(data.Steps / Sizes.ContextSteps, windows.Count);
        Assert.All(lengths, static l => Assert.InRange(l, Sizes.TokensPerStep - 1, Sizes.Context - 1));
        Assert.True(lengths.Distinct().Count() > 10);
        Assert.Equal(
            lengths, Enumerable.Range(0, windows.Count).Select(new DecisionWindows(data, Unscaled, TokenWidth, seed: 3).GetLength));
    }

    [Fact]
    public void Steps_past_the_longest_episode_have_its_last_number()
    {
        var token = new float[TokenWidth];
        new DecisionTokens(Unscaled, TokenWidth).Return(1, Sizes.TimeSteps + 5, token);
        Assert.Equal(Sizes.TimeSteps - 1, token[^1]);
    }

    [Fact]
    public void A_scale_brings_observations_to_mean_zero_and_deviation_one_and_returns_to_at_most_one()
    {
        TrajectorySet data = Data(steps: 40);
        TrajectoryScale scale = TrajectoryScale.Of(data);
        var scaled = new float[data.ObservationWidth];
        double sum = 0, squares = 0;
        for (int step = 0; step < 40; step++)
        {
            scale.Observation(data.Episodes[0].Observations.AsSpan(step * data.ObservationWidth, data.ObservationWidth), scaled);
            sum += scaled[1];
            squares += scaled[1] * scaled[1];
        }
        Assert.Equal(0, sum / 40, 5);
        Assert.Equal(1, squares / 40, 4);
        Assert.Equal(1, scale.Return(data.Episodes[0].Return), 5);
    }

    [Theory]
    [InlineData(14.62f)]
    [InlineData(2e7f)]
    public void A_number_that_never_changed_scales_to_zero_and_later_ones_are_not_blown_up(float value)
    {
        Episode[] episodes = [.. Enumerable.Range(1, 3)
            .Select(e => new Episode([.. Enumerable.Repeat(value, 333 * e)], new float[333 * e], new float[333 * e], IsTerminal: true))];
        TrajectoryScale scale = TrajectoryScale.Of(new(1, 1, episodes));
        var scaled = new float[2];
        scale.Observation([value], scaled);
        Assert.Equal(0, scaled[0]);
        scale.Observation([value + 2], scaled);
        Assert.InRange(scaled[0], 1.9, 2.1);
    }

    private static TrajectoryScale Unscaled => new([0, 0, 0, 0], [1 - 1e-6, 1 - 1e-6, 1 - 1e-6, 1 - 1e-6], 1);

    /// <summary>Observation (t, t + 10, t + 20, t + 30), action 0.5^(t + 1), reward t + 1.</summary>
    private static TrajectorySet Data(int steps, int episodes = 1) => new(4, 1, [.. Enumerable.Range(0, episodes).Select(_ => new Episode(
        [.. Enumerable.Range(0, steps).SelectMany(static t => (float[])[t, t + 10, t + 20, t + 30])],
        [.. Enumerable.Range(0, steps).Select(static t => MathF.Pow(0.5f, t + 1))],
        [.. Enumerable.Range(0, steps).Select(static t => t + 1f)], IsTerminal: false))]);
}
