namespace AarenGen.AspNetCore.Tests;

/// <summary>Two numbers in, one out.</summary>
[SequenceModel, Continuous(2), Dense(8), Aaren, Dense(1), MeanSquaredError]
internal sealed partial class SmallModel;

/// <summary>One number in, which may be missing; an output at each third token.</summary>
[SequenceModel, Continuous(1, Missing = MissingValues.CarryForward), Patch(3, 3), Dense(8), Aaren, Dense(2), MeanSquaredError]
internal sealed partial class PatchModel;
