namespace AarenGen.Tests.Models;

// Models that know series. Given numbers that were standardised by hand, the same models without [Standardize] compute the same.

/// <summary><see cref="NotStandardized"/>.</summary>
[SequenceModel, Continuous(3), Standardize(PerSeries = true), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class SeriesByMean;

/// <summary><see cref="NotStandardizedHeads"/>.</summary>
[SequenceModel, Categorical(5, Width = 3), Continuous(3), TimeEncoding(6)]
[Standardize(Method = Standardization.Robust, PerSeries = true), Dense(8)]
[Aaren(Heads = 2, FeedForward = 8)]
[Head("Level", Weight = 0.5), Dense(6), Quantiles(0.1, 0.5, 0.9)]
[Head("Spread"), Dense(2), Gaussian]
[Head("Whole"), Pool(Pooling.Mean), Dense(3), StudentT]
[Head("Kind"), Dense(4), CrossEntropy]
[Head("Wait"), Dense(6), LogNormalMixture]
internal sealed partial class SeriesByQuartiles;

/// <summary><see cref="PatchedChannels"/>.</summary>
[SequenceModel, Continuous(3), ChannelIndependent, InstanceNorm(Window = 5), Patch(5, 2)]
[Standardize(Method = Standardization.MinMax, PerSeries = true)]
[Dense(8), Positions(PositionKind.Learned, Length = 4), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class SeriesInPatches;

/// <summary><see cref="Decisions"/>.</summary>
[SequenceModel, Continuous(1), Continuous(4), Categorical(3), Interleave(8), Standardize(PerSeries = true)]
[Positions(PositionKind.Learned, Length = 9), Aaren(Heads = 2, FeedForward = 8), Dense(3), CrossEntropy]
internal sealed partial class SeriesInTurn;

/// <summary>Series whose values may be missing.</summary>
[SequenceModel, Continuous(3, Missing = MissingValues.CarryForward), Standardize(PerSeries = true), Dense(8)]
[Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class SeriesWithGaps;

/// <summary>Ten columns, as small as can be.</summary>
[SequenceModel, Continuous(10), Standardize(PerSeries = true), Dense(1), MeanSquaredError]
internal sealed partial class ManySeries;
