namespace AarenGen;

/// <summary>An element-wise function applied to a layer's output.</summary>
public enum Activation
{
    /// <summary>The identity.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x Φ(x) with the exact normal distribution function (not the tanh approximation).</summary>
    Gelu,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,
}

/// <summary>Where a block normalises: before each sublayer (inside the residual) or after the residual sum.</summary>
public enum Norm
{
    /// <summary>x + f(LayerNorm(x)): trains without much care, the usual choice.</summary>
    Pre,

    /// <summary>LayerNorm(x + f(x)): the original Transformer's order.</summary>
    Post,
}

/// <summary>A fully connected layer, applied to each token: y = activation(W x + b).</summary>
/// <param name="units">Numbers per token after the layer, 1 to 65,536.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class DenseAttribute(int units) : LayerAttribute
{
    /// <summary>Numbers per token after the layer.</summary>
    public int Units { get; } = units;

    /// <summary>The function applied to the result; <see cref="Activation.None"/> by default.</summary>
    public Activation Activation { get; set; }
}

/// <summary>
/// A residual block: a mixer, through which tokens see earlier ones, and a feed-forward network (exact GELU), each with a residual and a
/// LayerNorm. Blocks of different attributes differ only in their mixer.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public abstract class BlockAttribute : LayerAttribute
{
    /// <summary>Width of the feed-forward network's hidden layer, 1 to 65,536; four times the layer's width by default.</summary>
    public int FeedForward { get; set; }

    /// <summary>Number of such blocks, one after another, each with its own parameters, 1 to 1,024. 1 by default.</summary>
    public int Repeat { get; set; } = 1;

    /// <summary>Where the block normalises; <see cref="Norm.Pre"/> by default.</summary>
    public Norm Norm { get; set; }

    /// <summary>
    /// Fraction of the values set to zero at the end of both residual branches while training, 0 (the default) to below 1; the rest
    /// is scaled up to keep the mean. Inference is unaffected.
    /// </summary>
    public double Dropout { get; set; }

    /// <summary>
    /// Number of tokens that a causal convolution in front of the mixer sees, the token itself included, 2 to 16; 0, the default, leaves it
    /// out. The mixer then reads what <see cref="CausalConvolutionAttribute"/> makes of its input, so that it distinguishes the order of
    /// neighbouring tokens.
    /// </summary>
    public int Convolution { get; set; }
}

/// <summary>Where the scores of an Aaren layer come from.</summary>
public enum Scores
{
    /// <summary>A learned query and the projection of the token to a key, as in the paper: s = q·k/√P.</summary>
    Query,

    /// <summary>A linear map of the token with a score for each head, which starts at weight 0: s = w_s·x + b_s.</summary>
    Direct,
}

/// <summary>
/// A block of Aaren, attention with a learned constant query. A stream takes constant memory and time per token. As the paper has it, it
/// weighs all that a stream ever held and so changes ever less; with <see cref="Forget"/> the weight of earlier tokens fades.
/// </summary>
/// <remarks>
/// Sources: Feng et al., Attention as an RNN, arXiv 2405.13956; the forget gate: Lin et al., Forgetting Transformer, arXiv 2503.02130.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class AarenAttribute : BlockAttribute
{
    /// <summary>
    /// Attention heads; must divide the width of the layer's input, and may be as many. 4 by default.
    /// </summary>
    public int Heads { get; set; } = 4;

    /// <summary>
    /// Whether each head has a forget gate: at token t it multiplies the weights of all earlier tokens by σ(w_f·x_t + b_f). False by
    /// default: the paper's model.
    /// </summary>
    public bool Forget { get; set; }

    /// <summary>
    /// The number of tokens after which the first head's gate halves a weight, before training, 0.01 to 1e9; the heads' half-lives run
    /// geometrically from it to <see cref="LongestHalfLife"/>. 1 by default. Only with <see cref="Forget"/>.
    /// </summary>
    public double ShortestHalfLife { get; set; } = 1;

    /// <summary>
    /// The number of tokens after which the last head's gate halves a weight, before training, <see cref="ShortestHalfLife"/> to 1e9. By
    /// default 64, or <see cref="ShortestHalfLife"/> where that is longer. A single head starts at the geometric mean of both. Only with
    /// <see cref="Forget"/>.
    /// </summary>
    public double LongestHalfLife { get; set; } = 64;

    /// <summary>Where scores come from; <see cref="Scores.Query"/> by default.</summary>
    public Scores Scores { get; set; }
}

