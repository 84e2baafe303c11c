namespace AarenGen.Tests.Models;

[SequenceModel, Continuous(3), ChannelIndependent, InstanceNorm(Window = 5), Patch(5, 2), Dense(8), Positions(PositionKind.Learned, Length = 4), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class PatchedChannels;

[SequenceModel, Continuous(2), InstanceNorm, Dense(8), Positions(PositionKind.Sinusoidal), Aaren(Heads = 2, FeedForward = 8), Dense(4), MeanSquaredError]
internal sealed partial class PrefixNormalized;

[SequenceModel, Continuous(2), Patch(3, 3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(1), Huber(Delta = 0.5)]
internal sealed partial class PatchedFeatures;

[SequenceModel, Continuous(70), ChannelIndependent, Dense(4), Aaren(Heads = 2, FeedForward = 4), Dense(1), MeanAbsoluteError]
internal sealed partial class ManyChannels;

[SequenceModel, Categorical(7, Width = 5), Continuous(2), TimeEncoding(6), Continuous(3, Width = 4), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class JoinedInputs;

[SequenceModel, Categorical(7, Width = 8), TimeEncoding(8, LongestPeriod = 50), Continuous(3, Width = 8), SumInputs, Aaren(Heads = 2, FeedForward = 8, Repeat = 2), Dense(2), MeanSquaredError]
internal sealed partial class SummedInputs;

[SequenceModel, Continuous(3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Head("Level", Weight = 0.5), Dense(4, Activation = Activation.Tanh), Dense(2), MeanSquaredError, Head("Kept"), MeanAbsoluteError, Head("Whole", Weight = 2), Pool(Pooling.Mean), Aaren(Heads = 2, FeedForward = 4, Repeat = 2), Dense(1), MeanSquaredError]
internal sealed partial class SeveralHeads;

[SequenceModel, Continuous(3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Pool(Pooling.Last), Dense(2), MeanSquaredError]
internal sealed partial class LastToken;

[SequenceModel, Continuous(3), Dense(8), Dropout(0.3), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class DroppedOut;

[SequenceModel, Continuous(3), Head("A"), Dense(2), MeanSquaredError, Head("B"), Pool(Pooling.Mean), MeanSquaredError]
internal sealed partial class HeadsAlone;
