using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>
/// Operations through which rows see earlier ones. What sums over time is in double, as in the library, so that a stream may be endless.
/// </summary>
internal sealed class MixerTranslator(TimeForm form, TranslationOptions options)
{
    private readonly GraphBuilder g = form.Graph;

    /// <summary>The mean of all rows so far.</summary>
    public Tensor PrefixMean(string name, Tensor x, int width)
    {
        Tensor sums = form.Recur(
            name, ofSamples: false, [new("sum", ElementType.Double, "sums of all rows", form.OfRows(width))],
            [g.Cast(x, ElementType.Double)], static (body, state, inputs) =>
            {
                Tensor sum = body.Add(state[0], inputs[0]);
                return ([sum], [sum]);
            })[0];
        return g.Cast(g.Divide(sums, g.Cast(g.Add(form.RowPositions, 1), ElementType.Double)), ElementType.Float);
    }

    /// <summary>y_t = x_t + b + Σ_j c_j x_{t−j} a channel; the weights are [width, taps], the token's own last.</summary>
    public Tensor CausalConvolution(string name, Tensor x, ParameterValues weights, ParameterValues bias)
    {
        int width = weights.Rows, taps = weights.Columns;
        Tensor all = form.WithPast(
            name, ofSamples: false, new("rows", ElementType.Float, "the last rows, the oldest first", form.OfRows(width)), x, taps - 1);
        Tensor sum = g.Add(x, g.Constant(bias.Values, width));
        for (int tap = 0; tap < taps; tap++)
        {
            float[] factors = [.. Enumerable.Range(0, width).Select(channel => weights.Values[channel * taps + tap])];
            // As many rows as x has, of which the last tap sees the own.
            Tensor rows = g.Slice(all, 1, tap, tap < taps - 1 ? tap + 1 - taps : Operators.End);
            sum = g.Add(sum, g.Multiply(AsRows(rows), g.Constant(factors, width)));
        }
        return sum;
    }

    /// <summary>
    /// o_t = Σ_{i≤t} softmax_{i≤t}(s_i) v_i a head: a maximum m of the scores, a weight w and a numerator u of e^(s − m). A weight of 0
    /// says that nothing was seen.
    /// </summary>
    public Tensor PrefixAttention(string name, Tensor values, Tensor scores, int width, int heads) => Attend(
        name, values, scores, null, width, heads, "the sums of weighted values", static (body, state, v, keep, add, weight) =>
        {
            Tensor sum = body.Add(body.Multiply(state, keep), body.Multiply(v, add));
            return (sum, body.Divide(sum, weight));
        });

    /// <summary>
    /// The same with weights of earlier rows that fade by σ(f): o ← o + β (v − o), β being the newest row's fraction of the weight.
    /// </summary>
    public Tensor ForgettingAttention(string name, Tensor values, Tensor scores, Tensor forgets, int width, int heads) => Attend(
        name, values, scores, forgets, width, heads, "the last output", static (body, state, v, _, add, weight) =>
        {
            Tensor output = body.Add(state, body.Multiply(body.Divide(add, weight), body.Subtract(v, state)));
            return (output, output);
        });

    /// <summary>o_t = Σ_i softmax_i(q_t·k_i/√P) v_i a head over the last rows.</summary>
    public Tensor CausalAttention(string name, Tensor queries, Tensor keys, Tensor values, int width, int heads, int context)
    {
        Tensor q = OfHeads(form.WithPast(name, ofSamples: false, default, queries, 0), heads, width);
        Tensor k = OfHeads(Past("keys", keys), heads, width), v = OfHeads(Past("values", values), heads, width);
        // [batch, heads, rows, rows before and these]
        Tensor scores = g.Divide(g.MatMul(q, g.Transpose(k, 0, 1, 3, 2)), Math.Sqrt(width / heads));
        Tensor weights = g.Softmax(g.Where(IsSeen(q, context), scores, double.NegativeInfinity));
        Tensor attended = g.Transpose(g.MatMul(weights, v), 0, 2, 1, 3);
        return g.Reshape(attended, [.. form.Leading, .. form.OfRows(width)]);

        Tensor Past(string role, Tensor rows) => form.WithPast(
            name, ofSamples: false, new(role, ElementType.Float, $"{role} of the last rows, the oldest first", form.OfRows(width)), rows,
            context - 1);
    }

    /// <summary>h ← h + σ(z) (g(c) − h).</summary>
    public Tensor MinGru(string name, Tensor updates, Tensor candidates, int width) =>
        Gated(name, g.Logistic(g.Cast(updates, ElementType.Double)), candidates, width);

