namespace AarenGen.Serving;

/// <summary>An output of a stream, for those who watch it.</summary>
/// <param name="Id">The stream's id.</param>
/// <param name="Sequence">The number of the token.</param>
/// <param name="Token">The token, InputWidth numbers.</param>
/// <param name="Output">What the model gave for it, OutputWidth numbers.</param>
public sealed record StreamOutput(string Id, long Sequence, ReadOnlyMemory<float> Token, ReadOnlyMemory<float> Output);
