global using static Given;

internal static class Given
{
    public static readonly NextValues model = NextValues.Create(1);
}

[SequenceModel, Continuous(7), Dense(64), Aaren(Heads = 4, FeedForward = 256, Repeat = 2, Forget = true, Convolution = 4), Dense(7)]
[MeanSquaredError]
internal sealed partial class NextValues;
