namespace AarenGen.Soak;

/// <summary>The smallest model with every part of a block, once for each mixer: the soak tests the state, not the width.</summary>
[SequenceModel]
[Continuous(2)]
[Dense(4)]
[Aaren(Heads = 2, FeedForward = 4)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class AarenModel;

/// <summary>As <see cref="AarenModel"/>, with forget gates that begin at 0.5 and 0.99.</summary>
[SequenceModel]
[Continuous(2)]
[Dense(4)]
[Aaren(Heads = 2, FeedForward = 4, Forget = true, ShortestHalfLife = 1, LongestHalfLife = 69)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class ForgettingModel;

/// <summary>As <see cref="AarenModel"/>, with forget gates that begin at 0.99 and at 1 - 7e-10, which hardly forgets.</summary>
[SequenceModel]
[Continuous(2)]
[Dense(4)]
[Aaren(Heads = 2, FeedForward = 4, Forget = true, ShortestHalfLife = 69, LongestHalfLife = 1e9)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class SlowlyForgettingModel;

/// <summary>As <see cref="AarenModel"/>, with attention over the last tokens.</summary>
[SequenceModel]
[Continuous(2)]
[Dense(4)]
[Transformer(Heads = 2, FeedForward = 4, Context = 8)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class TransformerModel;

/// <summary>As <see cref="AarenModel"/>, with a gated recurrence.</summary>
[SequenceModel]
[Continuous(2)]
[Dense(4)]
[MinGru(FeedForward = 4)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class MinGruModel;

/// <summary>As <see cref="AarenModel"/>, with two gates.</summary>
[SequenceModel]
[Continuous(2)]
[Dense(4)]
[MinLstm(FeedForward = 4)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class MinLstmModel;

/// <summary>What the services of the soak tests follow streams with: a small forecaster.</summary>
[SequenceModel]
[Continuous(3)]
[Dense(32)]
[Aaren(Heads = 4, FeedForward = 64)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class ServedModel;
