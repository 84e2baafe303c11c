using AarenGen;

namespace Control;

// Tokens alternate: a return-to-go, an observation of 27 numbers, an action of 8. Each has the step's number.

[SequenceModel]
[Continuous(1), Continuous(27), Continuous(8), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(8, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class AntAaren;

[SequenceModel]
[Continuous(1), Continuous(27), Continuous(8), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(Forget = true, Convolution = Sizes.Taps, Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(8, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class AntForgetting;

[SequenceModel]
[Continuous(1), Continuous(27), Continuous(8), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Aaren(
    Heads = Sizes.Width, Forget = true, ShortestHalfLife = 0.5, LongestHalfLife = 8, Scores = Scores.Direct, Convolution = Sizes.Taps,
    Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(8, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class AntForgettingByChannel;

[SequenceModel]
[Continuous(1), Continuous(27), Continuous(8), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[Transformer(Context = Sizes.Context, Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(8, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class AntTransformer;

[SequenceModel]
[Continuous(1), Continuous(27), Continuous(8), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[MinGru(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(8, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class AntMinGru;

[SequenceModel]
[Continuous(1), Continuous(27), Continuous(8), Categorical(Sizes.TimeSteps), Interleave(Sizes.Width, Shared = 1)]
[LayerNorm]
[MinLstm(Repeat = Sizes.Layers, Dropout = Sizes.Dropout)]
[LayerNorm]
[Dense(8, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class AntMinLstm;

[SequenceModel]
[Continuous(27)]
[Dense(256, Activation = Activation.Relu), Dense(256, Activation = Activation.Relu)]
[Dense(8, Activation = Activation.Tanh)]
[MeanSquaredError]
internal sealed partial class AntCloning;
