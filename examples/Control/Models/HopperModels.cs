using AarenGen;

namespace Control;

// Tokens alternate: a return-to-go, an observation of 11 numbers, an action of 3. Each has the step's number.

[SequenceModel]
[Continuous(1), Continuous(11), Continuous(3), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(3, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HopperAaren;

[SequenceModel]
[Continuous(1), Continuous(11), Continuous(3), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(Forget = true, Convolution = Sizes.Taps, Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(3, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HopperForgetting;

[SequenceModel]
[Continuous(1), Continuous(11), Continuous(3), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(
    Heads = Sizes.Width, Forget = true, ShortestHalfLife = 0.5, LongestHalfLife = 8, Scores = Scores.Direct, Convolution = Sizes.Taps,
    Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(3, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HopperForgettingByChannel;

[SequenceModel]
[Continuous(1), Continuous(11), Continuous(3), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Transformer(Context = Sizes.Context, Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(3, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HopperTransformer;

[SequenceModel]
[Continuous(1), Continuous(11), Continuous(3), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[MinGru(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(3, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HopperMinGru;

[SequenceModel]
[Continuous(1), Continuous(11), Continuous(3), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[MinLstm(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(3, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HopperMinLstm;

[SequenceModel]
[Continuous(11)]
[Dense(256, Activation = Activation.Relu), Dense(256, Activation = Activation.Relu)]
[Dense(3, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HopperCloning;
