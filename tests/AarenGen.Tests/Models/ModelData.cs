namespace AarenGen.Tests.Models;

/// <summary>Random sequences that a model accepts: categories that it has, and targets that its losses allow.</summary>
internal static class ModelData
{
    /// <summary>Sequences of these lengths. Where they are weighted, every fourth token does not count.</summary>
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
                data.Add(tokens, targets, [.. Enumerable.Range(0, length).Select(static t => t % 4 == 1 ? 0f : 1f)]);
            }
            else
            {
                data.Add(tokens, targets);
            }
        }
        return data;
    }

    /// <summary>Numbers from -1 to 1.</summary>
    public static float[] Uniform(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
}
