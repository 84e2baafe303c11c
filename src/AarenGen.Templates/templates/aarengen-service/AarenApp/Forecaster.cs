using AarenGen;

namespace AarenApp;

/// <summary>
/// Reads a sensor's value of each hour, missing or not, and forecasts the next one. Each stream is normalised by its own mean and
/// deviation, so that one model serves sensors of any level.
/// </summary>
[SequenceModel]
[Continuous(1, Missing = MissingValues.MeanWithIndicator)]    // a token is the value ...
[Categorical(24, Width = 8)]                                  // ... and the hour of the day
[InstanceNorm(Columns = 1)]
[Dense(32), Aaren(Forget = true, Convolution = 4)]
[Head("Next"), Dense(2), Gaussian]
public sealed partial class Forecaster;
