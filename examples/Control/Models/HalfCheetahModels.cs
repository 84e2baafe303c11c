using AarenGen;

namespace Control;

// Tokens alternate: a return-to-go, an observation of 17 numbers, an action of 6. Each has the step's number.

[SequenceModel]
[Continuous(1), Continuous(17), Continuous(6), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(6, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HalfCheetahAaren;

[SequenceModel]
[Continuous(1), Continuous(17), Continuous(6), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(Forget = true, Convolution = Sizes.Taps, Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(6, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HalfCheetahForgetting;

[SequenceModel]
[Continuous(1), Continuous(17), Continuous(6), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(
    Heads = Sizes.Width, Forget = true, ShortestHalfLife = 0.5, LongestHalfLife = 8, Scores = Scores.Direct, Convolution = Sizes.Taps,
    Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(6, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HalfCheetahForgettingByChannel;

[SequenceModel]
[Continuous(1), Continuous(17), Continuous(6), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Transformer(Context = Sizes.Context, Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(6, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HalfCheetahTransformer;

[SequenceModel]
[Continuous(1), Continuous(17), Continuous(6), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[MinGru(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(6, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HalfCheetahMinGru;

[SequenceModel]
[Continuous(1), Continuous(17), Continuous(6), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[MinLstm(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(6, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HalfCheetahMinLstm;

[SequenceModel]
[Continuous(17)]
[Dense(256, Activation = Activation.Relu), Dense(256, Activation = Activation.Relu)]
[Dense(6, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class HalfCheetahCloning;
