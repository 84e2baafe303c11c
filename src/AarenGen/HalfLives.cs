namespace AarenGen;

/// <summary>How fast the heads of a block forget.</summary>
/// <param name="Parameter">The bias of the forget gates, by its name in files, such as <c>blocks.0.mixer.f_proj.bias</c>.</param>
/// <param name="Tokens">
/// For each head the number of tokens τ after which a weight has halved, from the bias b alone: τ = −1/log₂ σ(b), above 0; infinite for a
/// bias over some 745. What a token adds to the bias changes it at that token.
/// </param>
public sealed record HalfLives(string Parameter, IReadOnlyList<double> Tokens)
{
    internal static IReadOnlyList<HalfLives> Of(ModelDescription description, ReadOnlySpan<float> weights)
    {
        var all = new List<HalfLives>();
        foreach (ParameterDescription p in description.Parameters)
        {
            if (p.Initialization != Initialization.HalfLives)
            {
                continue;
            }
            double[] tokens = new double[p.Columns];
            for (int head = 0; head < tokens.Length; head++)
            {
                // −ln σ(b) = max(−b, 0) + ln(1 + e^{−|b|}); of a small e the logarithm's series has more digits.
                double bias = weights[p.Offset + head], e = Math.Exp(-Math.Abs(bias));
                double logarithm = e < 1e-4 ? e - e * e / 2 + e * e * e / 3 : Math.Log(1 + e);
                tokens[head] = Math.Log(2) / (Math.Max(-bias, 0) + logarithm);
            }
            all.Add(new(p.Name, tokens));
        }
        return all;
    }
}
