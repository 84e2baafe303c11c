namespace Experiments;

/// <summary>Sizes and training of a model in each of the four settings.</summary>
/// <param name="Name">Whose it is.</param>
/// <param name="Mixers">The mixers.</param>
/// <param name="Control">For reinforcement learning.</param>
/// <param name="Events">For events.</param>
/// <param name="Classification">For classification.</param>
/// <param name="Forecasting">For forecasting.</param>
internal sealed record PaperRecipe(
    string Name, IReadOnlyList<Mixer> Mixers, DecisionRecipe Control, EventsRecipe Events, ClassificationRecipe Classification,
    ForecastingRecipe Forecasting)
{
    /// <summary>
    /// The paper's: a plain Aaren and a Transformer, of the same sizes and training. Where the paper gives no numbers, those of the program
    /// that it builds on are taken. Optimisers decay the rate along a cosine to a hundredth, after a rise over a twentieth of the steps.
    /// </summary>
    /// <param name="epochs">Epochs instead of the recipe's; null: the recipe's.</param>
    public static PaperRecipe Paper(int? epochs) => new(
        "paper's", [new(MixerKind.Aaren), new(MixerKind.Transformer)],
        // Barhate, github.com/nikhilbarhate99/min-decision-transformer, scripts/train.py: its defaults, and its returns to reach.
        new(new(128, 512, 1, 3, 0.1), new(epochs ?? 1, 64, 1e-4, 1e-4, null) { ClipNorm = 0.25 }, epochs is null ? 200 * 100 : null,
            Rereads: true, new Dictionary<string, double> { ["hopper"] = 3600, ["halfcheetah"] = 6000, ["walker2d"] = 5000 }),
        // Bae et al., github.com/BorealisAI/meta-tpp: configs/model/thp_mix.yaml, trainer/default.yaml, callbacks/default.yaml.
        new(new(64, 64, 1, 2, 0.1), new(epochs ?? 6000, 16, 1e-4, 1e-4, 500), MarkWidth: 64, TimeWidth: 64, MaxOutputs: null),
        // Wu et al., github.com/thuml/Time-Series-Library: scripts/classification/Transformer.sh. It stops by the error on the test part;
        // here no part decides, and the last epoch counts.
        new(new(128, 256, 8, 3, 0.1), new(epochs ?? 100, 16, 1e-3, 0, null), HasPatches: false, Smoothing: 0),
        // The same library: the defaults of run.py, whose width is that of the paper's section 4.5. The input is normalised as by
        // Liu et al., Non-stationary Transformers.
        new(new(512, 2048, 8, 2, 0.1), new(epochs ?? 10, 32, 1e-4, 0, 3), ForecastingForm.Rows, Lookback: 96, Patch: 1));

    /// <summary>Ours: the recipes of this program's other commands, and of examples/Control.</summary>
    /// <param name="mixers">The mixers.</param>
    /// <param name="epochs">Epochs instead of the recipe's; null: the recipe's.</param>
    public static PaperRecipe Ours(IReadOnlyList<Mixer> mixers, int? epochs) => new(
        "ours", mixers,
        new(new(128, 512, 4, 3, 0.1), new(epochs ?? 3, 16, 1e-3, 1e-4, null) { ClipNorm = 0.25 }, null, Rereads: false,
            new Dictionary<string, double>()),
        Experiments.Events.Recipe(epochs ?? 40), Experiments.Classification.Recipe(epochs ?? 60),
        Experiments.Forecasting.Recipe(Experiments.Forecasting.DefaultPatch, epochs));
}
