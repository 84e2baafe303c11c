using System.Text.Json;

namespace Control.Tests;

/// <summary>The commands one after the other, on a little of cart-pole's random episodes.</summary>
[Collection(ProgramRun.Collection)]
public sealed class JobTests : IDisposable
{
    private static readonly PolicyRecipe recipe = new(Epochs: 1, BatchSize: 8, LearningRate: 1e-3);

    private readonly TemporaryFolder folder = new();

    private Workplace Work => new(folder.Path);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void PoliciesAreTrainedOnceAndScoredOnce()
    {
        Selection selection = Collected(seed: 1);
        TrainJob.Run(Work, selection, recipe, CancellationToken.None);
        DateTime trained = File.GetLastWriteTimeUtc(
            Work.Policy("cartpole", Work.Open(CartPole.Reference, "medium"), Learner.Aaren, 1) + ".json");
        TrainJob.Run(Work, selection, recipe, CancellationToken.None);
        Assert.Equal(trained, File.GetLastWriteTimeUtc(
            Work.Policy("cartpole", Work.Open(CartPole.Reference, "medium"), Learner.Aaren, 1) + ".json"));
        Assert.Empty(Directory.GetFiles(Work.Policies, "*.checkpoint"));

        EvaluateJob.Run(Work, selection, 1, "control evaluate", CancellationToken.None);
        Assert.Equal(["Aaren", "Aaren, last 20 steps", "Aaren, two states", "behaviour cloning", "the data"], Models());
        Assert.True(File.Exists(folder.File("report.html")));
    }

    [Fact]
    public void WithOtherDataPoliciesAreTrainedAnewAndScoredAnew()
    {
        Selection selection = Collected(seed: 1);
        TrainJob.Run(Work, selection, recipe, CancellationToken.None);
        EvaluateJob.Run(Work, selection, 1, "control evaluate", CancellationToken.None);
        Collected(seed: 2);
        Assert.Contains("is not trained on cartpole-medium as it is now", Assert.Throws<UserException>(
            () => EvaluateJob.Run(Work, selection, 1, "control evaluate", CancellationToken.None)).Message, StringComparison.Ordinal);
        TrainJob.Run(Work, selection, recipe, CancellationToken.None);
        EvaluateJob.Run(Work, selection, 1, "control evaluate", CancellationToken.None);
        // Both are reported, apart.
        Assert.Equal(10, Models().Length);
        Assert.Equal(2, File.ReadLines(folder.File("report.md"))
            .Count(static l => l.StartsWith("## control: cartpole-medium (content ", StringComparison.Ordinal)));
        Assert.Equal(10, Directory.GetFiles(folder.File("runs")).Length);
    }

    [Fact]
    public void AStoppedTrainingGoesOnToTheSameWeights()
    {
        Selection selection = Collected(seed: 1) with { Learners = [Learner.Aaren] };
        PolicyRecipe two = recipe with { Epochs = 2 };
        TrainJob.Run(Work, selection, two, CancellationToken.None);
        string weights = Work.Policy("cartpole", Work.Open(CartPole.Reference, "medium"), Learner.Aaren, 1) + ".safetensors";
        byte[] straight = File.ReadAllBytes(weights);
        Directory.Delete(Work.Policies, recursive: true);

        using var stop = new CancellationTokenSource();
        Directory.CreateDirectory(Work.Policies);
        Dataset data = Work.Open(CartPole.Reference, "medium");
        var training = new PolicyTraining(Work.Policy("cartpole", Work.Open(CartPole.Reference, "medium"), Learner.Aaren, 1), "medium",
            CartPole.Reference, data.Episodes, Learner.Aaren, 1, two)
        {
            Progress = new StopAt(0.3, stop), Cancellation = stop.Token,
        };
        Assert.ThrowsAny<OperationCanceledException>(() => ModelCatalog.Use("cartpole", Learner.Aaren, training));
        Assert.Single(Directory.GetFiles(Work.Policies, "*.checkpoint"));
        TrainJob.Run(Work, selection, two, CancellationToken.None);
        Assert.Equal(straight, File.ReadAllBytes(weights));
    }

    [Fact]
    public void WhatIsMissingIsSaid()
    {
        Selection selection = Collected(seed: 1);
        Assert.Contains("by the command train", Assert.Throws<UserException>(
            () => EvaluateJob.Run(Work, selection, 1, "control", CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.Contains("control train",
            Assert.Throws<UserException>(() => WatchJob.Run(Work, CartPole.Reference, "medium", Learner.MinGru, Acting.Streaming, 2,
            CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.Contains("control collect", Assert.Throws<UserException>(() => Work.Open(CartPole.Reference, "medium-expert")).Message,
            StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<UserException>(() => Work.Open(CartPole.Reference, "elsewhere/x.hdf5")).Message,
            StringComparison.Ordinal);
    }

    private Selection Collected(int seed)
    {
        using var pool = new EnvironmentPool(static () => new CartPole());
        Directory.CreateDirectory(Work.Data);
        TrajectoryFile.Write(TrajectoryFile.PathOf(Work.Data, "cartpole", "medium"),
            new(4, 1, EpisodeRecorder.RecordRandom(pool, 30, seed, CancellationToken.None)));
        return new([CartPole.Reference], ["medium"], [Learner.Aaren, Learner.Cloning], 1);
    }

    private string[] Models()
    {
        using var report = JsonDocument.Parse(File.ReadAllText(folder.File("report.json")));
        return [.. report.RootElement.EnumerateArray().Select(static r => r.GetProperty("Key").GetProperty("Model").GetString()!)
            .Order(StringComparer.Ordinal)];
    }

    private sealed class StopAt(double share, CancellationTokenSource stop) : IProgress<double>
    {
        public void Report(double value)
        {
            if (value >= share)
            {
                stop.Cancel();
            }
        }
    }
}
