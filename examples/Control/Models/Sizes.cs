namespace Control;

/// <summary>What the decision models of all environments have in common: the Decision Transformer's sizes.</summary>
/// <remarks>Source: Chen et al., Decision Transformer, NeurIPS 2021, appendix A.</remarks>
internal static class Sizes
{
    /// <summary>Numbers a token between the layers.</summary>
    public const int Width = 128;

    /// <summary>Blocks.</summary>
    public const int Layers = 3;

    /// <summary>Share dropped in each block while training.</summary>
    public const double Dropout = 0.1;

    /// <summary>Tokens of a step: return-to-go, observation, action.</summary>
    public const int TokensPerStep = 3;

    /// <summary>Steps of a training window, and those that a Transformer looks back over.</summary>
    public const int ContextSteps = 20;

    /// <summary>Tokens that a Transformer looks back over.</summary>
    public const int Context = ContextSteps * TokensPerStep;

    /// <summary>Learned embeddings of time steps: the longest episodes have so many.</summary>
    public const int TimeSteps = 1000;
}
