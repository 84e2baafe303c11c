global using static Given;

[SequenceModel, Continuous(3), Dense(8), Aaren(Forget = true), Dense(3), MeanSquaredError]
public sealed partial class Model;

internal static class Given
{
    public static readonly Model model = null!;
}
