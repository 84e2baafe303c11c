global using static Given;

[SequenceModel, Continuous(1), Dense(1), MeanSquaredError]
internal sealed partial class Model;

internal static class Given
{
    public static readonly Model model = null!;
    public static readonly SequenceList data = null!;
}
