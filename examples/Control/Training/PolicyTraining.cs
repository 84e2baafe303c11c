using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AarenGen;

namespace Control;

/// <summary>Trains policies. Windows, decay and clipping are the Decision Transformer's; other settings suit two processors.</summary>
/// <remarks>Source: Chen et al., Decision Transformer, NeurIPS 2021, appendix A.</remarks>
/// <param name="Epochs">Epochs; an epoch has as many windows as hold the data about once.</param>
/// <param name="BatchSize">Windows per step.</param>
/// <param name="LearningRate">The highest learning rate of AdamW.</param>
internal sealed record PolicyRecipe(int Epochs, int BatchSize, double LearningRate)
{
    private const double WeightDecay = 1e-4, ClipNorm = 0.25;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"AdamW, {Epochs} epochs of windows of {Sizes.ContextSteps} steps, batch {BatchSize}, learning rate {LearningRate}, weight "
            + $"decay {WeightDecay}, clipping at {ClipNorm}");

    /// <summary>
    /// Options of one seed; a stopped training resumes from its checkpoint. One thread, since policies are trained in parallel.
    /// </summary>
    public TrainingOptions Options(int seed, string checkpoint) => new()
    {
        Epochs = Epochs, BatchSize = BatchSize, LearningRate = LearningRate, WeightDecay = WeightDecay, ClipNorm = ClipNorm, Threads = 1,
        Seed = seed,
        CheckpointPath = checkpoint, Resume = true,
    };
}

/// <summary>Trains one policy and saves it.</summary>
/// <param name="Path">Its path, without ending.</param>
/// <param name="Dataset">The data set's name.</param>
/// <param name="Environment">The environment.</param>
/// <param name="Data">The episodes.</param>
/// <param name="Learner">The learner.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Recipe">The recipe.</param>
internal sealed record PolicyTraining(
    string Path, string Dataset, EnvironmentDescription Environment, TrajectorySet Data, Learner Learner, int Seed, PolicyRecipe Recipe)
    : IModelUse<TrainedPolicy>
{
    /// <summary>Receives the fraction that is done.</summary>
    public IProgress<double> Progress { get; init; } = new Progress<double>();

    /// <summary>Stops; the next training of the same policy resumes.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Whether a saved policy of these data was trained by this recipe and this program.</summary>
    public bool IsDone => TrainedPolicy.Find(Path, Data) is { } policy && policy.Training.Recipe == Recipe.ToString()
        && policy.Program == ProgramVersion.Current;

    /// <inheritdoc/>
    public TrainedPolicy With<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        TrajectoryScale scale = TrajectoryScale.Of(Data);
        TrajectoryWindows windows = Learner == Learner.Cloning
            ? new CloningWindows(Data, scale, Seed)
            : new DecisionWindows(Data, scale, description.InputWidth, Seed);
        TModel model = SequenceModel<TModel>.Create(Seed);
        // A stopped training resumes if recipe and data are the same, and is ignored if they are not.
        string key = $"{Recipe}; {Data.Digest}; {description.Fingerprint}; {ProgramVersion.Current}";
        string checkpoint = $"{Path}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..8]}.checkpoint";
        long started = Stopwatch.GetTimestamp();
        TrainingReport report = model.Fit(windows, null, Recipe.Options(Seed, checkpoint), new TrainingShare(Progress), Cancellation);
        TrainedPolicy policy = new TrainedPolicy(
            Environment.Name, Dataset, Learner, Seed, scale, Data.Episodes.Max(static e => e.Return), Data.MeanReturn, Data.Digest,
            description.Fingerprint, WeightsDigest: "", ProgramVersion.Current,
            new(description.Card, description.ParameterCount, description.StateBytes, Recipe.ToString(),
                [.. report.Epochs.Select(static e => new Epoch(e.TrainingLoss, e.ValidationLoss))], report.BestEpoch,
                Stopwatch.GetElapsedTime(started).TotalSeconds)).Save(Path, model);
        File.Delete(checkpoint);
        return policy;
    }
}
