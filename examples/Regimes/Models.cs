using AarenGen;

namespace Regimes;

// Models that differ only in their mixer: it reads a noisy number and predicts the next one.

[SequenceModel]
[Continuous(1), Dense(32)]
[Aaren(FeedForward = 64)]
[Dense(1), MeanSquaredError]
internal sealed partial class PlainAaren;

[SequenceModel]
[Continuous(1), Dense(32)]
[Aaren(FeedForward = 64, Forget = true)]
[Dense(1), MeanSquaredError]
internal sealed partial class ForgettingAaren;

[SequenceModel]
[Continuous(1), Dense(32)]
[Aaren(FeedForward = 64, Forget = true, Heads = 32, Scores = Scores.Direct, ShortestHalfLife = 0.5, LongestHalfLife = 8)]
[Dense(1), MeanSquaredError]
internal sealed partial class ForgettingAarenByChannel;

[SequenceModel]
[Continuous(1), Dense(32)]
[MinGru(FeedForward = 64)]
[Dense(1), MeanSquaredError]
internal sealed partial class Gru;

[SequenceModel]
[Continuous(1), Dense(32)]
[Transformer(FeedForward = 64, Context = LevelStream.WindowLength)]
[Dense(1), MeanSquaredError]
internal sealed partial class Attention;
