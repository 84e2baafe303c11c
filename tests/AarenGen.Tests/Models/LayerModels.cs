namespace AarenGen.Tests.Models;

[SequenceModel, Continuous(5), Dense(12, Activation = Activation.Tanh), LayerNorm]
[Aaren(Heads = 1, Dropout = 0.3), Aaren(Heads = 12, FeedForward = 7, Norm = Norm.Post)]
[Transformer(Heads = 2, Context = 7, FeedForward = 9, Dropout = 0.1), MinGru(FeedForward = 5, Norm = Norm.Post), MinLstm(FeedForward = 6)]
[Dense(9, Activation = Activation.Relu), Dense(4, Activation = Activation.Gelu), MeanAbsoluteError]
internal sealed partial class EveryLayer;

/// <summary>Matrix multiplications without a neighbour to be fused with.</summary>
[SequenceModel, Continuous(5), LayerNorm, Dense(70, Activation = Activation.Tanh), LayerNorm]
[Dense(9, Activation = Activation.Relu), Dense(6, Activation = Activation.Gelu), MeanAbsoluteError]
internal sealed partial class NormsAndActivations;

/// <summary>A head wider than a thread block.</summary>
[SequenceModel, Continuous(2), Dense(260), Aaren(Heads = 1, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class OneWideHead;

[SequenceModel, Continuous(2), Dense(70), Aaren(Heads = 1, FeedForward = 3), Dense(2), MeanSquaredError]
internal sealed partial class OddWideHead;

[SequenceModel, Continuous(2), Dense(24), Aaren(Heads = 24, FeedForward = 8), Aaren(Heads = 8, FeedForward = 3)]
[Dense(2), Huber(Delta = 0.1)]
internal sealed partial class NarrowHeads;

/// <summary>Gated recurrences of several groups of channels.</summary>
[SequenceModel, Continuous(2), Dense(100), MinGru(FeedForward = 9, Repeat = 2, Dropout = 0.1)]
[MinLstm(FeedForward = 5, Dropout = 0.2, Norm = Norm.Post), Dense(2), MeanSquaredError]
internal sealed partial class Recurrences;

/// <summary>Convolutions over the fewest and the most tokens, first of all, between wide layers, in front of mixers and last.</summary>
[SequenceModel, Continuous(3), CausalConvolution(2), Dense(70), CausalConvolution(16, Name = "long")]
[Aaren(Heads = 7, FeedForward = 5, Repeat = 3, Convolution = 3, Norm = Norm.Post), MinGru(FeedForward = 6, Convolution = 16, Dropout = 0.2)]
[Dense(5), CausalConvolution(5), MeanSquaredError]
internal sealed partial class Convolutions;

/// <summary>Matrix multiplications in wide tiles, whose last ones are partial along all dimensions.</summary>
[SequenceModel, Continuous(3), Dense(136), Aaren(Heads = 4, FeedForward = 264, Repeat = 2)]
[Transformer(Heads = 2, Context = 20, FeedForward = 132, Norm = Norm.Post), Dense(2), MeanSquaredError]
internal sealed partial class WideProducts;

/// <summary>Wide tiles, and heads that are no multiple of four and end amid a group.</summary>
[SequenceModel, Continuous(2), Dense(148), Aaren(Heads = 37, FeedForward = 8, Forget = true), Dense(2), MeanSquaredError]
internal sealed partial class WideForgetting;

/// <summary>A convolution and a prefix attention that forgets in each block, and one that forgets alone.</summary>
[SequenceModel, Continuous(3), Dense(64), Aaren(Heads = 4, FeedForward = 32, Forget = true, Convolution = 4, Repeat = 2)]
[Aaren(Heads = 64, FeedForward = 16, Forget = true, Scores = Scores.Direct), Dense(2), MeanSquaredError]
internal sealed partial class ScannedForgetting;

/// <summary>A convolution and a prefix attention in each block, and a convolution alone: all their states combine.</summary>
[SequenceModel, Continuous(3), Dense(64), Aaren(Heads = 2, FeedForward = 32, Repeat = 2, Convolution = 4), CausalConvolution(3)]
[Dense(2), MeanSquaredError]
internal sealed partial class ScannedConvolutions;

/// <summary>Attention of many heads and of one.</summary>
[SequenceModel, Continuous(2), Dense(64), Transformer(Heads = 16, Context = 9, FeedForward = 8, Repeat = 2, Dropout = 0.2)]
[Transformer(Heads = 1, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class Attentions;

/// <summary>Attention of a head wider than a thread block.</summary>
[SequenceModel, Continuous(2), Dense(530), Transformer(Heads = 1, Context = 30, FeedForward = 4), Dense(2), MeanSquaredError]
internal sealed partial class WideAttention;

[SequenceModel, Continuous(3), Pool(Pooling.Mean), Dense(37), Transformer(Heads = 37, Context = 130, FeedForward = 4)]
[Transformer(Heads = 1, FeedForward = 4, Norm = Norm.Post), Dense(2), MeanSquaredError]
internal sealed partial class OddAttention;

/// <summary>Whoever reads normalised rows normalises them as they are loaded.</summary>
[SequenceModel, Continuous(6), Dense(20), LayerNorm, Dense(3), MeanSquaredError]
internal sealed partial class NormalizedOnLoad;

/// <summary>The first normalisation's rows go to memory.</summary>
[SequenceModel, Continuous(6), Dense(20), LayerNorm, LayerNorm, Dense(3), MeanSquaredError]
internal sealed partial class NormalizedInMemory;

/// <summary>Rows too wide for a tile's backward pass.</summary>
[SequenceModel, Continuous(6), Dense(200), LayerNorm, Dense(3), MeanSquaredError]
internal sealed partial class NormalizedWide;

[SequenceModel, Continuous(3), Dense(64), Aaren(Heads = 2, FeedForward = 128, Repeat = 2), Dense(2), MeanSquaredError]
internal sealed partial class Wide;

[SequenceModel, Weights("tiny.safetensors"), Continuous(2), Dense(2), MeanSquaredError]
internal sealed partial class Tiny;

[SequenceModel, Weights("nowhere.safetensors"), Continuous(2), Dense(2), MeanSquaredError]
internal sealed partial class NotEmbedded;

/// <summary>
/// With <see cref="CarriedChannels"/> every layer that has a state: in narrow rows, interleaved, with a head for each token.
/// </summary>
[SequenceModel, Continuous(1), Continuous(4), Categorical(3), Interleave(12), Positions(PositionKind.Learned, Length = 9)]
[Aaren(Heads = 3, FeedForward = 5, Repeat = 2, Convolution = 3), Transformer(Heads = 4, Context = 7, FeedForward = 5)]
[MinLstm(FeedForward = 5), Aaren(Heads = 12, FeedForward = 4, Forget = true)]
[Head("Each"), Dense(2), MeanSquaredError, Head("Whole"), Pool(Pooling.Mean), Dense(1), MeanSquaredError]
internal sealed partial class CarriedTokens;

/// <summary>In rows wider than a tile, of patches and channels, with a loss for whole sequences alone.</summary>
[SequenceModel, Continuous(2), ChannelIndependent, InstanceNorm(Window = 6), Patch(3, 2), Dense(72), Positions(PositionKind.Sinusoidal)]
[Aaren(Heads = 18, FeedForward = 5, Forget = true), Aaren(Heads = 2, FeedForward = 4, Norm = Norm.Post)]
[Transformer(Heads = 8, Context = 10, FeedForward = 5), MinGru(FeedForward = 6, Convolution = 16)]
[Pool(Pooling.Last), Dense(2), MeanSquaredError]
internal sealed partial class CarriedChannels;

/// <summary>The model of docs/declaring.md, which docs/weights.md has in PyTorch.</summary>
[SequenceModel, Continuous(7), Dense(64), Aaren(Heads = 4, FeedForward = 256, Repeat = 2, Forget = true, Convolution = 4), Dense(7)]
[MeanSquaredError]
internal sealed partial class NextValues;
