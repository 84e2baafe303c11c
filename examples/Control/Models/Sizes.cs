namespace Control;

/// <summary>Sizes of the decision models of all environments: those of the Decision Transformer.</summary>
/// <remarks>Source: Chen et al., Decision Transformer, NeurIPS 2021, appendix A.</remarks>
internal static class Sizes
{
    /// <summary>Numbers per token between the layers.</summary>
    public const int Width = 128;

    /// <summary>Blocks.</summary>
    public const int Layers = 3;

    /// <summary>Fraction dropped in each block in training.</summary>
    public const double Dropout = 0.1;

    /// <summary>Tokens that a convolution in front of a mixer sees: a step and the token before it.</summary>
    public const int Taps = 4;

    /// <summary>Tokens of a step: return-to-go, observation, action.</summary>
    public const int TokensPerStep = 3;

    /// <summary>Steps of a training window and of a Transformer's context.</summary>
    public const int ContextSteps = 20;

    /// <summary>Tokens of a Transformer's context.</summary>
    public const int Context = ContextSteps * TokensPerStep;

    /// <summary>Learned embeddings of time steps: the longest episodes have this number of steps.</summary>
    public const int TimeSteps = 1000;
}
