namespace AarenGen.Serving;

/// <summary>A service did not read a token.</summary>
/// <param name="result">What became of the token; one that has no output.</param>
public sealed class StepRefusedException(StepResult result)
    : Exception(result.Message ?? "The caller gave up before the token was read.")
{
    /// <summary>What became of the token.</summary>
    public StepResult Result { get; } = result;
}
