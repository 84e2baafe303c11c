using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>
/// What must hold for every declaration: streams give what training saw, in any cut; a step allocates nothing; and gradients
/// are those of the loss, by differences.
/// </summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class ModelConsistencyTests
{
    private static readonly int[] Lengths = [13, 5, 31];

    public static TheoryData<string> Models => [.. ModelCases.NamesOf(Suite.Consistency)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Streams_training_and_gradients_agree(string model)
    {
        ModelCase own = ModelCases.Named(model);
        own.Run(new Check(own.HasDropout));
    }

    [Fact]
    public void Interleaved_modalities_share_their_columns()
    {
        // Of four columns for the widest kind, one for the category and one for the time; the category is every token's.
        Assert.Equal(6, DecisionsInTime.InputWidth);
        Assert.Equal([new CategoryDescription(4, 3, 0, 1)], DecisionsInTime.Description.Categories);
    }

    [Fact]
    public void A_class_is_learned_from_sequences_that_end_inside_a_patch()
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
    public void A_dropout_layer_changes_only_the_training_loss()
    {
        DroppedOut model = DroppedOut.Create(7);
        SequenceList data = ModelData.Random<DroppedOut>(Lengths, seed: 7, isWeighted: true);
        Assert.NotEqual(model.Evaluate(data), new GradientProbe<DroppedOut>(model, data).Loss, 1e-3);
    }

    private sealed class Check(bool hasDropout) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TModel model = SequenceModel<TModel>.Create(7);
            ModelStatistics.UseRandom(model, seed: 7);
            SequenceList data = ModelData.Random<TModel>(Lengths, seed: 7, isWeighted: true);
            CheckStreams(model, data, hasDropout);
            CheckAllocations(model, data);
            CheckGradients(model, data);
            double evaluated = model.Evaluate(data), trained = new GradientProbe<TModel>(model, data).Loss;
            double rounding = 1e-6 * Math.Max(1, Math.Abs(trained));
            if (hasDropout)
            {
                Assert.NotEqual(evaluated, trained, rounding);
            }
            else
            {
                Assert.Equal(evaluated, trained, rounding);
            }
        }
    }

    /// <summary>
    /// Step, Forward in any cut and StepMany give the same bits. Training gives the same but for rounding, where nothing is dropped.
    /// </summary>
    private static void CheckStreams<TModel>(TModel model, SequenceList data, bool hasDropout)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        TokenShape shape = description.Tokens;
        for (int i = 0; i < data.Count; i++)
        {
            int length = data.GetLength(i), width = description.InputWidth, outputWidth = description.OutputWidth;
            var tokens = new float[length * width];
            data.ReadTokens(i, tokens);
            StreamState<TModel> state = model.CreateState(), cut = model.CreateState(), other = model.CreateState();
            float[] stepped = new float[length * outputWidth], whole = new float[length * outputWidth],
                many = new float[length * outputWidth];
            int outputs = 0;
            for (int t = 0; t < length; t++)
            {
                model.Step(state, tokens.AsSpan(t * width, width), stepped.AsSpan(t * outputWidth, outputWidth));
                Assert.Equal(state.HasOutput, float.IsFinite(stepped[t * outputWidth]));
                Assert.Equal(state.HasOutput, outputs < shape.GetOutputCount(length) && shape.GetSampleIndex(outputs) == t);
                outputs += state.HasOutput ? 1 : 0;
                model.StepMany(
                    [other, cut], [.. tokens.AsSpan(t * width, width), .. tokens.AsSpan(t * width, width)], new float[2 * outputWidth]);
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
            if (hasDropout)
            {
                continue;
            }

            var single = new SequenceList(width, description.TargetWidth);
            single.Add(tokens, Targets(data, i));
            var probe = new GradientProbe<TModel>(model, single);
            float[] trained = probe.Outputs;
            int rowOutput = description.RowOutputWidth;
            var own = new float[outputWidth];
            for (int output = 0; output < outputs; output++)
            {
                for (int channel = 0; channel < shape.Channels; channel++)
                {
                    trained.AsSpan((channel * outputs + output) * rowOutput, rowOutput).CopyTo(own.AsSpan(channel * rowOutput));
                }
                // Training computes standardised outputs.
                model.Standardizer?.RestoreOutputs(own);
                for (int c = 0; c < outputWidth; c++)
                {
                    // Values of size about 1, some hundred operations of 6e-8 each.
                    float expected = stepped[shape.GetSampleIndex(output) * outputWidth + c];
                    Assert.Equal(expected, own[c], 2e-5f * Math.Max(1, Math.Abs(expected)));
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

    private static void CheckAllocations<TModel>(TModel model, SequenceList data)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var tokens = new float[data.GetLength(0) * description.InputWidth];
        data.ReadTokens(0, tokens);
        var outputs = new float[data.GetLength(0) * description.OutputWidth];
        StreamState<TModel> state = model.CreateState();
        Assert.Equal(0, Allocations.Min(() =>
        {
            state.Reset();
            for (int t = 0; t < data.GetLength(0); t++)
            {
                model.Step(
                    state, tokens.AsSpan(t * description.InputWidth, description.InputWidth), outputs.AsSpan(0, description.OutputWidth));
            }
            state.Reset();
            model.Forward(state, tokens, outputs);
        }));
    }

    /// <summary>
    /// The derivative along random directions of length 1, by central differences: off by the rounding of the loss (1e-6 of it, some
    /// operations in float) over the step, and by the step's square times the third derivative.
    /// </summary>
    private static void CheckGradients<TModel>(TModel model, SequenceList data)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
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
            Assert.True(
                Math.Abs(expected - actual) < 2e-3 * Math.Max(1, Math.Abs(actual)) + 1e-6 * Math.Abs(probe.Loss) / step,
                $"{typeof(TModel).Name} {parameter.Name}: {actual:G6}, by differences {expected:G6}");

            double At(double size)
            {
                start.CopyTo(model.Weights);
                for (int i = 0; i < direction.Length; i++)
                {
                    int at = parameter.Offset + i / parameter.Columns * parameter.RowStride + i % parameter.Columns;
                    model.Weights[at] += (float)(size * direction[i] / length);
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
