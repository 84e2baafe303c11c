using AarenGen;

namespace Control;

// A token is a return-to-go, an observation of 11 numbers or an action of 3, in turn, and the step's number in each.

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
