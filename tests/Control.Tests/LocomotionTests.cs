namespace Control.Tests;

public sealed class LocomotionTests
{
    public static TheoryData<string> Names => ["hopper", "halfcheetah", "walker2d", "ant"];

    [MuJoCoTheory]
    [InlineData("halfcheetah", 17, 6, 0.05)]
    [InlineData("hopper", 11, 3, 0.008)]
    [InlineData("walker2d", 17, 6, 0.008)]
    [InlineData("ant", 27, 8, 0.05)]
    public void SizesAndDurationsAreTheDocumented(string name, int observationWidth, int actionWidth, double stepDuration)
    {
        using Locomotion environment = Create(name);
        Assert.Equal(observationWidth, environment.Description.ObservationWidth);
        Assert.Equal(actionWidth, environment.Description.ActionWidth);
        Assert.Equal(1000, environment.Description.StepLimit);
        Assert.Equal(stepDuration, environment.SecondsPerStep, 1e-12);
        Assert.Equal(actionWidth, environment.Simulation.Controls.Length);
        Assert.Equal(
            observationWidth, environment.Simulation.Positions.Length + environment.Simulation.Velocities.Length - (name == "ant" ? 2 : 1));
    }

    /// <summary>Capsules of density 1000 (the ant's of 5): pi r2 (length + 4/3 r); the cat's 14 kg in all, parted by volume.</summary>
    [MuJoCoFact]
    public void MassesFollowFromThePublishedDimensions()
    {
        double trunk = Capsule(0.05, 0.4), thigh = Capsule(0.05, 0.45), shank = Capsule(0.04, 0.5);
        AssertMasses("hopper", [0, trunk, thigh, shank, Capsule(0.06, 0.39)]);
        AssertMasses("walker2d", [0, trunk, thigh, shank, Capsule(0.06, 0.2), thigh, shank, Capsule(0.06, 0.2)]);

        double inner = Capsule(0.08, 0.2 * Math.Sqrt(2)) / 200, outer = Capsule(0.08, 0.4 * Math.Sqrt(2)) / 200,
            ball = 5 * 4.0 / 3 * Math.PI * Math.Pow(0.25, 3);
        AssertMasses("ant", [0, ball + 4 * inner, inner, outer, inner, outer, inner, outer, inner, outer]);

        double[] halfLengths = [0.145, 0.15, 0.094, 0.133, 0.106, 0.07];
        double[] volumes = [0, Capsule(0.046, 1) + Capsule(0.046, 0.3), .. halfLengths.Select(static half => Capsule(0.046, 2 * half))];
        AssertMasses("halfcheetah", [.. volumes.Select(v => 14 * v / volumes.Sum())]);

        static double Capsule(double radius, double length) => 1000 * Math.PI * radius * radius * (length + 4.0 / 3 * radius);

        static void AssertMasses(string name, double[] masses)
        {
            using Locomotion environment = Create(name);
            Assert.Equal(masses, environment.Simulation.BodyMasses.ToArray(), static (a, b) => Math.Abs(a - b) < 1e-9);
        }
    }

    /// <summary>A known state and a known action: health, metres a second on the way forward, less the cost of the action.</summary>
    [MuJoCoTheory]
    [InlineData("halfcheetah", 0, 0.1)]
    [InlineData("hopper", 1, 1e-3)]
    [InlineData("walker2d", 1, 1e-3)]
    [InlineData("ant", 1, 0.5)]
    public void RewardsFollowTheFormula(string name, double healthy, double cost)
    {
        using Locomotion environment = Create(name);
        var observation = new float[environment.Description.ObservationWidth];
        Start(environment);
        environment.Simulation.Velocities[0] = 1.5;
        environment.Simulation.Settle();
        float[] action = [.. Enumerable.Range(0, environment.Description.ActionWidth).Select(static i => 0.5f - 0.25f * i)];
        double[] cut = [.. action.Select(static a => Math.Clamp(a, -1, 1))];

        double before = environment.Forward;
        StepResult result = environment.Step(action, observation);

        Assert.Equal(
            healthy + (environment.Forward - before) / environment.SecondsPerStep - cost * cut.Sum(static a => a * a), result.Reward, 1e-9);
        Assert.InRange((environment.Forward - before) / environment.SecondsPerStep, 0.5, 2);
        Assert.Equal(environment.Simulation.Controls.ToArray(), cut);
    }

