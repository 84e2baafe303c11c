using AarenGen;

namespace Regimes;

/// <summary>A level that jumps, seen through noise: x_t = level_t + noise.</summary>
/// <param name="Values">The noisy numbers.</param>
/// <param name="Levels">The levels, as many.</param>
internal sealed record LevelStream(float[] Values, float[] Levels)
{
    /// <summary>Tokens of a training window.</summary>
    public const int WindowLength = 100;

    /// <summary>Standard deviations of levels and of the noise.</summary>
    private const double Spread = 2, Noise = 0.5;

    /// <summary>Probability that the level jumps at a token of a training window.</summary>
    private const double JumpProbability = 0.02;

    /// <summary>A stream whose level jumps at some tokens.</summary>
    /// <param name="random">Its random numbers.</param>
    /// <param name="length">Tokens.</param>
    /// <param name="jumps">Whether the level jumps at a token.</param>
    public static LevelStream Create(Random random, int length, Func<int, bool> jumps)
    {
        var stream = new LevelStream(new float[length], new float[length]);
        double level = Spread * Normal(random);
        for (int t = 0; t < length; t++)
        {
            level = t > 0 && jumps(t) ? Spread * Normal(random) : level;
            stream.Levels[t] = (float)level;
            stream.Values[t] = (float)(level + Noise * Normal(random));
        }
        return stream;
    }

    /// <summary>Windows to learn from: each token's target is the next number.</summary>
    /// <param name="count">Number of windows.</param>
    /// <param name="seed">Their seed.</param>
    public static SequenceList Windows(int count, int seed)
    {
        var random = new Random(seed);
        var data = new SequenceList(tokenWidth: 1, targetWidth: 1);
        for (int i = 0; i < count; i++)
        {
            float[] values = Create(random, WindowLength + 1, _ => random.NextDouble() < JumpProbability).Values;
            data.Add(values[..WindowLength], values[1..]);
        }
        return data;
    }

    /// <summary>A normally distributed number, by the method of Box and Muller.</summary>
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
