using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>Chunks of sequences in every test model: they are the whole sequence, cut, and their gradients stop where it is cut.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class CarryStateTests
{
    public static TheoryData<string> Models => [.. ModelCases.NamesOf(Suite.Consistency)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Chunks_are_the_whole_sequence_cut(string model)
    {
        ModelCase own = ModelCases.Named(model);
        own.Run(new Cut(own.HasDropout));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_chunks_gradients_are_the_derivatives_of_its_loss_with_its_state_fixed(string model) =>
        ModelCases.Named(model).Run(new Derivatives());

    private sealed class Cut(bool hasDropout) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TModel model = SequenceModel<TModel>.Create(7);
            TokenShape shape = SequenceModel<TModel>.Description.Tokens;
            // Ended at different chunks; the last chunk of some is a single token.
            SequenceList data = ModelData.Random<TModel>([31, 29, 13, 5], seed: 7, isWeighted: true);
            foreach (int tokens in (int[])[1, 2, 7, 14, 31, 40])
            {
                var chunks = new SequenceChunks(Math.Max(tokens, SequenceChunks.MinTokens(shape)));
                CheckEvaluation(model, data, chunks);
                if (!hasDropout)
                {
                    CheckOutputs(model, data, chunks);
                }
            }
        }
    }

    /// <summary>Outputs are equal bit for bit, losses up to the rounding of sums in double, and streams go on from the states.</summary>
    private static void CheckOutputs<TModel>(TModel model, SequenceList data, SequenceChunks chunks)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        TokenShape shape = description.Tokens;
        int width = description.RowOutputWidth, channels = shape.Channels;
        var whole = new GradientProbe<TModel>(model, data);
        var states = new CarriedStates<TModel>(data.Count);
        int[] lengths = [.. Enumerable.Range(0, data.Count).Select(data.GetLength)];
        var outputs = new float[whole.Outputs.Length];
        double loss = 0, weight = 0;
        for (int chunk = 0; chunk < lengths.Max(l => chunks.Count(shape, l)); chunk++)
        {
            var part = new GradientProbe<TModel>(model, data, 0, chunks, chunk, states);
            states.Advance();
            loss += part.Loss * (part.Weight == 0 ? 1 : part.Weight);
            weight += part.Weight;
            int row = 0, start = 0;
            foreach (int length in lengths)
            {
                int all = shape.GetOutputCount(length);
                if (chunks.Count(shape, length) > chunk)
                {
                    (int first, int count) = chunks.Outputs(shape, length, chunk);
                    Assert.True(count > 0);
                    for (int channel = 0; channel < channels; channel++)
                    {
                        part.Outputs.AsSpan(row * width, count * width)
                            .CopyTo(outputs.AsSpan((start + channel * all + first) * width));
                        row += count;
                    }
                }
                start += all * channels;
            }
            Assert.Equal(part.Outputs.Length, row * width);
            CheckStream(model, data, chunks, chunk, states);
        }
        Assert.Equal(whole.Outputs, outputs);
        Assert.Equal(whole.Weight, weight, 1e-12 * weight);
        Assert.Equal(whole.Loss, loss / weight, 1e-12 * Math.Max(1, Math.Abs(whole.Loss)));
    }

    /// <summary>A stream with the first sequence's state after a chunk gives the outputs of one that has read its tokens.</summary>
    private static void CheckStream<TModel>(TModel model, SequenceList data, SequenceChunks chunks, int chunk, CarriedStates<TModel> states)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        (int first, int count) = chunks.Samples(data.GetLength(0), chunk);
        int seen = first + count, length = data.GetLength(0), inputWidth = description.InputWidth, outputWidth = description.OutputWidth;
        if (seen == length)
        {
            return;
        }
        var tokens = new float[length * inputWidth];
        data.ReadTokens(0, tokens);
        StreamState<TModel> read = model.CreateState(), carried = model.CreateState();
        model.Forward(read, tokens.AsSpan(0, seen * inputWidth), new float[seen * outputWidth]);
        double[] state = states.Copy(1);
        state.AsSpan(0, read.SampleMemory.Length).CopyTo(carried.SampleMemory);
        int layers = read.LayerMemory(0).Length;
        for (int channel = 0; channel < description.Tokens.Channels; channel++)
        {
            state.AsSpan(read.SampleMemory.Length + channel * layers, layers).CopyTo(carried.LayerMemory(channel));
        }
        carried.TokenCount = seen;
        float[] expected = new float[(length - seen) * outputWidth], actual = new float[expected.Length];
        model.Forward(read, tokens.AsSpan(seen * inputWidth), expected);
        model.Forward(carried, tokens.AsSpan(seen * inputWidth), actual);
        // Values of size about 1, some hundred operations of 6e-8 each.
        Assert.All(
            expected.Zip(actual), static x => Assert.True(
                Math.Abs(x.First - x.Second) <= 2e-5f * Math.Max(1, Math.Abs(x.First)) || float.IsNaN(x.First), $"{x.First}, {x.Second}"));
    }

    private static void CheckEvaluation<TModel>(TModel model, SequenceList data, SequenceChunks chunks)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var size = new PassSize(BatchPlan.RowsPerPass, 0);
        int[] lengths = [.. Enumerable.Range(0, data.Count).Select(data.GetLength)];
        foreach (int length in lengths)
        {
            (int outputs, int samples) = chunks.Largest(description.Tokens, length);
            size = PassSize.Max(size, new(outputs * description.Tokens.Channels, samples) { IsCut = true });
        }
        var workspace = new PassWorkspace<TModel>(size, training: false);
        var packed = new Memory.AlignedBuffer(description.Layout.PackedTrainingFloats);
        model.PrepareFor(packed.Span, training: false, WorkerSlice.All);
        for (int i = 0; i < data.Count; i++)
        {
            workspace.Evaluate(model, data, [i], packed.Span, weightScale: 1, chunks);
        }
        double expected = model.Evaluate(data);
        Assert.Equal(expected, workspace.Loss / workspace.Weight, 1e-12 * Math.Max(1, Math.Abs(expected)));
    }

    private sealed class Derivatives : IModelAction
    {
        /// <summary>
        /// The derivative along random directions of length 1, by central differences: off by the rounding of the loss (1e-6 of it, some
        /// operations in float) over the step, and by the step's square times the third derivative. Some losses have kinks, so that one of
        /// two steps has to fit.
        /// </summary>
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            ModelDescription description = SequenceModel<TModel>.Description;
            TModel model = SequenceModel<TModel>.Create(7);
            // Even, so that the last token counts.
            int tokens = Math.Max(8, (SequenceChunks.MinTokens(description.Tokens) + 1) / 2 * 2);
            var chunks = new SequenceChunks(tokens);
            SequenceList data = ModelData.Random<TModel>([2 * tokens, 2 * tokens, 2 * tokens], seed: 7, isWeighted: true);
            var states = new CarriedStates<TModel>(data.Count);
            _ = new GradientProbe<TModel>(model, data, 0, chunks, 0, states);
            states.Advance();
            var probe = new GradientProbe<TModel>(model, data, 0, chunks, 1, states);
            Assert.True(probe.Weight > 0);
            float[] start = model.Weights.ToArray();
            foreach (ParameterDescription parameter in description.Parameters)
            {
                float[] gradient = probe.Gradient(parameter), direction = StreamingTests.Random(gradient.Length, gradient.Length);
                double length = Math.Sqrt(direction.Sum(static d => (double)d * d));
                double actual = gradient.Zip(direction, (g, d) => g * d / length).Sum();
                Assert.True(
                    Fits(1e-2) || Fits(3e-3), $"{typeof(TModel).Name} {parameter.Name}: {actual:G6}, by differences {Derivative(3e-3):G6}");

                bool Fits(double step) =>
                    Math.Abs(Derivative(step) - actual) < 2e-3 * Math.Max(1, Math.Abs(actual)) + 1e-6 * Math.Abs(probe.Loss) / step;

                double Derivative(double step) => (At(step) - At(-step)) / (2 * step);

                double At(double size)
                {
                    for (int i = 0; i < direction.Length; i++)
                    {
                        int at = parameter.Offset + i / parameter.Columns * parameter.RowStride + i % parameter.Columns;
                        model.Weights[at] += (float)(size * direction[i] / length);
                    }
                    model.WeightsChanged();
                    double loss = new GradientProbe<TModel>(model, data, 0, chunks, 1, states).Loss;
                    start.CopyTo(model.Weights);
                    model.WeightsChanged();
                    return loss;
                }
            }
        }
    }
}
