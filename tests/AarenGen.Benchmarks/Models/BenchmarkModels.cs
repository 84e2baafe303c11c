namespace AarenGen.Benchmarks;

/// <summary>Seven features in and out, two blocks of width 64.</summary>
[SequenceModel]
[Continuous(7)]
[Dense(64)]
[Aaren(Heads = 4, FeedForward = 256, Repeat = 2)]
[Dense(7)]
[MeanSquaredError]
public sealed partial class SmallModel;

/// <summary>Seven features in and out, four blocks of width 128.</summary>
[SequenceModel]
[Continuous(7)]
[Dense(128)]
[Aaren(Heads = 8, FeedForward = 512, Repeat = 4)]
[Dense(7)]
[MeanSquaredError]
public sealed partial class MediumModel;

/// <summary>Seven features in and out, two blocks of width 512.</summary>
[SequenceModel]
[Continuous(7)]
[Dense(512)]
[Aaren(Heads = 8, FeedForward = 2048, Repeat = 2)]
[Dense(7)]
[MeanSquaredError]
public sealed partial class LargeModel;
