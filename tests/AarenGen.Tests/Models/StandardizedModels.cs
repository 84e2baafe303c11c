namespace AarenGen.Tests.Models;

// Models that standardise, and beside them the same ones that do not: given standardised numbers, these compute the same.

[SequenceModel, Continuous(3), Standardize, Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class Standardized;

[SequenceModel, Continuous(3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class NotStandardized;

[SequenceModel, Categorical(5, Width = 3), Continuous(3), TimeEncoding(6), Standardize(Method = Standardization.Robust), Dense(8)]
[Aaren(Heads = 2, FeedForward = 8)]
[Head("Level", Weight = 0.5), Dense(6), Quantiles(0.1, 0.5, 0.9)]
[Head("Spread"), Dense(2), Gaussian]
[Head("Whole"), Pool(Pooling.Mean), Dense(3), StudentT]
[Head("Kind"), Dense(4), CrossEntropy]
[Head("Wait"), Dense(6), LogNormalMixture]
internal sealed partial class StandardizedHeads;

[SequenceModel, Categorical(5, Width = 3), Continuous(3), TimeEncoding(6), Dense(8)]
[Aaren(Heads = 2, FeedForward = 8)]
[Head("Level", Weight = 0.5), Dense(6), Quantiles(0.1, 0.5, 0.9)]
[Head("Spread"), Dense(2), Gaussian]
[Head("Whole"), Pool(Pooling.Mean), Dense(3), StudentT]
[Head("Kind"), Dense(4), CrossEntropy]
[Head("Wait"), Dense(6), LogNormalMixture]
internal sealed partial class NotStandardizedHeads;

/// <summary><see cref="PatchedChannels"/> that standardises.</summary>
[SequenceModel, Continuous(3), ChannelIndependent, InstanceNorm(Window = 5), Patch(5, 2), Standardize(Method = Standardization.MinMax)]
[Dense(8), Positions(PositionKind.Learned, Length = 4), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class StandardizedPatches;

[SequenceModel, Continuous(3), Categorical(4, Width = 3), TimeEncoding(4), Standardize, InstanceNorm(Columns = 2), Dense(8)]
[MinGru(FeedForward = 8), Dense(8), Gaussian]
internal sealed partial class StandardizedCovariates;

[SequenceModel, Continuous(3), Categorical(4, Width = 3), TimeEncoding(4), InstanceNorm(Columns = 2), Dense(8)]
[MinGru(FeedForward = 8), Dense(8), Gaussian]
internal sealed partial class NotStandardizedCovariates;

/// <summary>Features that are not normalised, in patches.</summary>
[SequenceModel, Continuous(3), InstanceNorm(Columns = 2, Window = 4), Patch(3, 2), Dense(8), Aaren(Heads = 2, FeedForward = 8)]
[Dense(4), MeanSquaredError]
internal sealed partial class PatchedCovariates;

/// <summary><see cref="Decisions"/> that standardises: each modality has columns of its own.</summary>
[SequenceModel, Continuous(1), Continuous(4), Categorical(3), Interleave(8), Standardize]
[Positions(PositionKind.Learned, Length = 9), Aaren(Heads = 2, FeedForward = 8), Dense(3), CrossEntropy]
internal sealed partial class StandardizedDecisions;

/// <summary>Has only targets to standardise.</summary>
[SequenceModel, Categorical(6, Width = 4), Standardize, Dense(8), MinLstm(FeedForward = 8), Dense(6), StudentT]
internal sealed partial class StandardizedTargets;
