namespace AarenGen.Benchmarks;

// Models that differ only in their mixer, in two sizes.

[SequenceModel, Continuous(7), Dense(64)]
[Aaren(Heads = 4, FeedForward = 256, Repeat = 2)]
[Dense(7), MeanSquaredError]
public sealed partial class SmallPlain;

[SequenceModel, Continuous(7), Dense(64)]
[Aaren(Heads = 4, Forget = true, FeedForward = 256, Repeat = 2)]
[Dense(7), MeanSquaredError]
public sealed partial class SmallForgetting;

[SequenceModel, Continuous(7), Dense(64)]
[Aaren(Heads = 4, Forget = true, Convolution = 4, FeedForward = 256, Repeat = 2)]
[Dense(7), MeanSquaredError]
public sealed partial class SmallForgettingConvolution;

[SequenceModel, Continuous(7), Dense(64)]
[Aaren(Heads = 64, Forget = true, Scores = Scores.Direct, ShortestHalfLife = 0.5, LongestHalfLife = 8, FeedForward = 256, Repeat = 2)]
[Dense(7), MeanSquaredError]
public sealed partial class SmallByChannel;

[SequenceModel, Continuous(7), Dense(64)]
[Aaren(
    Heads = 64, Forget = true, Scores = Scores.Direct, ShortestHalfLife = 0.5, LongestHalfLife = 8, Convolution = 4,
    FeedForward = 256, Repeat = 2)]
[Dense(7), MeanSquaredError]
public sealed partial class SmallByChannelConvolution;

[SequenceModel, Continuous(7), Dense(64)]
[Transformer(Heads = 4, FeedForward = 256, Repeat = 2)]
[Dense(7), MeanSquaredError]
public sealed partial class SmallAttention;

[SequenceModel, Continuous(7), Dense(64)]
[MinGru(FeedForward = 256, Repeat = 2)]
[Dense(7), MeanSquaredError]
public sealed partial class SmallGru;

[SequenceModel, Continuous(7), Dense(64)]
[MinLstm(FeedForward = 256, Repeat = 2)]
[Dense(7), MeanSquaredError]
public sealed partial class SmallLstm;

[SequenceModel, Continuous(7), Dense(128)]
[Aaren(Heads = 4, FeedForward = 512, Repeat = 4)]
[Dense(7), MeanSquaredError]
public sealed partial class MediumPlain;

[SequenceModel, Continuous(7), Dense(128)]
[Aaren(Heads = 4, Forget = true, FeedForward = 512, Repeat = 4)]
[Dense(7), MeanSquaredError]
public sealed partial class MediumForgetting;

[SequenceModel, Continuous(7), Dense(128)]
[Aaren(Heads = 4, Forget = true, Convolution = 4, FeedForward = 512, Repeat = 4)]
[Dense(7), MeanSquaredError]
public sealed partial class MediumForgettingConvolution;

[SequenceModel, Continuous(7), Dense(128)]
[Aaren(Heads = 128, Forget = true, Scores = Scores.Direct, ShortestHalfLife = 0.5, LongestHalfLife = 8, FeedForward = 512, Repeat = 4)]
[Dense(7), MeanSquaredError]
public sealed partial class MediumByChannel;

[SequenceModel, Continuous(7), Dense(128)]
[Aaren(
    Heads = 128, Forget = true, Scores = Scores.Direct, ShortestHalfLife = 0.5, LongestHalfLife = 8, Convolution = 4,
    FeedForward = 512, Repeat = 4)]
[Dense(7), MeanSquaredError]
public sealed partial class MediumByChannelConvolution;

[SequenceModel, Continuous(7), Dense(128)]
[Transformer(Heads = 4, FeedForward = 512, Repeat = 4)]
[Dense(7), MeanSquaredError]
public sealed partial class MediumAttention;

[SequenceModel, Continuous(7), Dense(128)]
[MinGru(FeedForward = 512, Repeat = 4)]
[Dense(7), MeanSquaredError]
public sealed partial class MediumGru;

[SequenceModel, Continuous(7), Dense(128)]
[MinLstm(FeedForward = 512, Repeat = 4)]
[Dense(7), MeanSquaredError]
public sealed partial class MediumLstm;
