using AarenGen;
using AarenGen.Tests;

namespace Control.Tests;

public sealed class AgentTests
{
    private static readonly TrajectoryScale Scale = new([0, 0, 0, 0], [0.5, 1, 0.1, 1], 100);

    [Fact]
    public void An_agent_gives_the_model_the_tokens_of_training()
    {
        CartPoleAaren model = CartPoleAaren.Create(seed: 1);
        var agent = new StreamingAgent<CartPoleAaren>(model, Scale);
        agent.Begin(200);
        using var world = new CartPole();
        Episode episode = EpisodeRecorder.Record(world, new Random(1), agent.Act, agent.Reward);

        // The same episode as a training window: its return-to-go begins at what the agent was asked for.
        var tokens = new float[episode.Length * Sizes.TokensPerStep * CartPoleAaren.InputWidth];
        var writer = new DecisionTokens(Scale, CartPoleAaren.InputWidth);
        double toGo = 200;
        for (int step = 0; step < episode.Length; step++)
        {
            writer.Return(toGo, step, Token(3 * step));
            writer.Observation(episode.Observations.AsSpan(4 * step, 4), step, Token(3 * step + 1));
            writer.Action(episode.Actions.AsSpan(step, 1), step, Token(3 * step + 2));
            toGo -= episode.Rewards[step];
        }
        var outputs = new float[episode.Length * Sizes.TokensPerStep];
        model.Forward(model.CreateState(), tokens, outputs);
        Assert.True(episode.Length > 5);
        Assert.Equal(episode.Actions, Enumerable.Range(0, episode.Length).Select(step => outputs[3 * step + 1]));

        Span<float> Token(int index) => tokens.AsSpan(index * CartPoleAaren.InputWidth, CartPoleAaren.InputWidth);
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(5, false)]
    public void Rereading_all_steps_is_streaming_and_fewer_is_not(int steps, bool isEqual)
    {
        CartPoleAaren model = CartPoleAaren.Create(seed: 2);
        Agent streaming = new StreamingAgent<CartPoleAaren>(model, Scale),
            rereading = new RereadingAgent<CartPoleAaren>(model, Scale, steps);
        float[] whole = Act(streaming, 20), cut = Act(rereading, 20);
        Assert.Equal(isEqual, whole.SequenceEqual(cut));
        Assert.Equal(whole.Take(steps), cut.Take(steps));
    }

    [Fact]
    public void Two_states_relieve_each_other_with_half_a_history_to_a_whole_one()
    {
        CartPoleAaren model = CartPoleAaren.Create(seed: 2);
        const int Steps = 14;
        float[] acted = Act(new RelayAgent<CartPoleAaren>(model, Scale, 6), Steps), output = new float[Steps * Sizes.TokensPerStep];
        var writer = new DecisionTokens(Scale, CartPoleAaren.InputWidth);
        for (int last = 0; last < Steps; last++)
        {
            // At step 6 the one begun at 3 takes over, at step 9 the one begun at 6.
            int begun = Math.Max(0, last / 3 - 1) * 3, count = (last - begun + 1) * Sizes.TokensPerStep - 1;
            var tokens = new float[count * CartPoleAaren.InputWidth];
            for (int i = 0; i < count; i++)
            {
                Span<float> token = tokens.AsSpan(i * CartPoleAaren.InputWidth, CartPoleAaren.InputWidth);
                int step = begun + i / Sizes.TokensPerStep;
                switch (i % Sizes.TokensPerStep)
                {
                    case 0: writer.Return(50 - step, step, token); break;
                    case 1: writer.Observation(Seen(step), step, token); break;
                    default: writer.Action(acted.AsSpan(step, 1), step, token); break;
                }
            }
            model.Forward(model.CreateState(), tokens, output.AsSpan(0, count));
            Assert.Equal(output[count - 1], acted[last]);
        }
    }

    [Fact]
    public void An_agent_begins_anew()
    {
        Agent agent = new StreamingAgent<CartPoleMinGru>(CartPoleMinGru.Create(seed: 3), Scale);
        Assert.Equal(Act(agent, 10), Act(agent, 10));
    }

