namespace AarenGen.Soak;

/// <summary>A streaming mixer: one row for a token and all tokens before it.</summary>
internal interface IMixer
{
    void Step(ReadOnlySpan<Bounded> x, Span<Bounded> y);
}

/// <summary>A compensated sum in float64: as exact as twice the digits. Source: Neumaier, 1974.</summary>
internal struct CompensatedSum
{
    private double sum, rest;

    public readonly double Value => sum + rest;

    public void Add(double value)
    {
        double next = sum + value;
        rest += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
        sum = next;
    }
}

/// <summary>Scores of a learned constant query, s = q·k/√P for each head.</summary>
internal sealed class QueryScores
{
    private const double LargestScore = 100;

    private readonly Linear key;
    private readonly double[] query, folded, foldedBias;
    private readonly int width, channels;
    private readonly Bounded[] keys;

    public QueryScores(WeightFile file, int heads)
    {
        key = new(file, "blocks.0.mixer.k_proj");
        width = key.Outputs;
        channels = width / heads;
        keys = new Bounded[width];
        foldedBias = new double[heads];
        var projected = new Bounded[width];
        new Linear(file, "blocks.0.mixer.q_proj").Apply([.. file["blocks.0.mixer.query"].Select(static q => new Bounded(q, 0))], projected);
        query = [.. projected.Select(static q => q.Value)];
        double[] keyWeight = file["blocks.0.mixer.k_proj.weight"], keyBias = file["blocks.0.mixer.k_proj.bias"];
        folded = new double[heads * width];
        for (int row = 0; row < width; row++)
        {
            int head = row / channels;
            foldedBias[head] += query[row] * keyBias[row] / Math.Sqrt(channels);
            for (int column = 0; column < width; column++)
            {
                folded[head * width + column] += query[row] * keyWeight[row * width + column] / Math.Sqrt(channels);
            }
        }
    }

    /// <summary>The scores of a token.</summary>
    public void Apply(ReadOnlySpan<Bounded> x, Span<Bounded> scores)
    {
        key.Apply(x, keys);
        for (int head = 0; head < scores.Length; head++)
        {
            double score = 0, error = 0, size = Math.Abs(foldedBias[head]);
            for (int c = head * channels; c < (head + 1) * channels; c++)
            {
                score += query[c] * keys[c].Value / Math.Sqrt(channels);
            }
            // The product takes the score from the token itself, by a query folded into the keys and rounded once.
            for (int c = 0; c < width; c++)
            {
                double weight = Math.Abs(folded[head * width + c]);
                error += weight * x[c].Error;
                size += weight * x[c].Size;
            }
            scores[head] = Math.Abs(score) < LargestScore ? new(score, error + (width + 4) * Bounded.Unit * size)
                : throw new SoakException($"A score of {score} is more than this reference is made for.");
        }
    }
}

/// <summary>
/// o = Σ e^s v / Σ e^s per head over all tokens so far. The sums are not rescaled: scores of the soak are small.
/// </summary>
internal sealed class AarenMixer : IMixer
{
    private const int Heads = 2;

    private readonly QueryScores queries;
    private readonly Linear value;
    private readonly int width, channels;
    private readonly Bounded[] scores = new Bounded[Heads], values;
    private readonly CompensatedSum[] weights = new CompensatedSum[Heads], numerators;

    // By e^s: errors of values, sizes of values, relative errors of e^s, and both.
    private readonly double[] valueErrors, sizes, weightedErrors, weightErrors = new double[Heads];
    private long tokens;

    public AarenMixer(WeightFile file)
    {
        queries = new(file, Heads);
        value = new(file, "blocks.0.mixer.v_proj");
        width = value.Outputs;
        channels = width / Heads;
        values = new Bounded[width];
        numerators = new CompensatedSum[width];
        valueErrors = new double[width];
        sizes = new double[width];
        weightedErrors = new double[width];
    }

