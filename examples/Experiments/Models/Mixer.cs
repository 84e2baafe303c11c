using System.Globalization;

namespace Experiments;

/// <summary>The kinds of mixers that are compared.</summary>
internal enum MixerKind
{
    /// <summary>The paper's Aaren, which weighs all tokens of a stream.</summary>
    Aaren,

    /// <summary>An Aaren with a forget gate a head, whose half-lives begin at 1 to 64 tokens.</summary>
    Forgetting,

    /// <summary>An Aaren with a forget gate a channel, direct scores, and half-lives that begin at ½ to 8 tokens.</summary>
    ForgettingByChannel,

    /// <summary>Causal attention.</summary>
    Transformer,

    /// <summary>minGRU.</summary>
    MinGru,

    /// <summary>minLSTM.</summary>
    MinLstm,
}

/// <summary>A mixer to compare: models differ by the attribute of this one.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="HasConvolution">Whether a causal convolution over <see cref="Taps"/> tokens is in front of it.</param>
internal sealed record Mixer(MixerKind Kind, bool HasConvolution = false)
{
    /// <summary>Tokens that a convolution sees.</summary>
    private const int Taps = 4;

    private const string AllName = "all", ConvolutionSuffix = "+convolution";

    private static readonly (MixerKind Kind, string Option, string Name)[] names =
    [
        (MixerKind.Aaren, "aaren", "Aaren"),
        (MixerKind.Forgetting, "forgetting", "Forgetting Aaren"),
        (MixerKind.ForgettingByChannel, "forgetting-by-channel", "Forgetting Aaren by channel"),
        (MixerKind.Transformer, "transformer", "Transformer"),
        (MixerKind.MinGru, "mingru", "MinGru"),
        (MixerKind.MinLstm, "minlstm", "MinLstm"),
    ];

    /// <summary>All mixers, each without a convolution and with one.</summary>
    public static IReadOnlyList<Mixer> All { get; } =
        [.. names.SelectMany(static n => (Mixer[])[new(n.Kind), new(n.Kind, HasConvolution: true)])];

    /// <summary>The names that the command line knows.</summary>
    public static string Options { get; } = $"{string.Join(", ", names.Select(static n => n.Option))}; each also with {ConvolutionSuffix}; "
        + AllName;

    /// <summary>The mixers that a name of the command line stands for; null: none.</summary>
    public static IReadOnlyList<Mixer>? Find(string option)
    {
        if (option.Equals(AllName, StringComparison.OrdinalIgnoreCase))
        {
            return All;
        }
        bool convolves = option.EndsWith(ConvolutionSuffix, StringComparison.OrdinalIgnoreCase);
        string kind = convolves ? option[..^ConvolutionSuffix.Length] : option;
        int index = Array.FindIndex(names, n => n.Option.Equals(kind, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? null : [new(names[index].Kind, convolves)];
    }

    /// <summary>The attribute of blocks with this mixer.</summary>
    /// <param name="blocks">Their sizes.</param>
    /// <param name="context">Tokens of a Transformer's context.</param>
    public string Attribute(Blocks blocks, int context)
    {
        string form = Kind switch
        {
            MixerKind.Aaren => $"Aaren(Heads = {blocks.Heads}, ",
            MixerKind.Forgetting => $"Aaren(Heads = {blocks.Heads}, Forget = true, ",
            MixerKind.ForgettingByChannel => $"Aaren(Heads = {blocks.Width}, Forget = true, ShortestHalfLife = 0.5, LongestHalfLife = 8, "
                + "Scores = Scores.Direct, ",
            MixerKind.Transformer => $"Transformer(Heads = {blocks.Heads}, Context = {context}, ",
            _ => $"{Kind}(",
        };
        string convolution = HasConvolution ? $"Convolution = {Taps}, " : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"[{form}{convolution}FeedForward = {blocks.FeedForward}, Repeat = {blocks.Layers}, Dropout = {blocks.Dropout})]");
    }

    /// <summary>The name in reports.</summary>
    public override string ToString() =>
        Array.Find(names, n => n.Kind == Kind).Name + (HasConvolution ? ", convolution" : "");
}

/// <summary>Sizes of the blocks.</summary>
/// <param name="Width">Numbers per token between the layers.</param>
/// <param name="FeedForward">Hidden numbers of a block's feed-forward network.</param>
/// <param name="Heads">Attention heads, for mixers that have them.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Dropout">Fraction dropped in each block in training.</param>
internal sealed record Blocks(int Width, int FeedForward, int Heads, int Layers, double Dropout)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"width {Width}, feed-forward {FeedForward}, {Heads} heads, {Layers} blocks, dropout {Dropout}");
}