    [Fact]
    public void Acting_allocates_nothing()
    {
        Agent[] agents =
        [
            new StreamingAgent<CartPoleTransformer>(CartPoleTransformer.Create(seed: 4), Scale),
            new RereadingAgent<CartPoleAaren>(CartPoleAaren.Create(seed: 4), Scale, Sizes.ContextSteps),
            new RelayAgent<CartPoleAaren>(CartPoleAaren.Create(seed: 4), Scale, Sizes.ContextSteps),
            new CloningAgent<CartPoleCloning>(CartPoleCloning.Create(seed: 4), Scale),
        ];
        float[] observation = [0.1f, 0.2f, 0.3f, 0.4f], action = new float[1];
        foreach (Agent agent in agents)
        {
            agent.Begin(10);
            agent.Act(observation, action);
            Assert.Equal(0, Allocations.Min(() =>
            {
                for (int i = 0; i < 30; i++)
                {
                    agent.Act(observation, action);
                    agent.Reward(1);
                }
            }));
        }
    }

    [Fact]
    public void A_policy_is_trained_saved_and_loaded()
    {
        using var folder = new TemporaryFolder();
        EnvironmentDescription description = CartPole.Reference;
        using var pool = new EnvironmentPool(static () => new CartPole());
        var data = new TrajectorySet(4, 1, EpisodeRecorder.RecordRandom(pool, 20, 1, CancellationToken.None));
        string path = folder.File("policy");
        var training = new PolicyTraining(
            path, "random", description, data, Learner.Aaren, 1, new(Epochs: 1, BatchSize: 8, LearningRate: 1e-3));
        TrainedPolicy trained = ModelCatalog.Use("cartpole", Learner.Aaren, training);
        TrainedPolicy found = TrainedPolicy.Find(path, data)!;
        Assert.Equal(trained.TargetReturn, found.TargetReturn);
        Assert.Equal(trained.Scale.ObservationMeans, found.Scale.ObservationMeans);
        Agent agent = ModelCatalog.Use("cartpole", Learner.Aaren, new AgentLoading(path, found, Acting.Streaming));
        RunOutcome outcome = PolicyEvaluation.Run(new CartPole(), agent, found, 2, new Progress<double>(), CancellationToken.None);
        Assert.Equal(2, outcome.Scores!.Episodes.Length);
        Assert.InRange(outcome.Metrics.Single(static m => m.Name == "return").Value, 1, 500);
        Assert.True(training.IsDone);
        Assert.False((training with { Recipe = new(Epochs: 2, BatchSize: 8, LearningRate: 1e-3) }).IsDone);
        Assert.Contains("another declaration",
            Assert.Throws<UserException>(() => ModelCatalog.Use("cartpole", Learner.Aaren,
            new AgentLoading(path, found with { Model = "other" }, Acting.Streaming))).Message, StringComparison.Ordinal);

        // Of other data, with other weights, and damaged.
        Assert.Null(TrainedPolicy.Find(path, new TrajectorySet(4, 1, EpisodeRecorder.RecordRandom(pool, 20, 2, CancellationToken.None))));
        byte[] weights = File.ReadAllBytes(path + ".safetensors");
        weights[^1] ^= 1;
        File.WriteAllBytes(path + ".safetensors", weights);
        Assert.Null(TrainedPolicy.Find(path, data));
        weights[^1] ^= 1;
        File.WriteAllBytes(path + ".safetensors", weights);
        Assert.NotNull(TrainedPolicy.Find(path, data));
        File.WriteAllText(path + ".json", "{");
        Assert.Null(TrainedPolicy.Find(path, data));
    }

    [Fact]
    public void Every_environment_has_every_model_and_they_fit()
    {
        foreach (EnvironmentDescription environment in EnvironmentCatalog.Descriptions)
        {
            foreach (Learner learner in Enum.GetValues<Learner>())
            {
                (int tokens, int outputs) = ModelCatalog.Use(environment.Name, learner, new Widths());
                Assert.Equal(environment.ActionWidth, outputs);
                Assert.Equal(learner == Learner.Cloning ? environment.ObservationWidth : environment.ObservationWidth + 1, tokens);
            }
        }
    }

    private static float[] Seen(int step) => [0.1f * step, 0.2f, -0.01f * step, 0.3f];

    private static float[] Act(Agent agent, int steps)
    {
        var actions = new float[steps];
        agent.Begin(50);
        for (int i = 0; i < steps; i++)
        {
            agent.Act(Seen(i), actions.AsSpan(i, 1));
            agent.Reward(1);
        }
        return actions;
    }

    private sealed class Widths : IModelUse<(int, int)>
    {
        public (int, int) With<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
            (SequenceModel<TModel>.Description.InputWidth, SequenceModel<TModel>.Description.OutputWidth);
    }
}
