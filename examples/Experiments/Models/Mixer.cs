using System.Globalization;

namespace Experiments;

/// <summary>The mixers that are compared: models differ by this one attribute.</summary>
internal enum Mixer
{
    Aaren,
    Transformer,
    MinGru,
    MinLstm,
}

/// <summary>Sizes of the blocks.</summary>
/// <param name="Width">Numbers per token between the layers.</param>
/// <param name="FeedForward">Hidden numbers of a block's feed-forward network.</param>
/// <param name="Heads">Attention heads, for mixers that have them.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Dropout">Fraction dropped in each block in training.</param>
internal sealed record Blocks(int Width, int FeedForward, int Heads, int Layers, double Dropout)
{
    /// <summary>The attribute of these blocks with a mixer.</summary>
    /// <param name="mixer">The mixer.</param>
    /// <param name="context">Tokens of a Transformer's context.</param>
    public string Attribute(Mixer mixer, int context)
    {
        string heads = mixer switch
        {
            Mixer.Aaren => $"Heads = {Heads}, ",
            Mixer.Transformer => $"Heads = {Heads}, Context = {context}, ",
            _ => "",
        };
        return string.Create(
            CultureInfo.InvariantCulture, $"[{mixer}({heads}FeedForward = {FeedForward}, Repeat = {Layers}, Dropout = {Dropout})]");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"width {Width}, feed-forward {FeedForward}, {Heads} heads, {Layers} blocks, dropout {Dropout}");
}
