namespace Control;

/// <summary>Learners from logged episodes: decision models that differ only in their mixer, and behaviour cloning.</summary>
internal enum Learner
{
    Aaren,
    Transformer,
    MinGru,
    MinLstm,

    /// <summary>A feed-forward network from an observation to the action that was logged.</summary>
    Cloning,
}
