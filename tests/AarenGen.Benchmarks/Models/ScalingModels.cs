namespace AarenGen.Benchmarks;

/// <summary>
/// What the scaling benchmark streams: the small model, and the same with a Transformer whose context holds all tokens.
/// </summary>
[SequenceModel]
[Continuous(7)]
[Dense(64)]
[Transformer(Heads = 4, FeedForward = 256, Repeat = 2, Context = 32_768)]
[Dense(7)]
[MeanSquaredError]
public sealed partial class LongTransformer;
