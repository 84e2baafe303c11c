namespace Control;

/// <summary>Learners from logged episodes: decision models that differ only in their mixer, and behaviour cloning.</summary>
internal enum Learner
{
    /// <summary>The paper's Aaren, which weighs all that it ever read.</summary>
    Aaren,

    /// <summary>An Aaren with forget gates of four heads, and a convolution.</summary>
    Forgetting,

    /// <summary>An Aaren with a forget gate a channel, and a convolution.</summary>
    ForgettingByChannel,

    Transformer,
    MinGru,
    MinLstm,

    /// <summary>A feed-forward network from an observation to the action that was logged.</summary>
    Cloning,
}

/// <summary>Names of learners.</summary>
internal static class LearnerNames
{
    /// <summary>The name on the command line.</summary>
    public static string OptionOf(Learner learner) =>
        learner == Learner.ForgettingByChannel ? "forgetting-by-channel" : learner.ToString().ToLowerInvariant();

    /// <summary>The name in reports, as the other experiments call the same mixer.</summary>
    public static string NameOf(Learner learner) => learner switch
    {
        Learner.Cloning => "behaviour cloning",
        Learner.Forgetting => "Forgetting Aaren, convolution",
        Learner.ForgettingByChannel => "Forgetting Aaren by channel, convolution",
        _ => learner.ToString(),
    };
}