    /// <summary>Falling from rest with no contact near: the height follows g t2 / 2, whatever the rest does.</summary>
    [MuJoCoTheory]
    [MemberData(nameof(Names))]
    public void FallsFreely(string name)
    {
        using Locomotion environment = Create(name);
        Start(environment);
        int height = name == "ant" ? 2 : 1;
        environment.Simulation.Positions[height] += 5;
        environment.Simulation.Settle();
        // The cat's springs and the ant's limits move legs against the trunk; so the mean of all bodies is looked at.
        double before = MassCentreHeight(environment.Simulation);
        environment.Simulation.Step(10);
        environment.Simulation.Settle();
        double time = 10 * environment.Simulation.TimeStep;
        // Euler's method, the cat's, is a half step ahead.
        double drop = 9.81 * time * (time + (name == "halfcheetah" ? environment.Simulation.TimeStep : 0)) / 2;
        Assert.Equal(before - drop, MassCentreHeight(environment.Simulation), 2e-3 * drop + 1e-6);
    }

    [MuJoCoTheory]
    [MemberData(nameof(Names))]
    public void StartsWithinTheNoise(string name)
    {
        using Locomotion environment = Create(name);
        double noise = name is "ant" or "halfcheetah" ? 0.1 : 5e-3;
        var observation = new float[environment.Description.ObservationWidth];
        var squares = new List<double>();
        double largest = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            environment.Reset(new(seed), observation);
            for (int i = 0; i < environment.Simulation.Positions.Length; i++)
            {
                if (name == "ant" && i is >= 3 and < 7)
                {
                    continue; // The quaternion is made a unit's length again, as in Gymnasium.
                }
                largest = Math.Max(largest, Math.Abs(environment.Simulation.Positions[i] - environment.Simulation.StartPositions[i]));
            }
            squares.AddRange(environment.Simulation.Velocities.ToArray().Select(static v => v * v));
        }
        Assert.InRange(largest, 0.98 * noise, noise);
        double variance = name is "ant" or "halfcheetah" ? noise * noise : noise * noise / 3;
        Assert.InRange(squares.Average(), 0.85 * variance, 1.15 * variance);
    }

    [Theory]
    [InlineData("hopper", 1, 0.69, false)]
    [InlineData("hopper", 1, 0.71, true)]
    [InlineData("hopper", 1, 9, true)]
    [InlineData("hopper", 2, 0.21, false)]
    [InlineData("hopper", 2, -0.21, false)]
    [InlineData("hopper", 2, 0.19, true)]
    [InlineData("hopper", 3, -101, false)]
    [InlineData("hopper", 0, 500, true)]
    [InlineData("walker2d", 1, 0.79, false)]
    [InlineData("walker2d", 1, 2.01, false)]
    [InlineData("walker2d", 1, 1.9, true)]
    [InlineData("walker2d", 2, -1.01, false)]
    [InlineData("walker2d", 2, 0.99, true)]
    [InlineData("ant", 2, 0.19, false)]
    [InlineData("ant", 2, 0.2, true)]
    [InlineData("ant", 2, 1.01, false)]
    [InlineData("ant", 9, double.NaN, false)]
    [InlineData("ant", 9, double.PositiveInfinity, false)]
    [InlineData("halfcheetah", 1, -9, true)]
    public void HealthIsTheDocumented(string name, int position, double value, bool isHealthy)
    {
        (LocomotionTask task, double[] positions) = name switch
        {
            "hopper" => (LocomotionTask.Hopper, [0, 1.25, 0, 0, 0, 0]),
            "walker2d" => (LocomotionTask.Walker2d, [0, 1.25, 0, 0, 0, 0, 0, 0, 0]),
            "ant" => (LocomotionTask.Ant, [0, 0, 0.75, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            _ => (LocomotionTask.HalfCheetah, new double[9]),
        };
        Assert.True(task.IsHealthy(positions, new double[positions.Length]));
        positions[position] = value;
        Assert.Equal(isHealthy, task.IsHealthy(positions, new double[positions.Length]));
    }

    [MuJoCoTheory]
    [InlineData("hopper", 2, 0.21, true)]
    [InlineData("hopper", 2, 0.15, false)]
    [InlineData("walker2d", 1, 2.1, true)]
    [InlineData("walker2d", 2, 0.9, false)]
    [InlineData("ant", 2, 1.2, true)]
    [InlineData("ant", 2, 0.6, false)]
    [InlineData("halfcheetah", 1, 3, false)]
    public void AnUnhealthyStateEndsTheEpisode(string name, int position, double value, bool isTerminal)
    {
        using Locomotion environment = Create(name);
        Start(environment);
        environment.Simulation.Positions[position] = value;
        environment.Simulation.Settle();
        Assert.Equal(
            isTerminal, environment.Step(
                new float[environment.Description.ActionWidth], new float[environment.Description.ObservationWidth]).IsTerminal);
    }

    [MuJoCoTheory]
    [InlineData("hopper", 10)]
    [InlineData("walker2d", 10)]
    [InlineData("halfcheetah", 25)]
    public void ObservedVelocitiesAreCutOffWhereDocumented(string name, float observed)
    {
        using Locomotion environment = Create(name);
        Start(environment);
        environment.Simulation.Positions[1] += 1;
        environment.Simulation.Velocities[0] = 25;
        var observation = new float[environment.Description.ObservationWidth];
        environment.Step(new float[environment.Description.ActionWidth], observation);
        Assert.Equal(observed, observation[environment.Simulation.Positions.Length - 1], 1f);
    }

    [MuJoCoTheory]
    [MemberData(nameof(Names))]
    public void EqualSeedsGiveEqualEpisodes(string name)
    {
        using var pool = new EnvironmentPool(() => EnvironmentCatalog.Create(name));
        Episode[] first = EpisodeRecorder.RecordRandom(pool, 3, 7, default), second = EpisodeRecorder.RecordRandom(pool, 3, 7, default);
        for (int i = 0; i < first.Length; i++)
        {
            Assert.Equal(first[i].Observations, second[i].Observations);
            Assert.Equal(first[i].Rewards, second[i].Rewards);
        }
        Assert.NotEqual(first[0].Rewards[0], first[1].Rewards[0]);
    }

    /// <summary>
    /// Measured elsewhere for uniform actions: D4RL's reference of the cat and the walker; the hopper's and the ant's are about 18 and -60.
    /// </summary>
    [MuJoCoTheory]
    [InlineData("halfcheetah", 20, -340, -220)]
    [InlineData("hopper", 100, 12, 26)]
    [InlineData("walker2d", 100, -3, 8)]
    [InlineData("ant", 30, -130, 0)]
    public void RandomActionsReturnWhatTheyAreKnownTo(string name, int episodes, double least, double most)
    {
        using var pool = new EnvironmentPool(() => EnvironmentCatalog.Create(name));
        Assert.InRange(EpisodeRecorder.RecordRandom(pool, episodes, 1, default).Average(static e => e.Return), least, most);
    }

    [MuJoCoTheory]
    [InlineData("hopper", 4, 1.5)]
    [InlineData("walker2d", 7, 1.5)]
    [InlineData("halfcheetah", 8, 0.9)]
    [InlineData("ant", 13, 1.1)]
    public void LookShowsEveryPart(string name, int parts, double top)
    {
        using Locomotion environment = Create(name);
        Start(environment);
        Scene scene = environment.Look();
        Assert.Equal(parts, scene.Bodies.Count);
        Assert.Equal(top, scene.Bodies.Max(static b => Math.Max(b.Y1, b.Y2) + b.Radius), 0.1);
        Assert.Equal(0, scene.Centre);
    }

    private static Locomotion Create(string name) => (Locomotion)EnvironmentCatalog.Create(name);

    private static void Start(Locomotion environment)
    {
        environment.Simulation.Reset();
        environment.Simulation.Settle();
    }

    private static double MassCentreHeight(MuJoCoSimulation simulation)
    {
        // A capsule's middle stands for its body; each body has one capsule but for the trunks, whose further parts are fast to it.
        double sum = 0, mass = 0;
        foreach ((Point first, Point second, double radius) in simulation.Capsules())
        {
            double length = Math.Sqrt(Math.Pow(second.X - first.X, 2) + Math.Pow(second.Y - first.Y, 2) + Math.Pow(second.Z - first.Z, 2));
            double own = radius * radius * (length + 4.0 / 3 * radius);
            sum += own * (first.Z + second.Z) / 2;
            mass += own;
        }
        return sum / mass;
    }
}