    /// <summary>h ← h + i/(f + i) (g(c) − h); i/(f + i) = σ(ln i − ln f), which does not underflow.</summary>
    public Tensor MinLstm(string name, Tensor forgets, Tensor inputs, Tensor candidates, int width) => Gated(
        name, g.Logistic(g.Subtract(LogLogistic(inputs), LogLogistic(forgets))), candidates, width);

    private Tensor Gated(string name, Tensor gates, Tensor candidates, int width)
    {
        Tensor c = g.Cast(candidates, ElementType.Double);
        Tensor target = g.Where(g.AtLeast(c, 0), g.Add(c, 0.5), g.Logistic(c));
        Tensor outputs = form.Recur(
            name, ofSamples: false, [new("h", ElementType.Double, "the last output", form.OfRows(width))], [gates, target],
            static (body, state, inputs) =>
            {
                Tensor next = body.Add(state[0], body.Multiply(inputs[0], body.Subtract(inputs[1], state[0])));
                return ([next], [next]);
            })[0];
        return g.Cast(outputs, ElementType.Float);
    }

    /// <summary>Attention of a constant query. Update: from the state of a head's channels to the next one and the output.</summary>
    private Tensor Attend(
        string name, Tensor values, Tensor scores, Tensor? forgets, int width, int heads, string documentation,
        Func<GraphBuilder, Tensor, Tensor, Tensor, Tensor, Tensor, (Tensor State, Tensor Output)> update)
    {
        int channels = width / heads;
        List<Tensor> inputs =
        [
            g.Cast(form.ReshapeRows(scores, heads, 1), options.Sums), g.Cast(form.ReshapeRows(values, heads, channels), options.Sums),
        ];
        if (forgets is { } gates)
        {
            inputs.Add(g.Cast(LogLogistic(form.ReshapeRows(gates, heads, 1)), options.Sums));
        }
        StateShape[] states =
        [
            new("maximum", options.Sums, "the largest exponent of each head", form.OfRows(heads, 1)),
            new("weight", options.Sums, "the sum of weights of each head; 0: nothing was seen", form.OfRows(heads, 1)),
            new(forgets is null ? "sum" : "output", options.Sums, documentation, form.OfRows(heads, channels)),
        ];
        Tensor outputs = form.Recur(name, ofSamples: false, states, [.. inputs], (body, state, x) =>
        {
            // All earlier exponents fall by the logarithm of the gate.
            Tensor faded = x.Length > 2 ? body.Add(state[0], x[2]) : state[0];
            Tensor before = body.Where(body.Above(state[1], 0), faded, x[0]);
            Tensor maximum = body.Max(before, x[0]);
            Tensor keep = body.Exp(body.Subtract(before, maximum)), add = body.Exp(body.Subtract(x[0], maximum));
            Tensor weight = body.Add(body.Multiply(state[1], keep), add);
            (Tensor next, Tensor output) = update(body, state[2], x[1], keep, add, weight);
            return ([maximum, weight, next], [output]);
        })[0];
        return g.Cast(form.ReshapeRows(outputs, width), ElementType.Float);
    }

    /// <summary>ln σ(x), in double.</summary>
    private Tensor LogLogistic(Tensor x) => g.Negate(g.Softplus(g.Negate(g.Cast(x, ElementType.Double))));

    /// <summary>Rows behind each other as rows of this form.</summary>
    private Tensor AsRows(Tensor rows) => form.Leading.Length == 2 ? rows : g.Node("Squeeze", rows.Type, [rows, g.Integers(1)]);

    /// <summary>From [batch, rows, (channels,) width] to [batch, channels × heads, rows, width of a head].</summary>
    private Tensor OfHeads(Tensor rows, int heads, int width) =>
        g.Transpose(g.Reshape(rows, 0, 0, form.OfRows(1)[0] * heads, width / heads), 0, 2, 1, 3);

    /// <summary>Which rows each row sees: [batch or 1, 1, rows, rows before and these].</summary>
    private Tensor IsSeen(Tensor queries, int context)
    {
        // Row r stands at place r + context − 1, behind places before the beginning and those of the past; it sees itself and the
        // context − 1 before it, from the beginning on.
        Tensor rows = g.Reshape(g.Slice(g.Node("Shape", ElementType.Int64, [queries]), 0, 2, 3));
        Tensor row = g.Reshape(g.Range(rows), -1, 1), place = g.Range(g.Add(rows, context - 1));
        Tensor isNear = g.And(g.AtLeast(place, row), g.AtLeast(g.Add(row, context - 1), place));
        Tensor first = g.Reshape(g.Subtract(g.Scalar(ElementType.Int64, context - 1), form.RowsBefore), -1, 1, 1, 1);
        return g.And(isNear, g.AtLeast(place, first));
    }
}
