namespace AarenGen.Tests.Models;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32, Repeat = 2), Dense(5), MeanSquaredError]
internal sealed partial class GoldenPre;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32, Repeat = 2, Norm = Norm.Post), Dense(5), MeanSquaredError]
internal sealed partial class GoldenPost;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32), Dense(5), MeanSquaredError]
internal sealed partial class GoldenOneBlock;

[SequenceModel, Continuous(1), Dense(21), Aaren(Heads = 3, FeedForward = 10, Repeat = 2, Norm = Norm.Post), Dense(1), MeanSquaredError]
internal sealed partial class GoldenOdd;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32, Repeat = 2, Norm = Norm.Post), Dense(7), CrossEntropy]
internal sealed partial class GoldenClasses;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32, Repeat = 2, Norm = Norm.Post), Dense(24), LogNormalMixture]
internal sealed partial class GoldenIntervals;

[SequenceModel, Continuous(3), Dense(16), Transformer(Heads = 4, Context = 13, FeedForward = 32, Repeat = 2), Dense(5), MeanSquaredError]
internal sealed partial class TransformerPre;

[SequenceModel, Continuous(3), Dense(16)]
[Transformer(Heads = 4, Context = 13, FeedForward = 32, Repeat = 2, Norm = Norm.Post), Dense(5), MeanSquaredError]
internal sealed partial class TransformerPost;

[SequenceModel, Continuous(3), Dense(16), MinGru(FeedForward = 32, Repeat = 2), Dense(5), MeanSquaredError]
internal sealed partial class MinGruPre;

[SequenceModel, Continuous(3), Dense(16), MinGru(FeedForward = 32, Repeat = 2, Norm = Norm.Post), Dense(5), MeanSquaredError]
internal sealed partial class MinGruPost;

[SequenceModel, Continuous(3), Dense(16), MinLstm(FeedForward = 32, Repeat = 2), Dense(5), MeanSquaredError]
internal sealed partial class MinLstmPre;

[SequenceModel, Continuous(3), Dense(16), MinLstm(FeedForward = 32, Repeat = 2, Norm = Norm.Post), Dense(5), MeanSquaredError]
internal sealed partial class MinLstmPost;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32, Repeat = 2, Convolution = 4)]
[Dense(5), MeanSquaredError]
internal sealed partial class AarenConvolution;

[SequenceModel, Continuous(3), Dense(16), Transformer(Heads = 4, Context = 13, FeedForward = 32, Repeat = 2, Convolution = 4)]
[Dense(5), MeanSquaredError]
internal sealed partial class TransformerConvolution;

[SequenceModel, Continuous(3), Dense(16), MinGru(FeedForward = 32, Repeat = 2, Convolution = 4)]
[Dense(5), MeanSquaredError]
internal sealed partial class MinGruConvolution;

[SequenceModel, Continuous(3), Dense(16), MinLstm(FeedForward = 32, Repeat = 2, Convolution = 4)]
[Dense(5), MeanSquaredError]
internal sealed partial class MinLstmConvolution;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32, Repeat = 2, Forget = true), Dense(5), MeanSquaredError]
internal sealed partial class ForgettingPre;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32, Repeat = 2, Norm = Norm.Post, Forget = true)]
[Dense(5), MeanSquaredError]
internal sealed partial class ForgettingPost;

[SequenceModel, Continuous(3), Dense(16)]
[Aaren(Heads = 16, FeedForward = 32, Repeat = 2, Forget = true, Scores = Scores.Direct, ShortestHalfLife = 0.5, LongestHalfLife = 8)]
[Dense(5), MeanSquaredError]
internal sealed partial class ForgettingDirect;

[SequenceModel, Continuous(3), Dense(16)]
[Aaren(Heads = 16, FeedForward = 32, Repeat = 2, Forget = true,
    Scores = Scores.Direct, ShortestHalfLife = 0.5, LongestHalfLife = 8, Convolution = 4)]
[Dense(5), MeanSquaredError]
internal sealed partial class ForgettingConvolution;

[SequenceModel, Continuous(1), Dense(21)]
[Aaren(Heads = 7, FeedForward = 10, Repeat = 2, Norm = Norm.Post, Forget = true,
    Scores = Scores.Direct, ShortestHalfLife = 0.5, LongestHalfLife = 8, Convolution = 4)]
[Dense(1), MeanSquaredError]
internal sealed partial class ForgettingOdd;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32, Forget = true), Dense(5), MeanSquaredError]
internal sealed partial class ForgettingOneBlock;
