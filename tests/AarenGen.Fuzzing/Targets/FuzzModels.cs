namespace AarenGen.Fuzzing;

/// <summary>Models whose weights, compiled files and checkpoints are read: every type of tensor, with as few numbers as possible.</summary>
[SequenceModel]
[Continuous(2)]
[Dense(4)]
[Aaren(Heads = 2, FeedForward = 4)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class SmallModel;

/// <summary>Whose states are read: patches, statistics, and every mixer's memory.</summary>
[SequenceModel]
[Continuous(2)]
[InstanceNorm]
[Patch(3, 2)]
[Dense(4)]
[Positions(PositionKind.Learned, Length = 5)]
[CausalConvolution(3)]
[Aaren(Heads = 2, FeedForward = 4)]
[Aaren(Heads = 2, FeedForward = 4, Forget = true, Scores = Scores.Direct, Convolution = 2)]
[Transformer(Heads = 2, FeedForward = 4, Context = 3)]
[MinGru(FeedForward = 4)]
[MinLstm(FeedForward = 4)]
[Pool(Pooling.Mean)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class StatefulModel;