    public void Step(ReadOnlySpan<Bounded> x, Span<Bounded> y)
    {
        queries.Apply(x, scores);
        value.Apply(x, values);
        tokens++;
        for (int head = 0; head < Heads; head++)
        {
            double exponential = Math.Exp(scores[head].Value), relative = Bounded.ExponentialMinusOne(scores[head].Error);
            weights[head].Add(exponential);
            weightErrors[head] += exponential * relative;
            double total = weights[head].Value, off = weightErrors[head] / total;
            for (int c = head * channels; c < (head + 1) * channels; c++)
            {
                Bounded v = values[c];
                numerators[c].Add(exponential * v.Value);
                valueErrors[c] += exponential * v.Error;
                sizes[c] += exponential * v.Size;
                weightedErrors[c] += exponential * relative * v.Size;
                double mean = numerators[c].Value / total;
                // Σ p r v / Σ p r − Σ p v for weights p with relative errors r − 1. Double sums are off by a unit per token, three times.
                double bound = valueErrors[c] / total + (weightedErrors[c] / total + off * Math.Abs(mean)) / (1 - off)
                    + (3.0 * tokens + 8) * Bounded.DoubleUnit * sizes[c] / total;
                y[c] = new(mean, bound + Bounded.Unit * (Math.Abs(mean) + bound));
            }
        }
    }
}

/// <summary>
/// o = Σ p v / Σ p per head over all tokens so far, where a token's weight p = e^s is multiplied by σ(f) at each later token.
/// </summary>
internal sealed class ForgettingMixer : IMixer
{
    /// <summary>
    /// Roundings of a token in double: of the maximum and the gate's logarithm, as large as scores and gates, and some of a weight.
    /// </summary>
    private const int Roundings = 8;

    private readonly QueryScores queries;
    private readonly Linear value, forget;
    private readonly int heads, width, channels;
    private readonly Bounded[] scores, values, forgets;
    private readonly double[] weights, numerators;

    // By weight: errors of values, sizes of values, relative errors of weights, and both; and the error of an output by the rounded β.
    private readonly double[] valueErrors, sizes, weightedErrors, weightErrors, blendErrors;
    private readonly Bounded[] outputs;

    public ForgettingMixer(WeightFile file)
    {
        forget = new(file, "blocks.0.mixer.f_proj");
        heads = forget.Outputs;
        queries = new(file, heads);
        value = new(file, "blocks.0.mixer.v_proj");
        width = value.Outputs;
        channels = width / heads;
        (scores, forgets, values, outputs) = (new Bounded[heads], new Bounded[heads], new Bounded[width], new Bounded[width]);
        (weights, weightErrors) = (new double[heads], new double[heads]);
        (numerators, valueErrors, sizes) = (new double[width], new double[width], new double[width]);
        (weightedErrors, blendErrors) = (new double[width], new double[width]);
    }

    public void Step(ReadOnlySpan<Bounded> x, Span<Bounded> y)
    {
        queries.Apply(x, scores);
        value.Apply(x, values);
        forget.Apply(x, forgets);
        for (int head = 0; head < heads; head++)
        {
            double gate = forgets[head].Value, kept = 1 / (1 + Math.Exp(-gate)), lost = 1 / (1 + Math.Exp(gate));
            double exponential = Math.Exp(scores[head].Value), relative = Bounded.ExponentialMinusOne(scores[head].Error);
            // The derivative of log σ(f) is 1 − σ(f), and at most a quarter of an error's square is added to it. Double numbers of this
            // size are rounded in the product, and this reference, which sums weights, rounds as often.
            double size = Math.Abs(scores[head].Value) + Math.Abs(gate) + 1;
            double decay = Bounded.ExponentialMinusOne(
                (lost + forgets[head].Error) * forgets[head].Error + 2 * Roundings * size * Bounded.DoubleUnit);
            weightErrors[head] = kept * ((1 + decay) * weightErrors[head] + decay * weights[head]) + exponential * relative;
            weights[head] = kept * weights[head] + exponential;
            double total = weights[head], off = weightErrors[head] / total, add = exponential / total;
            for (int c = head * channels; c < (head + 1) * channels; c++)
            {
                Bounded v = values[c];
                weightedErrors[c] = kept * ((1 + decay) * weightedErrors[c] + decay * sizes[c]) + exponential * relative * v.Size;
                valueErrors[c] = kept * valueErrors[c] + exponential * v.Error;
                sizes[c] = kept * sizes[c] + exponential * v.Size;
                numerators[c] = kept * numerators[c] + exponential * v.Value;
                double mean = numerators[c] / total, distance = v.Size + outputs[c].Size;
                // o + β (v − o): β is rounded to float32, the rest in double.
                blendErrors[c] = (1 - add) * blendErrors[c] + Bounded.Unit * add * distance + Roundings * Bounded.DoubleUnit * distance;
                double bound = valueErrors[c] / total + (weightedErrors[c] / total + off * Math.Abs(mean)) / (1 - off) + blendErrors[c];
                outputs[c] = new(mean, bound);
                y[c] = new(mean, bound + Bounded.Unit * (Math.Abs(mean) + bound));
            }
        }
    }
}

