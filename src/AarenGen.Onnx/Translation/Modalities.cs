using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>Chooses by the modality of each row, where modalities are interleaved.</summary>
internal sealed class Modalities(GraphBuilder g, int count)
{
    /// <summary>The modality at each position.</summary>
    public Tensor At(Tensor positions) => count == 1 ? positions : g.Remainder(positions, count);

    /// <summary>For each row what belongs to its modality.</summary>
    /// <param name="modalities">The modality of each row, […, 1], as <see cref="At"/> gives it.</param>
    /// <param name="of">What belongs to a modality: […, width], or [width].</param>
    public Tensor Choose(Tensor modalities, Func<int, Tensor> of)
    {
        Tensor chosen = of(0);
        for (int modality = 1; modality < count; modality++)
        {
            chosen = g.Where(g.Equal(modalities, modality), of(modality), chosen);
        }
        return chosen;
    }

    /// <summary>A condition of each column for the modality of each row.</summary>
    public Tensor Whether(Tensor modalities, Func<int, IEnumerable<bool>> of)
    {
        if (count == 1)
        {
            bool[] all = [.. of(0)];
            return g.Constant(all, all.Length);
        }
        Tensor chosen = Choose(modalities, modality =>
        {
            float[] numbers = [.. of(modality).Select(static b => b ? 1f : 0)];
            return g.Constant(numbers, numbers.Length);
        });
        return g.Cast(chosen, ElementType.Bool);
    }
}
