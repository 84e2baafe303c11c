namespace Control.Tests;

[Collection(ProgramRun.Collection)]
public sealed class CollectionTests
{
    [Fact]
    public void CartPoleIsCollectedInThreeSets()
    {
        using var folder = new TemporaryFolder();
        Collection.Run("cartpole", folder.Path, size: 5000, iterations: null, seed: 1, default);
        TrajectorySet medium = Read("medium"), replay = Read("medium-replay"), expert = Read("medium-expert");

        // Whole episodes: the last may go beyond the size.
        Assert.InRange(medium.Steps, 5000, 5500);
        Assert.InRange(expert.Steps, 5000, 6000);
        Assert.InRange(replay.Steps, 4000, 6500);
        Assert.InRange(medium.MeanReturn, 100, 400);
        Assert.True(replay.MeanReturn < medium.MeanReturn);
        // Half the steps are the medium policy's first episodes, half the expert's.
        Episode[] shared = [.. expert.Episodes.TakeWhile(
            (e, i) => e.Rewards.SequenceEqual(medium.Episodes[i].Rewards) && e.Actions.SequenceEqual(medium.Episodes[i].Actions))];
        Assert.InRange(shared.Sum(static e => e.Length), 2500, 3000);
        Assert.All(expert.Episodes.Skip(shared.Length), static e => Assert.InRange(e.Return, 400, 500));
        Assert.All(medium.Episodes.SelectMany(static e => e.Actions), static a => Assert.InRange(a, -1, 1));
        Assert.True(File.Exists(folder.File("cartpole-policies.json")));

        TrajectorySet Read(string set) => TrajectoryFile.Read(TrajectoryFile.PathOf(folder.Path, "cartpole", set), CartPole.Reference);
    }

    [Fact]
    public void CollectingAgainGivesTheSame()
    {
        using TemporaryFolder first = new(), second = new();
        foreach (TemporaryFolder folder in (TemporaryFolder[])[first, second])
        {
            Collection.Run("cartpole", folder.Path, size: 1000, iterations: 20, seed: 3, default);
        }
        foreach (string file in Directory.GetFiles(first.Path, "*.hdf5"))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(second.File(Path.GetFileName(file))));
        }
    }

    [Fact]
    public void StoppedCollectionKeepsTheSearch()
    {
        using var folder = new TemporaryFolder();
        Collection.Run("cartpole", folder.Path, size: 1000, iterations: 10, seed: 1, default);
        string before = File.ReadAllText(folder.File("cartpole-search.json"));
        Assert.Throws<OperationCanceledException>(() => Collection.Run("cartpole", folder.Path, 1000, 20, 1, new(canceled: true)));
        Assert.Equal(before, File.ReadAllText(folder.File("cartpole-search.json")));
    }
}
