namespace AarenGen.Tests.Models;

[SequenceModel, Continuous(3), ChannelIndependent, InstanceNorm(Window = 5), Patch(5, 2), Dense(8)]
[Positions(PositionKind.Learned, Length = 4), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class PatchedChannels;

[SequenceModel, Continuous(2), InstanceNorm, Dense(8), Positions(PositionKind.Sinusoidal)]
[Aaren(Heads = 2, FeedForward = 8), Dense(4), MeanSquaredError]
internal sealed partial class PrefixNormalized;

[SequenceModel, Continuous(2), Patch(3, 3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(1), Huber(Delta = 0.5)]
internal sealed partial class PatchedFeatures;

/// <summary>Every third sample, alone: what a patch holds is no more than the sample.</summary>
[SequenceModel, Continuous(2), Patch(1, 3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(1), MeanSquaredError]
internal sealed partial class SomeSamples;

[SequenceModel, Continuous(2), ChannelIndependent, Patch(1, 2), Dense(8), MinGru(FeedForward = 8), Dense(1), MeanSquaredError]
internal sealed partial class SomeChannels;

[SequenceModel, Continuous(70), ChannelIndependent, Dense(4), Aaren(Heads = 2, FeedForward = 4), Dense(1), MeanAbsoluteError]
internal sealed partial class ManyChannels;

[SequenceModel, Categorical(7, Width = 5), Continuous(2), TimeEncoding(6), Continuous(3, Width = 4), Dense(8)]
[Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class JoinedInputs;

[SequenceModel, Categorical(7, Width = 8), TimeEncoding(8, LongestPeriod = 50), Continuous(3, Width = 8)]
[SumInputs, Aaren(Heads = 2, FeedForward = 8, Repeat = 2), Dense(2), MeanSquaredError]
internal sealed partial class SummedInputs;

[SequenceModel, Continuous(3), Dense(8), Aaren(Heads = 2, FeedForward = 8)]
[Head("Level", Weight = 0.5), Dense(4, Activation = Activation.Tanh), Dense(2), MeanSquaredError]
[Head("Kept"), MeanAbsoluteError]
[Head("Whole", Weight = 2), Pool(Pooling.Mean), Aaren(Heads = 2, FeedForward = 4, Repeat = 2), Dense(1)]
[MeanSquaredError]
internal sealed partial class SeveralHeads;

[SequenceModel, Continuous(3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Pool(Pooling.Last), Dense(2), MeanSquaredError]
internal sealed partial class LastToken;

[SequenceModel, Continuous(3), Dense(8), Dropout(0.3), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class DroppedOut;

[SequenceModel, Continuous(3), Head("A"), Dense(2), MeanSquaredError, Head("B"), Pool(Pooling.Mean), MeanSquaredError]
internal sealed partial class HeadsAlone;

[SequenceModel, Continuous(2), InstanceNorm(Window = 4), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(12), Quantiles(0.1, 0.5, 0.9)]
internal sealed partial class NormalizedQuantiles;

[SequenceModel, Continuous(2), InstanceNorm, Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(8), Gaussian]
internal sealed partial class NormalizedGaussian;

[SequenceModel, Continuous(2), ChannelIndependent, InstanceNorm(Window = 6), Patch(3, 2), Dense(8)]
[Aaren(Heads = 2, FeedForward = 8), Dense(6), StudentT]
internal sealed partial class NormalizedStudentT;

[SequenceModel, Continuous(2), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(3), StudentT]
internal sealed partial class PlainStudentT;

[SequenceModel, TimeEncoding(8, LongestPeriod = 100), Continuous(1), Categorical(5, Width = 4), Dense(8)]
[Aaren(Heads = 2, FeedForward = 8)]
[Head("Interval"), Dense(9), LogNormalMixture]
[Head("Mark", Weight = 0.7), Dense(5)]
[CrossEntropy(Smoothing = 0.1, ClassWeights = new[] { 1, 2, 0.5, 1, 0.25 })]
internal sealed partial class Events;

[SequenceModel, Continuous(3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Pool(Pooling.Mean), Dense(4), CrossEntropy(Smoothing = 0.05)]
internal sealed partial class Classifier;

[SequenceModel, Continuous(2), Patch(4, 3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Pool(Pooling.Mean), Dense(3), CrossEntropy]
internal sealed partial class PatchClassifier;

[SequenceModel, Continuous(1), Continuous(4), Categorical(3), Interleave(8)]
[Positions(PositionKind.Learned, Length = 9), Aaren(Heads = 2, FeedForward = 8), Dense(3), CrossEntropy]
internal sealed partial class Decisions;

[SequenceModel, Continuous(1), Continuous(4), Continuous(2), Categorical(3), TimeEncoding(8)]
[Interleave(8, Shared = 2), LayerNorm, Aaren(Heads = 2, FeedForward = 8)]
[Dense(2, Activation = Activation.Tanh), MeanSquaredError]
internal sealed partial class DecisionsInTime;

[SequenceModel, Categorical(300, Width = 70), Continuous(5, Width = 2), TimeEncoding(7, LongestPeriod = 1000)]
[Categorical(3), Continuous(4), Dense(8), Dense(2), MeanSquaredError]
internal sealed partial class LargeTable;

[SequenceModel, Continuous(2), TimeEncoding(12), Categorical(9), Interleave(12), Positions(PositionKind.Sinusoidal)]
[MinGru(FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class InterleavedTimes;

[SequenceModel, Continuous(6), Positions(PositionKind.Learned, Length = 100), Dropout(0.2)]
[Dense(30), Positions(PositionKind.Learned), MinGru, Dense(2), MeanSquaredError]
internal sealed partial class LearnedPositions;

[SequenceModel, Continuous(3), Dense(8), Aaren(Heads = 2, FeedForward = 8, Repeat = 3)]
[Head("Low", Weight = 0.5), Dense(6), Quantiles(0.1, 0.5)]
[Head("High"), Aaren(Heads = 4, FeedForward = 4, Repeat = 2), Dense(2), MeanSquaredError]
internal sealed partial class TwoLosses;