/// <summary>
/// A block of causal attention over the last tokens, as in a Transformer's decoder, without positions. A stream keeps the keys and
/// values of <see cref="Context"/> tokens, 8 · context · width bytes; its time per token grows with the tokens kept.
/// </summary>
/// <remarks>Source: Vaswani et al., Attention Is All You Need, arXiv 1706.03762.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class TransformerAttribute : BlockAttribute
{
    /// <summary>Attention heads; must divide the width of the layer's input. 4 by default.</summary>
    public int Heads { get; set; } = 4;

    /// <summary>
    /// Number of tokens that a token attends to, itself included, 1 to 65,536; 512 by default. It applies to training and streaming alike,
    /// so that both compute the same.
    /// </summary>
    public int Context { get; set; } = 512;
}

/// <summary>
/// A block of minGRU: h_t = (1 − z) h_{t−1} + z g(c), update gate z and candidate c that depend only on the token. A stream
/// takes constant memory and time per token.
/// </summary>
/// <remarks>Source: Feng et al., Were RNNs All We Needed?, arXiv 2410.01201.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class MinGruAttribute : BlockAttribute;

/// <summary>
/// A block of minLSTM: h_t = f/(f + i) h_{t−1} + i/(f + i) g(c), forget gate f, input gate i and candidate c depending on the token
/// alone. A stream takes constant memory and time per token.
/// </summary>
/// <remarks>Source: Feng et al., Were RNNs All We Needed?, arXiv 2410.01201.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class MinLstmAttribute : BlockAttribute;

/// <summary>
/// A causal depth-wise convolution over time with a residual: y_t = x_t + b + Σ_j c_j x_{t−j} for each number of a token, j from 0 to
/// taps − 1, with zeros before the first token. A stream keeps taps − 1 rows. Weights are [width, taps], the token's own last, as in
/// PyTorch's Conv1d, whose shape [width, 1, taps] is read, too; they start uniformly within ±1/√taps, and the bias at 0.
/// </summary>
/// <param name="taps">Number of tokens that a token sees, itself included, 2 to 16.</param>
/// <remarks>
/// Source: the short convolution in front of the recurrence of Gu and Dao, Mamba, arXiv 2312.00752; the residual is an addition.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class CausalConvolutionAttribute(int taps) : LayerAttribute
{
    /// <summary>Number of tokens that a token sees, itself included.</summary>
    public int Taps { get; } = taps;
}

/// <summary>
/// Layer normalisation of each token over its values, with a learned scale and shift (ε = 1e-5).
/// Source: Ba, Kiros and Hinton, arXiv 1607.06450.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class LayerNormAttribute : LayerAttribute;

/// <summary>How a token's position in its sequence is encoded.</summary>
public enum PositionKind
{
    /// <summary>Sines and cosines, for sequences of any length. Source: Vaswani et al. 2017, section 3.5.</summary>
    Sinusoidal,

    /// <summary>A learned row per position; tokens past <see cref="PositionsAttribute.Length"/> use the last one.</summary>
    Learned,
}

/// <summary>
/// Adds to each token an encoding of its position in the sequence. Without it, Aaren and attention do not distinguish the order of tokens.
/// </summary>
/// <param name="kind">Sines and cosines, or learned rows.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class PositionsAttribute(PositionKind kind) : LayerAttribute
{
    /// <summary>Sines and cosines, or learned rows.</summary>
    public PositionKind Kind { get; } = kind;

    /// <summary>Number of learned rows, 1 to 65,536. 512 by default.</summary>
    public int Length { get; set; } = 512;
}

/// <summary>
/// Sets a random fraction of the values to zero while training and scales up the rest to keep the mean. Inference is unaffected.
/// </summary>
/// <param name="rate">The fraction, 0 to below 1.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class DropoutAttribute(double rate) : LayerAttribute
{
    /// <summary>The fraction.</summary>
    public double Rate { get; } = rate;
}

/// <summary>How a sequence becomes one row.</summary>
public enum Pooling
{
    /// <summary>The row of its last token.</summary>
    Last,

    /// <summary>The mean of its tokens' rows.</summary>
    Mean,
}

/// <summary>
/// Makes one row of a whole sequence. The layers behind it are trained only at the last token. A stream gives the row of the sequence so
/// far at every token.
/// </summary>
/// <param name="pooling">Its last token, or the mean of its tokens.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class PoolAttribute(Pooling pooling) : LayerAttribute
{
    /// <summary>Its last token, or the mean of its tokens.</summary>
    public Pooling Pooling { get; } = pooling;
}
