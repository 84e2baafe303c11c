namespace Control.Tests;

public sealed class CartPoleTests
{
    private static readonly CartPole environment = new();
    private readonly float[] observation = new float[4];

    /// <summary>Worked by hand: cart and pole of 1.1 kg in all, the pole's half 0.5 m, 10 N at full action, 0.02 s.</summary>
    [Fact]
    public void StepFollowsTheEquations()
    {
        environment.SetState(0.1, 0.2, 0.05, -0.3);
        StepResult result = environment.Step([0.5f], observation);

        double sine = Math.Sin(0.05), cosine = Math.Cos(0.05);
        double push = (5 + 0.05 * 0.09 * sine) / 1.1;
        double angular = (9.8 * sine - cosine * push) / (0.5 * (4.0 / 3 - 0.1 * cosine * cosine / 1.1));
        double linear = push - 0.05 * angular * cosine / 1.1;
        Assert.Equal(
            [0.1 + 0.02 * 0.2, 0.2 + 0.02 * linear, 0.05 - 0.02 * 0.3, -0.3 + 0.02 * angular], observation.Select(static v => (double)v),
            (a, b) => Math.Abs(a - b) < 1e-7);
        Assert.Equal(new StepResult(1, false), result);
    }

    /// <summary>
    /// From rest and upright, full force: -600/41 rad/s2 (the pole's length and mass drop out of no other constant) and 400/41 m/s2.
    /// </summary>
    [Fact]
    public void FullForceFromRestGivesKnownAccelerations()
    {
        environment.SetState(0, 0, 0, 0);
        environment.Step([7f], observation); // Cut off at 1.
        Assert.Equal(0, observation[0]);
        Assert.Equal(0.02 * 400 / 41, observation[1], 1e-6);
        Assert.Equal(-0.02 * 600 / 41, observation[3], 1e-6);
    }

    [Theory]
    [InlineData(2.39, 1.0, 0, true)]
    [InlineData(2.37, 1.0, 0, false)]
    [InlineData(-2.39, -1.0, 0, true)]
    [InlineData(0, 0, 0.2095, true)]
    [InlineData(0, 0, -0.2095, true)]
    [InlineData(0, 0, 0.2093, false)]
    public void EndsBeyondTheRailAndTwelveDegrees(double position, double velocity, double angle, bool isTerminal)
    {
        environment.SetState(position, velocity, angle, 0);
        Assert.Equal(isTerminal, environment.Step([0], observation).IsTerminal);
    }

    [Fact]
    public void StartsNearTheMiddle()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            environment.Reset(new(seed), observation);
            Assert.All(observation, static v => Assert.InRange(v, -0.05f, 0.05f));
        }
    }
}
