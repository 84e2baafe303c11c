namespace AarenGen.Serving.Tests.Hosting;

/// <summary>As small as can be.</summary>
[SequenceModel, Continuous(2), Dense(8), Aaren, Dense(1), MeanSquaredError]
internal sealed partial class HostedModel;
