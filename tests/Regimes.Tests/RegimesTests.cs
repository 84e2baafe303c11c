using AarenGen;

namespace Regimes.Tests;

/// <summary>What the example claims: a model that forgets follows a level that jumps; the paper's Aaren follows ever less.</summary>
[Collection(ProgramRun.Collection)]
public sealed class RegimesTests : TemporaryFolder
{
    [Fact]
    public void Forgetting_follows_a_level_that_jumps()
    {
        SequenceList windows = LevelStream.Windows(400, seed: 3);
        LevelStream[] streams = [.. Enumerable.Range(0, 8).Select(static i => LevelStream.Create(new(i), 6_001, static t => t % 500 == 0))];
        double aaren = LastError(Train<PlainAaren>()), forgetting = LastError(Train<ForgettingAaren>());
        StreamErrors relayed = StreamErrors.OfRelays("", Train<PlainAaren>(), streams, default);
        // The spread of the levels is 2, and that of the noise 0.5.
        Assert.InRange(forgetting, 0, 0.6 * aaren);
        Assert.InRange(relayed.Between(5_000, 6_000), 0, 0.8 * aaren);
        Assert.Equal(2 * PlainAaren.Description.StateBytes, relayed.StateBytes);

        TModel Train<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TModel model = SequenceModel<TModel>.Create(1);
            model.Fit(windows, options: new() { Epochs = 10, BatchSize = 8, LearningRate = 3e-3, Threads = 1 });
            return model;
        }

        double LastError<TModel>(TModel model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
            StreamErrors.OfStates("", model, streams, default).Between(5_000, 6_000);
    }

    [Fact]
    public void Levels_jump_only_where_they_should()
    {
        var stream = LevelStream.Create(new(1), 1_000, static t => t is 0 or 300);
        Assert.Equal([300], Enumerable.Range(1, 999).Where(t => stream.Levels[t] != stream.Levels[t - 1]));
        Assert.InRange(stream.Values.Take(300).Average() - stream.Levels[0], -0.15, 0.15);
        SequenceList windows = LevelStream.Windows(3, seed: 1);
        float[] tokens = new float[LevelStream.WindowLength], target = new float[1];
        windows.ReadTokens(2, tokens);
        windows.ReadTarget(2, 41, target);
        Assert.Equal(tokens[42], target[0]);
    }

    [Theory]
    [InlineData("--tokens 999", "--tokens: '999'")]
    [InlineData("--jumps 0", "--jumps: '0'")]
    [InlineData("--epochs 0", "--epochs: '0'")]
    [InlineData("--seed -1", "--seed: '-1'")]
    [InlineData("bogus", "'bogus'")]
    public void A_mistake_is_one_line(string arguments, string expected)
    {
        (int code, string error) = ProgramRun.Of(typeof(LevelStream).Assembly, [.. arguments.Split(' '), "--output", At("out")]);
        Assert.Equal(2, code);
        Assert.Contains(expected, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void The_program_draws_a_picture()
    {
        string folder = At("out");
        (int code, _) = ProgramRun.Of(
            typeof(LevelStream).Assembly, ["--tokens", "1000", "--jumps", "200", "--epochs", "1", "--output", folder]);
        Assert.Equal(0, code);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(folder, "regimes.svg")), StringComparison.Ordinal);
    }
}
