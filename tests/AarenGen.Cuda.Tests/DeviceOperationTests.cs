using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>Every operation on a device against the CPU, dropout's masks included: inputs, positions, mixers, shaped tokens and outputs.</summary>
[Collection(Requirements.Device)]
public sealed class DeviceOperationTests
{
    /// <summary>Lengths below, at and above those of tiles and stretches; of one sequence alone, fewer than there are parts of gradients.</summary>
    private static readonly int[][] Batches = [[40, 9, 33, 140, 12], [27]];

    [DeviceFact]
    public void Every_layer() => Check<EveryLayer>();

    [DeviceFact]
    public void Gated_recurrences_of_several_groups_of_channels() => Check<Recurrences>();

    [DeviceFact]
    public void Attention_of_many_heads_and_of_one() => Check<Attentions>();

    [DeviceFact]
    public void Attention_of_heads_wider_than_a_block() => Check<WideAttention>();

    [DeviceFact]
    public void Attention_of_odd_heads() => Check<OddAttention>();

    [DeviceFact]
    public void Joined_inputs() => Check<JoinedInputs>();

    [DeviceFact]
    public void Large_tables() => Check<LargeTable>();

    [DeviceFact]
    public void Summed_inputs() => Check<SummedInputs>();

    [DeviceFact]
    public void Interleaved_inputs() => Check<Decisions>();

    [DeviceFact]
    public void Interleaved_inputs_with_what_each_token_has() => Check<DecisionsInTime>();

    [DeviceFact]
    public void Interleaved_times_and_sinusoids() => Check<InterleavedTimes>();

    [DeviceFact]
    public void Learned_positions() => Check<LearnedPlaces>();

    [DeviceFact]
    public void Patches_of_channels() => Check<PatchedChannels>();

    [DeviceFact]
    public void Pooled_means() => Check<Classifier>();

    [DeviceFact]
    public void Pooled_patches() => Check<PatchClassifier>();

    [DeviceFact]
    public void Last_tokens() => Check<LastToken>();

    [DeviceFact]
    public void Heads_without_a_trunk() => Check<HeadsAlone>();

    [DeviceFact]
    public void Heads_of_several_kinds() => Check<SeveralHeads>();

    [DeviceFact]
    public void Events_in_time() => Check<Events>();

    [DeviceFact]
    public void Dropout() => Check<DroppedOut>();

    [DeviceFact]
    public void Denormalised_quantiles() => Check<NormalizedQuantiles>();

    [DeviceFact]
    public void Denormalised_deviations() => Check<NormalizedGaussian>();

    [DeviceFact]
    public void Denormalised_degrees_of_freedom() => Check<NormalizedStudentT>();

    [DeviceFact]
    public void Positive_scales() => Check<PlainStudentT>();

    private static void Check<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        foreach (int[] lengths in Batches)
        {
            DeviceGradientTests.Check<TModel>(Data<TModel>(lengths));
        }
    }

    /// <summary>Categories that there are, targets that losses allow, and tokens that do not count.</summary>
    private static SequenceList Data<TModel>(int[] lengths) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var random = new Random(lengths.Length);
        var data = new SequenceList(description.InputWidth, description.TargetWidth);
        foreach (int length in lengths)
        {
            float[] tokens = Uniform(random, length * description.InputWidth), targets = Uniform(random, length * description.TargetWidth);
            for (int t = 0; t < length; t++)
            {
                foreach (CategoryDescription category in description.Categories.Where(c => t % c.ModalityCount == c.Modality))
                {
                    tokens[t * description.InputWidth + category.Column] = random.Next(category.Cardinality);
                }
                for (int channel = 0; channel < description.Tokens.Channels; channel++)
                {
                    foreach (HeadDescription head in description.Heads)
                    {
                        ref float target = ref targets[t * description.TargetWidth + channel * description.RowTargetWidth + head.TargetOffset];
                        target = head.TargetKind switch
                        {
                            TargetKind.Class => random.Next(head.ClassCount),
                            TargetKind.Positive => MathF.Abs(target) + 0.1f,
                            _ => target,
                        };
                    }
                }
            }
            data.Add(tokens, targets, [.. Enumerable.Range(0, length).Select(static t => t % 4 == 1 ? 0f : 1f)]);
        }
        return data;
    }

    private static float[] Uniform(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
}

[SequenceModel, Continuous(2), Dense(100), MinGru(FeedForward = 9, Repeat = 2, Dropout = 0.1), MinLstm(FeedForward = 5, Dropout = 0.2, Norm = Norm.Post), Dense(2), MeanSquaredError]
internal sealed partial class Recurrences;

[SequenceModel, Continuous(2), Dense(64), Transformer(Heads = 16, Context = 9, FeedForward = 8, Repeat = 2, Dropout = 0.2), Transformer(Heads = 1, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class Attentions;

[SequenceModel, Continuous(2), Dense(530), Transformer(Heads = 1, Context = 30, FeedForward = 4), Dense(2), MeanSquaredError]
internal sealed partial class WideAttention;

[SequenceModel, Continuous(3), Pool(Pooling.Mean), Dense(37), Transformer(Heads = 37, Context = 130, FeedForward = 4), Transformer(Heads = 1, FeedForward = 4, Norm = Norm.Post), Dense(2), MeanSquaredError]
internal sealed partial class OddAttention;

[SequenceModel, Categorical(300, Width = 70), Continuous(5, Width = 2), TimeEncoding(7, LongestPeriod = 1000), Categorical(3), Continuous(4), Dense(8), Dense(2), MeanSquaredError]
internal sealed partial class LargeTable;

[SequenceModel, Continuous(2), TimeEncoding(12), Categorical(9), Interleave(12), Positions(PositionKind.Sinusoidal), MinGru(FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class InterleavedTimes;

[SequenceModel, Continuous(6), Positions(PositionKind.Learned, Length = 100), Dropout(0.2), Dense(30), Positions(PositionKind.Learned), MinGru, Dense(2), MeanSquaredError]
internal sealed partial class LearnedPlaces;
