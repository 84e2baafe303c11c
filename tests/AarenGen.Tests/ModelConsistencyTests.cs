using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>
/// What must hold for every declaration: streams give what training saw, in any cut; a step allocates nothing; and gradients
/// are those of the loss, by differences.
/// </summary>
public sealed class ModelConsistencyTests
{
    private static readonly int[] Lengths = [13, 5, 31];

    [Fact]
    public void Patches_of_normalised_channels() => Check<PatchedChannels>();

    [Fact]
    public void Normalised_by_the_prefix() => Check<PrefixNormalized>();

    [Fact]
    public void Patches_of_features() => Check<PatchedFeatures>();

    [Fact]
    public void More_channels_than_a_pass_has_rows() => Check<ManyChannels>();

    [Fact]
    public void Inputs_side_by_side() => Check<JoinedInputs>();

    [Fact]
    public void Inputs_summed() => Check<SummedInputs>();

    [Fact]
    public void Several_heads() => Check<SeveralHeads>();

    [Fact]
    public void Last_token() => Check<LastToken>();

    [Fact]
    public void Heads_without_trunk() => Check<HeadsAlone>();

    [Fact]
    public void Normalised_quantiles() => Check<NormalizedQuantiles>();

    [Fact]
    public void Normalised_gaussian() => Check<NormalizedGaussian>();

    [Fact]
    public void Normalised_student_t() => Check<NormalizedStudentT>();

    [Fact]
    public void Student_t() => Check<PlainStudentT>();

    [Fact]
    public void Event_stream() => Check<Events>();

    [Fact]
    public void Classes_of_sequences() => Check<Classifier>();

    [Fact]
    public void Kinds_of_tokens_in_turn() => Check<Decisions>();

    [Fact]
    public void Kinds_of_tokens_in_turn_and_what_each_has()
    {
        Check<DecisionsInTime>();
        // Of four columns for the widest kind, one for the category and one for the time; the category is every token's.
        Assert.Equal(6, DecisionsInTime.InputWidth);
        Assert.Equal([new CategoryDescription(4, 3, 0, 1)], DecisionsInTime.Description.Categories);
    }

    [Fact]
    public void A_class_is_learned_from_sequences_that_end_amid_a_patch()
    {
        var data = new SequenceList(2, 1);
        for (int i = 0; i < 60; i++)
        {
            // 4 + 3 k samples would end with a patch.
            data.Add([.. StreamingTests.Random(2 * (5 + i % 10), i).Select(x => x + i % 3 * 3)], [i % 3]);
        }
        PatchClassifier model = PatchClassifier.Create(1);
        model.Fit(data, options: new TrainingOptions { Epochs = 30, Threads = 1, LearningRate = 1e-2 });
        Assert.InRange(model.Evaluate(data), 0, 0.1);
    }

    [Fact]
    public void A_layer_of_dropout_has_the_gradients_of_what_it_kept()
    {
        DroppedOut model = DroppedOut.Create(7);
        SequenceList data = Data<DroppedOut>(Lengths);
        CheckGradients(model, data);
        Assert.NotEqual(model.Evaluate(data), new GradientProbe<DroppedOut>(model, data).Loss, 1e-3);
    }

