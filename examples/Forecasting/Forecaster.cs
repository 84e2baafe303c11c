using AarenGen;

namespace Forecasting;

/// <summary>
/// Reads one series, one token per sample, and after each forecasts the next 24 samples. Every column of a table is a separate stream
/// with the same weights.
/// </summary>
[SequenceModel]
[Continuous(SeriesFeatures.Width)]
[Dense(32)]
[Aaren(Heads = 4, FeedForward = 128, Repeat = 2, Forget = true, Convolution = 4)]
[LayerNorm]
[Dense(24)]
[MeanSquaredError]
internal sealed partial class Forecaster;
