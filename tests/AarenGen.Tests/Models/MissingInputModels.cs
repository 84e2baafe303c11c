namespace AarenGen.Tests.Models;

// Models whose tokens may lack values.

[SequenceModel, Continuous(3, Missing = MissingValues.CarryForward), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(2)]
[MeanSquaredError]
internal sealed partial class CarriesForward;

[SequenceModel, Continuous(3, Missing = MissingValues.MeanWithIndicator), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(2)]
[MeanSquaredError]
internal sealed partial class IndicatesMissing;

/// <summary>Both, beside columns that are always there, raw and embedded, standardised.</summary>
[SequenceModel, Continuous(2, Missing = MissingValues.MeanWithIndicator), Categorical(5, Width = 3), Continuous(2)]
[Continuous(3, Width = 4, Missing = MissingValues.CarryForward), Continuous(1, Width = 3, Missing = MissingValues.MeanWithIndicator)]
[Standardize, Dense(8), MinGru(FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class MissingBesides;

[SequenceModel, Continuous(2, Width = 8, Missing = MissingValues.MeanWithIndicator), TimeEncoding(8)]
[Continuous(1, Width = 8, Missing = MissingValues.CarryForward), SumInputs, Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class MissingInSums;

[SequenceModel, Continuous(3, Missing = MissingValues.MeanWithIndicator), Standardize(Method = Standardization.Robust)]
[ChannelIndependent, InstanceNorm(Window = 5), Patch(5, 2), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class MissingInChannels;

[SequenceModel, Continuous(3, Missing = MissingValues.CarryForward), ChannelIndependent, InstanceNorm(Window = 5), Patch(5, 2), Dense(8)]
[Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class CarriedInChannels;

[SequenceModel, Continuous(2, Missing = MissingValues.CarryForward), Patch(3, 3), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(1)]
[Huber(Delta = 0.5)]
internal sealed partial class CarriedInPatches;

[SequenceModel, Continuous(2, Missing = MissingValues.MeanWithIndicator), Patch(3, 2), Dense(8), Aaren(Heads = 2, FeedForward = 8)]
[Dense(1), MeanSquaredError]
internal sealed partial class MissingInPatches;

/// <summary>Two columns normalised by the prefix, one only standardised, and one that is always there.</summary>
[SequenceModel, Continuous(3, Missing = MissingValues.MeanWithIndicator), Continuous(1), Standardize, InstanceNorm(Columns = 2)]
[Dense(8), MinGru(FeedForward = 8), Dense(8), Gaussian]
internal sealed partial class MissingInInstances;

[SequenceModel, Continuous(2, Missing = MissingValues.CarryForward), InstanceNorm, Dense(8), Aaren(Heads = 2, FeedForward = 8)]
[Dense(4), MeanSquaredError]
internal sealed partial class CarriedInInstances;

/// <summary>Modalities share columns, and some of them may lack values.</summary>
[SequenceModel, Continuous(2, Missing = MissingValues.CarryForward), Continuous(3, Missing = MissingValues.MeanWithIndicator)]
[Categorical(3), Continuous(1, Missing = MissingValues.CarryForward), Interleave(8, Shared = 1), Standardize]
[Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class MissingInTurn;

/// <summary><see cref="IndicatesMissing"/> with columns for its indicators.</summary>
[SequenceModel, Continuous(6), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class SixColumns;

/// <summary><see cref="CarriedInInstances"/> that refuses.</summary>
[SequenceModel, Continuous(2), InstanceNorm, Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(4), MeanSquaredError]
internal sealed partial class PrefixNormalizedWithoutPositions;

[SequenceModel, Continuous(3, Missing = MissingValues.MeanWithIndicator), Dense(2), MeanSquaredError]
internal sealed partial class LinearWithIndicators;

[SequenceModel, Continuous(3), Dense(2), MeanSquaredError]
internal sealed partial class LinearPlain;
