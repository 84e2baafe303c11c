namespace AarenGen.Tests.Models;

/// <summary>
/// Random sequences that a model accepts: categories that it has, values that are missing where they may be, and targets that its losses
/// allow.
/// </summary>
internal static class ModelData
{
    /// <summary>
    /// Sequences of these lengths. Where they are weighted, every fourth token does not count, a quarter of the other target values are
    /// missing, and so are all values of every eighth token; but each head has targets in the first sequence.
    /// </summary>
    public static SequenceList Random<TModel>(int[] lengths, int seed, bool isWeighted = false)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var random = new Random(seed);
        var data = new SequenceList(description.InputWidth, description.TargetWidth);
        foreach (int length in lengths)
        {
            float[] tokens = Uniform(random, length * description.InputWidth), targets = Uniform(random, length * description.TargetWidth);
            for (int t = 0; t < length; t++)
            {
                foreach (MissingColumns missing in description.Tokens.Missing.Where(m => m.IsAt(t)))
                {
                    for (int i = 0; i < missing.Count; i++)
                    {
                        ref float value = ref tokens[t * description.InputWidth + missing.First + i];
                        value = random.Next(3) == 0 ? float.NaN : value;
                    }
                }
                foreach (CategoryDescription category in description.Categories.Where(c => c.IsAt(t)))
                {
                    tokens[t * description.InputWidth + category.Column] = random.Next(category.Cardinality);
                }
                for (int channel = 0; channel < description.Tokens.Channels; channel++)
                {
                    foreach (HeadDescription head in description.Heads)
                    {
                        ref float target =
                            ref targets[t * description.TargetWidth + channel * description.RowTargetWidth + head.TargetOffset];
                        target = head.TargetKind switch
                        {
                            TargetKind.Class => random.Next(head.ClassCount),
                            TargetKind.Positive => MathF.Abs(target) + 0.1f,
                            _ => target,
                        };
                    }
                }
            }
            if (isWeighted)
            {
                LeaveOut(description, targets, data.Count, new Random(seed + data.Count));
                data.Add(tokens, targets, [.. Enumerable.Range(0, length).Select(static t => t % 4 == 1 ? 0f : 1f)]);
            }
            else
            {
                data.Add(tokens, targets);
            }
        }
        return data;
    }

    private static void LeaveOut(ModelDescription description, float[] targets, int sequence, Random random)
    {
        for (int i = 0; i < targets.Length; i++)
        {
            int token = i / description.TargetWidth, column = i % description.RowTargetWidth;
            HeadDescription head = description.Heads.Single(h => column >= h.TargetOffset && column < h.TargetOffset + h.TargetWidth);
            // The first output of a stream is that of its first patch.
            bool isKept = sequence == 0 && (head.IsPerSequence || token < description.Tokens.PatchLength);
            if ((random.Next(4) == 0 || token % 8 == 6) && !isKept)
            {
                targets[i] = float.NaN;
            }
        }
    }

    /// <summary>Numbers from -1 to 1.</summary>
    public static float[] Uniform(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
}
