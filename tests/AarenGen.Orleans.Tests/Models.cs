namespace AarenGen.Orleans.Tests
{
    [SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32), Dense(2), MeanSquaredError]
    internal sealed partial class SmallModel;
}

namespace AarenGen.Orleans.Tests.Others
{
    /// <summary>Another declaration of the same name.</summary>
    [SequenceModel, Continuous(2), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(1), MeanSquaredError]
    internal sealed partial class SmallModel;
}
