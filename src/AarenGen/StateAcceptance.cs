namespace AarenGen;

/// <summary>Which states of streams a model continues (<see cref="SequenceModel{TSelf}.AcceptedStates"/>).</summary>
public enum StateAcceptance
{
    /// <summary>
    /// Those that the same weights and statistics made, in this process or another; and states that have read no token. All others are
    /// errors before anything is written.
    /// </summary>
    SameWeights,

    /// <summary>
    /// Those of any weights of the same declaration. A state then counts as one of the weights that stepped it last. Right after a short
    /// further training, whose weights still mean the same; wrong, and not noticed, with weights of another training.
    /// </summary>
    SameDeclaration,
}