/// <summary>o = Σ softmax(q·k/√P) v per head over the last tokens.</summary>
internal sealed class TransformerMixer : IMixer
{
    private const int Heads = 2, Context = 8;

    private readonly Linear query, key, value;
    private readonly int width, channels;
    private readonly Bounded[] queries;
    private readonly Bounded[][] keys, values;
    private readonly double[] scores = new double[Context], relatives = new double[Context];
    private long tokens;

    public TransformerMixer(WeightFile file)
    {
        query = new(file, "blocks.0.mixer.q_proj");
        key = new(file, "blocks.0.mixer.k_proj");
        value = new(file, "blocks.0.mixer.v_proj");
        width = key.Outputs;
        channels = width / Heads;
        queries = new Bounded[width];
        keys = [.. Enumerable.Range(0, Context).Select(_ => new Bounded[width])];
        values = [.. Enumerable.Range(0, Context).Select(_ => new Bounded[width])];
    }

    public void Step(ReadOnlySpan<Bounded> x, Span<Bounded> y)
    {
        int slot = (int)(tokens++ % Context), count = (int)Math.Min(tokens, Context);
        query.Apply(x, queries);
        key.Apply(x, keys[slot]);
        value.Apply(x, values[slot]);
        for (int first = 0; first < width; first += channels)
        {
            double best = double.NegativeInfinity;
            for (int i = 0; i < count; i++)
            {
                double sum = 0, error = 0, size = 0;
                for (int c = first; c < first + channels; c++)
                {
                    Bounded q = queries[c], k = keys[i][c];
                    sum += q.Value * k.Value;
                    error += q.Error * k.Size + Math.Abs(q.Value) * k.Error;
                    size += q.Size * k.Size;
                }
                scores[i] = sum / Math.Sqrt(channels);
                // The product's sum; the scale; the distance from the largest score, itself as large as two scores.
                relatives[i] = (error + (channels + 6) * Bounded.Unit * size) / Math.Sqrt(channels);
                best = Math.Max(best, scores[i]);
            }
            double total = 0, off = 0;
            for (int i = 0; i < count; i++)
            {
                relatives[i] = Bounded.ExponentialMinusOne(
                    relatives[i] + (4 * (Math.Abs(scores[i]) + Math.Abs(best)) + Bounded.ExponentialUnits) * Bounded.Unit);
                scores[i] = Math.Exp(scores[i] - best);
                total += scores[i];
                off += scores[i] * relatives[i];
            }
            off /= total;
            for (int c = first; c < first + channels; c++)
            {
                double mean = 0, error = 0, size = 0, weighted = 0;
                for (int i = 0; i < count; i++)
                {
                    double share = scores[i] / total;
                    Bounded v = values[i][c];
                    mean += share * v.Value;
                    error += share * v.Error;
                    size += share * v.Size;
                    weighted += share * relatives[i] * v.Size;
                }
                double bound = error + (weighted + off * Math.Abs(mean)) / (1 - off) + (2 * Context + 8) * Bounded.Unit * size;
                y[c] = new(mean, bound);
            }
        }
    }
}

