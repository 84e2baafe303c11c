using System.Globalization;
using AarenGen;

namespace Experiments;

/// <summary>Settings of training.</summary>
/// <param name="Epochs">Epochs; at most this number if there is a patience.</param>
/// <param name="BatchSize">Sequences per step.</param>
/// <param name="LearningRate">The highest rate.</param>
/// <param name="WeightDecay">Decoupled weight decay.</param>
/// <param name="Patience">Epochs without a better validation loss after which training stops; null: never, and the last weights
/// are used.</param>
internal sealed record Recipe(int Epochs, int BatchSize, double LearningRate, double WeightDecay, int? Patience)
{
    /// <summary>Gradients are scaled down to this norm.</summary>
    public double ClipNorm { get; init; } = DefaultClipNorm;

    private const double DefaultClipNorm = 1;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"AdamW, {(Patience is null ? $"{Epochs} epochs" : $"up to {Epochs} epochs, patience {Patience}")}, batch {BatchSize}, learning "
        + $"rate {LearningRate}, weight decay {WeightDecay}{(ClipNorm == DefaultClipNorm ? "" : $", clipping at {ClipNorm}")}");

    /// <summary>Options of one seed. One thread, since seeds run in parallel.</summary>
    public TrainingOptions Options(int seed) => new()
    {
        Epochs = Epochs, BatchSize = BatchSize, LearningRate = LearningRate, WeightDecay = WeightDecay, Patience = Patience, Threads = 1,
        ClipNorm = ClipNorm, Seed = seed,
    };
}

/// <summary>A model that is compared: a mixer and how its model is built and trained.</summary>
/// <typeparam name="TRecipe">The recipe of a task.</typeparam>
/// <param name="Mixer">The mixer.</param>
/// <param name="Recipe">Sizes and training.</param>
/// <param name="Origin">Whose recipe it is, where a report has several: the beginning of the model's name; empty otherwise.</param>
internal sealed record Contender<TRecipe>(Mixer Mixer, TRecipe Recipe, string Origin = "")
{
    /// <summary>The name in reports.</summary>
    public string Name => Origin.Length == 0 ? Mixer.ToString() : $"{Origin}: {Mixer}";

    /// <summary>Mixers that share a recipe.</summary>
    public static IReadOnlyList<Contender<TRecipe>> Of(IEnumerable<Mixer> mixers, TRecipe recipe, string origin = "") =>
        [.. mixers.Select(mixer => new Contender<TRecipe>(mixer, recipe, origin))];
}
