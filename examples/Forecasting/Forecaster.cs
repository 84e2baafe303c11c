using AarenGen;

namespace Forecasting;

/// <summary>
/// Reads one series, a token a sample, and after each forecasts the next 24 samples. Every column of a table is a stream of its own
/// through the same weights.
/// </summary>
[SequenceModel]
[Continuous(SeriesFeatures.Width)]
[Dense(32)]
[Aaren(Heads = 4, FeedForward = 128, Repeat = 2)]
[LayerNorm]
[Dense(24)]
[MeanSquaredError]
internal sealed partial class Forecaster;