    internal static void Check<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(7);
        SequenceList data = Data<TModel>(Lengths);
        CheckStreams(model, data);
        CheckAllocations(model, data);
        CheckGradients(model, data);
        double evaluated = model.Evaluate(data), trained = new GradientProbe<TModel>(model, data).Loss;
        Assert.Equal(evaluated, trained, 1e-6 * Math.Max(1, Math.Abs(trained)));
    }

    private static SequenceList Data<TModel>(int[] lengths) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var data = new SequenceList(description.InputWidth, description.TargetWidth);
        foreach (int length in lengths)
        {
            float[] tokens = StreamingTests.Random(length * description.InputWidth, length);
            float[] targets = StreamingTests.Random(length * description.TargetWidth, -length);
            for (int t = 0; t < length; t++)
            {
                foreach (CategoryDescription category in description.Categories)
                {
                    if (t % category.ModalityCount == category.Modality)
                    {
                        tokens[t * description.InputWidth + category.Column] = (t * 5 + length) % category.Cardinality;
                    }
                }
                for (int channel = 0; channel < description.Tokens.Channels; channel++)
                {
                    foreach (HeadDescription head in description.Heads)
                    {
                        ref float target = ref targets[t * description.TargetWidth + channel * description.RowTargetWidth + head.TargetOffset];
                        target = head.TargetKind switch
                        {
                            TargetKind.Class => (t * 3 + length) % head.ClassCount,
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

    /// <summary>Step, Forward in any cut and StepMany give the same bits; training gives the same but for rounding.</summary>
    private static void CheckStreams<TModel>(TModel model, SequenceList data) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        TokenShape shape = description.Tokens;
        for (int i = 0; i < data.Count; i++)
        {
            int length = data.GetLength(i), width = description.InputWidth, outputWidth = description.OutputWidth;
            var tokens = new float[length * width];
            data.ReadTokens(i, tokens);
            StreamState<TModel> state = model.CreateState(), cut = model.CreateState(), other = model.CreateState();
            float[] stepped = new float[length * outputWidth], whole = new float[length * outputWidth], many = new float[length * outputWidth];
            int outputs = 0;
            for (int t = 0; t < length; t++)
            {
                model.Step(state, tokens.AsSpan(t * width, width), stepped.AsSpan(t * outputWidth, outputWidth));
                Assert.Equal(state.HasOutput, float.IsFinite(stepped[t * outputWidth]));
                Assert.Equal(state.HasOutput, outputs < shape.GetOutputCount(length) && shape.GetSampleIndex(outputs) == t);
                outputs += state.HasOutput ? 1 : 0;
                model.StepMany([other, cut], [.. tokens.AsSpan(t * width, width), .. tokens.AsSpan(t * width, width)], new float[2 * outputWidth]);
            }
            Assert.Equal(shape.GetOutputCount(length), outputs);
            cut.Reset();
            int first = length / 3 + 1;
            model.Forward(cut, tokens.AsSpan(0, first * width), whole.AsSpan(0, first * outputWidth));
            model.Forward(cut, tokens.AsSpan(first * width), whole.AsSpan(first * outputWidth));
            Assert.Equal(stepped, whole);
            other.Reset();
            for (int t = 0; t < length; t++)
            {
                var pair = new float[2 * outputWidth];
                // A stream that began earlier, so that its patches are full at other times.
                StreamState<TModel> ahead = model.CreateState();
                model.Forward(ahead, tokens.AsSpan(0, t % 3 * width), new float[t % 3 * outputWidth]);
                model.StepMany([ahead, other], [.. tokens.AsSpan(t % 3 * width, width), .. tokens.AsSpan(t * width, width)], pair);
                pair.AsSpan(outputWidth).CopyTo(many.AsSpan(t * outputWidth));
            }
            Assert.Equal(stepped, many);

            var single = new SequenceList(width, description.TargetWidth);
            single.Add(tokens, Targets(data, i));
            var probe = new GradientProbe<TModel>(model, single);
            float[] trained = probe.Outputs;
            int rowOutput = description.RowOutputWidth;
            for (int output = 0; output < outputs; output++)
            {
                for (int channel = 0; channel < shape.Channels; channel++)
                {
                    for (int c = 0; c < rowOutput; c++)
                    {
                        // Values of size about 1, some hundred operations of 6e-8 each.
                        float expected = stepped[shape.GetSampleIndex(output) * outputWidth + channel * rowOutput + c];
                        Assert.Equal(expected, trained[(channel * outputs + output) * rowOutput + c], 2e-5f * Math.Max(1, Math.Abs(expected)));
                    }
                }
            }
        }
    }

    private static float[] Targets(SequenceList data, int index)
    {
        var targets = new float[data.GetLength(index) * data.TargetWidth];
        for (int t = 0; t < data.GetLength(index); t++)
        {
            data.ReadTarget(index, t, targets.AsSpan(t * data.TargetWidth, data.TargetWidth));
        }
        return targets;
    }

    private static void CheckAllocations<TModel>(TModel model, SequenceList data) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var tokens = new float[data.GetLength(0) * description.InputWidth];
        data.ReadTokens(0, tokens);
        var outputs = new float[data.GetLength(0) * description.OutputWidth];
        StreamState<TModel> state = model.CreateState();
        // The runtime itself may allocate when it compiles a method anew, once: what the model allocates, it allocates each time.
        long least = long.MaxValue;
        for (int repetition = 0; repetition < 5; repetition++)
        {
            state.Reset();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int t = 0; t < data.GetLength(0); t++)
            {
                model.Step(state, tokens.AsSpan(t * description.InputWidth, description.InputWidth), outputs.AsSpan(0, description.OutputWidth));
            }
            state.Reset();
            model.Forward(state, tokens, outputs);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    /// <summary>
    /// The slope along random directions of length 1, by central differences: off by the rounding of the loss (1e-6 of it, some
    /// operations in float) over the step, and by the step's square times the third derivative.
    /// </summary>
    private static void CheckGradients<TModel>(TModel model, SequenceList data) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        const double step = 1e-2;
        ModelDescription description = SequenceModel<TModel>.Description;
        var probe = new GradientProbe<TModel>(model, data);
        float[] start = model.Weights.ToArray();
        foreach (ParameterDescription parameter in description.Parameters)
        {
            float[] gradient = probe.Gradient(parameter), direction = StreamingTests.Random(gradient.Length, gradient.Length);
            double length = Math.Sqrt(direction.Sum(static d => (double)d * d));
            double expected = (At(step) - At(-step)) / (2 * step);
            double actual = gradient.Zip(direction, (g, d) => g * d / length).Sum();
            Assert.True(Math.Abs(expected - actual) < 2e-3 * Math.Max(1, Math.Abs(actual)) + 1e-6 * Math.Abs(probe.Loss) / step, $"{typeof(TModel).Name} {parameter.Name}: {actual:G6}, by differences {expected:G6}");

            double At(double size)
            {
                start.CopyTo(model.Weights);
                for (int i = 0; i < direction.Length; i++)
                {
                    model.Weights[parameter.Offset + i / parameter.Columns * parameter.RowStride + i % parameter.Columns] += (float)(size * direction[i] / length);
                }
                model.WeightsChanged();
                double loss = new GradientProbe<TModel>(model, data).Loss;
                start.CopyTo(model.Weights);
                model.WeightsChanged();
                return loss;
            }
        }
    }
}