/// <summary>
/// h = keep h + add g(c), with g(c) = c + 1/2 from 0 on and σ(c) below. The product moves h from its nearer end by the smaller gate.
/// </summary>
internal abstract class GatedMixer(WeightFile file) : IMixer
{
    private readonly Linear candidate = new(file, "blocks.0.mixer.h_proj");
    private Bounded[]? candidates, states;

    public void Step(ReadOnlySpan<Bounded> x, Span<Bounded> y)
    {
        candidates ??= new Bounded[y.Length];
        states ??= new Bounded[y.Length];
        candidate.Apply(x, candidates);
        ReadGates(x);
        for (int c = 0; c < y.Length; c++)
        {
            Bounded raw = candidates[c], old = states[c];
            double g = raw.Value >= 0 ? raw.Value + 0.5 : Sigmoid(raw.Value);
            // The derivative of g is at most 1.
            double error = raw.Error + (ExponentialAndQuotient + 1) * Bounded.Unit * (g + raw.Error);
            (double add, double relative) = Gate(c);
            double keep = 1 - add, state = keep * old.Value + add * g;
            double bound = keep * old.Error + add * error
                + Math.Min(keep, add) * relative * (Math.Abs(g - old.Value) + error + old.Error)
                + 4 * Bounded.DoubleUnit * (Math.Abs(old.Value) + g);
            states[c] = new(state, bound);
            y[c] = new(state, bound + Bounded.Unit * (Math.Abs(state) + bound));
        }
    }

    /// <summary>Units by which an exponential over itself and 1 may be off: that of both, a sum and a quotient.</summary>
    protected const double ExponentialAndQuotient = 2 * Bounded.ExponentialUnits + 2;

    protected static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>Reads the inputs of the gates of a token.</summary>
    protected abstract void ReadGates(ReadOnlySpan<Bounded> x);

    /// <summary>The gate of the candidate, and the relative error bound of the smaller of both gates.</summary>
    protected abstract (double Add, double Relative) Gate(int channel);
}

/// <summary>add = σ(z).</summary>
internal sealed class MinGruMixer(WeightFile file) : GatedMixer(file)
{
    private readonly Linear update = new(file, "blocks.0.mixer.z_proj");
    private readonly Bounded[] updates = new Bounded[file["blocks.0.mixer.z_proj.bias"].Length];

    protected override void ReadGates(ReadOnlySpan<Bounded> x) => update.Apply(x, updates);

    protected override (double Add, double Relative) Gate(int channel) => (
        Sigmoid(updates[channel].Value),
        Bounded.ExponentialMinusOne(updates[channel].Error + ExponentialAndQuotient * Bounded.Unit));
}

/// <summary>keep = σ(f)/(σ(f) + σ(i)).</summary>
internal sealed class MinLstmMixer(WeightFile file) : GatedMixer(file)
{
    private readonly Linear forget = new(file, "blocks.0.mixer.f_proj"), input = new(file, "blocks.0.mixer.i_proj");
    private readonly Bounded[] forgets = new Bounded[file["blocks.0.mixer.f_proj.bias"].Length];
    private readonly Bounded[] inputs = new Bounded[file["blocks.0.mixer.i_proj.bias"].Length];

    protected override void ReadGates(ReadOnlySpan<Bounded> x)
    {
        forget.Apply(x, forgets);
        input.Apply(x, inputs);
    }

    protected override (double Add, double Relative) Gate(int channel)
    {
        Bounded f = forgets[channel], i = inputs[channel];
        double keep = Sigmoid(f.Value), add = Sigmoid(i.Value);
        // The logarithm of the smaller gate has derivatives of at most 1. The product: three exponentials, one of f − i rounded; two sums,
        // two products, a sum and a quotient, each of them in numerator and divisor.
        double rounding = 2 * (3 * Bounded.ExponentialUnits + 6) + f.Size + i.Size;
        return (add / (keep + add), Bounded.ExponentialMinusOne(f.Error + i.Error + rounding * Bounded.Unit));
    }
}
