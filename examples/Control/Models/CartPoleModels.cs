using AarenGen;

namespace Control;

// Tokens alternate: a return-to-go, an observation of 4 numbers, an action of 1. Each has the step's number.

[SequenceModel]
[Continuous(1), Continuous(4), Continuous(1), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(1, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class CartPoleAaren;

[SequenceModel]
[Continuous(1), Continuous(4), Continuous(1), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(Forget = true, Convolution = Sizes.Taps, Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(1, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class CartPoleForgetting;

[SequenceModel]
[Continuous(1), Continuous(4), Continuous(1), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(
    Heads = Sizes.Width, Forget = true, ShortestHalfLife = 0.5, LongestHalfLife = 8, Scores = Scores.Direct, Convolution = Sizes.Taps,
    Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(1, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class CartPoleForgettingByChannel;

[SequenceModel]
[Continuous(1), Continuous(4), Continuous(1), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Transformer(Context = Sizes.Context, Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(1, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class CartPoleTransformer;

[SequenceModel]
[Continuous(1), Continuous(4), Continuous(1), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[MinGru(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(1, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class CartPoleMinGru;

[SequenceModel]
[Continuous(1), Continuous(4), Continuous(1), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[MinLstm(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(1, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class CartPoleMinLstm;

[SequenceModel]
[Continuous(4)]
[Dense(256, Activation = Activation.Relu), Dense(256, Activation = Activation.Relu)]
[Dense(1, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class CartPoleCloning;
