using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Training;
using AarenGen.Memory;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests;

/// <summary>Numbers at the ends of float's range: large ones that are normalised, denormal ones, and many degrees of freedom.</summary>
[Collection(Requirements.Device)]
public sealed class DeviceRangeTests
{
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>
    /// About 1e19, whose squares are beyond all floats as sums, and 1e30, whose squares are each. Rows are normalised up to values of
    /// 2^126; the
    /// gradients before them, which have the inverse factor, would be denormal there.
    /// </summary>
    [DeviceTheory]
    [InlineData(53)]
    [InlineData(90)]
    public void Normalisation_does_not_depend_on_the_size_of_rows(int exponent)
    {
        CheckScale<NormalizedOnLoad>(exponent);
        CheckScale<NormalizedInMemory>(exponent);
        CheckScale<NormalizedWide>(exponent);
    }

    [DeviceFact]
    public void Equal_numbers_are_normalised_to_zero_however_large()
    {
        NormalizedOnLoad model = NormalizedOnLoad.Create(seed: 1);
        ParameterDescription weight = NormalizedOnLoad.Description.Parameters[0], bias = NormalizedOnLoad.Description.Parameters[1];
        Fill(model, weight, static (_, _) => 0);
        Fill(model, bias, static (_, _) => 1e30f);
        model.WeightsChanged();
        float[] last = Values(model, NormalizedOnLoad.Description.Parameters[^1]);

        var probe = new DeviceProbe<NormalizedOnLoad>(model, ModelData.Random<NormalizedOnLoad>([3], seed: 1));

        // Scale 1 and shift 0: the last layer's bias alone is left.
        Assert.All(probe.Outputs.Chunk(last.Length), row => Assert.Equal(last, row));
    }

    [DeviceFact]
    public void Denormal_moments_become_zero_and_denormal_weights_stay_as_on_the_CPU()
    {
        float[] values = [0, 1.5e-45f, -1.5e-45f, 1e-38f, -1e-38f, SmallestNormal, 1.3e-38f, 1.4e-38f, -1.4e-38f, 1e-37f, 1e-30f, -1f];
        const float beta1 = 0.9f, beta2 = 0.5f;
        GoldenPre model = GoldenPre.Create(seed: 1);
        AlignedBuffer first = new(GoldenPre.Description.Layout.WeightFloats), second = new(GoldenPre.Description.Layout.WeightFloats);
        ParameterDescription parameter = GoldenPre.Description.Parameters[0];
        for (int i = 0; i < values.Length; i++)
        {
            first.Span[parameter.Offset + i] = values[i];
            second.Span[parameter.Offset + i] = Math.Abs(values[i]);
            model.Weights[parameter.Offset + i] = values[i];
        }

        StepWithoutGradients(model, first, second, new()
        {
            Step = 1, Rows = 1, Sequences = 1, Training = 1, Scale = 1, Clip = 1, Beta1 = beta1, Beta2 = beta2, Epsilon = 1,
                Correction1 = 1, Correction2 = 1,
        });

        for (int i = 0; i < values.Length; i++)
        {
            int at = parameter.Offset + i;
            Assert.Equal((i, Flushed(beta1 * values[i])), (i, first.Span[at]));
            Assert.Equal((i, Flushed(beta2 * Math.Abs(values[i]))), (i, second.Span[at]));
            Assert.Equal((i, values[i]), (i, model.Weights[at]));
        }
    }

    /// <summary>With many degrees of freedom the density is the normal one: the difference is some 1/ν.</summary>
    [DeviceTheory]
    [InlineData(1e9)]
    [InlineData(1e13)]
    [InlineData(1e17)]
    [InlineData(1e37)]
    public void Student_of_many_degrees_of_freedom_is_normal(double degrees)
    {
        PlainStudentT model = PlainStudentT.Create(seed: 1);
        ParameterDescription weight = PlainStudentT.Description.Parameters[^2], bias = PlainStudentT.Description.Parameters[^1];
        Fill(model, weight, (row, value) => row == 2 ? 0 : value);
        Fill(model, bias, (row, value) => row == 2 ? (float)degrees : value);
        model.WeightsChanged();
        SequenceList data = ModelData.Random<PlainStudentT>([9], seed: 1);
        var target = new float[1];

        var probe = new DeviceProbe<PlainStudentT>(model, data);

        double expected = 0;
        for (int t = 0; t < 9; t++)
        {
            data.ReadTarget(0, t, target);
            double deviation = probe.Outputs[3 * t + 1], z = (target[0] - probe.Outputs[3 * t]) / deviation;
            Assert.Equal((float)degrees, probe.Outputs[3 * t + 2], (float)degrees * 1e-6f);
            expected += (z * z / 2 + Math.Log(deviation) + Math.Log(2 * Math.PI) / 2) / 9;
        }
        Assert.Equal(expected, probe.Loss, 1e-6 * Math.Abs(expected) + 10 / degrees);
        Assert.InRange(Math.Abs(probe.Gradient(bias)[2]), 0, 10 / degrees);
    }

    /// <summary>
    /// Rows that are normalised, 2^exponent times as large but for some, against the same rows of ordinary size. What comes after them is
    /// equal, and gradients before them have the inverse factor.
    /// </summary>
    private static void CheckScale<TModel>(int exponent) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        float factor = MathF.ScaleB(1, exponent);
        int length = 70, width = description.InputWidth;
        double bound = Bound(description.Parameters[0].Rows, length);
        var random = new Random(3);
        float[] tokens = [.. Enumerable.Range(0, length * width).Select(_ => random.NextSingle() * 2 - 1)];
        float[] targets = [.. Enumerable.Range(0, length * description.TargetWidth).Select(_ => random.NextSingle())];
        // Every third row stays ordinary: its tokens are as small as the weights are large.
        float[] mixed = [.. tokens.Select((v, i) => i / width % 3 == 0 ? v / factor : v)];
        DeviceProbe<TModel> ordinary = Probe(tokens, 1), large = Probe(mixed, factor);

        Assert.All(large.Outputs, static v => Assert.True(float.IsFinite(v)));
        AssertClose("outputs", ordinary.Outputs, large.Outputs);
        AssertClose("loss", [(float)ordinary.Loss], [(float)large.Loss]);
        AssertClose(
            "token gradients", ordinary.TokenGradients, [.. large.TokenGradients.Select((v, i) => i / width % 3 == 0 ? v / factor : v)]);
        for (int i = 0; i < description.Parameters.Count; i++)
        {
            // The first bias is 0, and adds up gradients of both sizes.
            ParameterDescription p = description.Parameters[i];
            if (i != 1)
            {
                AssertClose(p.Name, ordinary.Gradient(p), [.. large.Gradient(p).Select(v => i == 0 ? v * factor : v)]);
            }
        }

        DeviceProbe<TModel> Probe(float[] own, float scale)
        {
            TModel model = SequenceModel<TModel>.Create(seed: 5);
            // Large beside epsilon.
            Fill(model, description.Parameters[0], (_, value) => value * 1024 * scale);
            Fill(model, description.Parameters[1], static (_, _) => 0);
            model.WeightsChanged();
            var data = new SequenceList(width, description.TargetWidth);
            data.Add(own, targets);
            return new(model, data);
        }

        void AssertClose(string what, float[] wanted, float[] got)
        {
            double difference = Norm(wanted.Zip(got, static (a, b) => a - b)), size = Norm(wanted);
            Assert.True(
                difference <= bound * size,
                $"{typeof(TModel).Name} times 2^{exponent}, {what}: relative {difference / size:G3} > {bound:G3}");
        }
    }

    /// <summary>
    /// Relative L2 of two computations that differ by factors of powers of two, which are exact, by epsilon, some 1e-11 of a row's
    /// variance, and
    /// by how sums are rounded. Rounding errors of a sum of n terms are independent and about sqrt(n) 2^-24. Each computation has five
    /// sums over
    /// a row (mean, square, product, and the two of the backward pass) and one over all rows; four of these deviations.
    /// </summary>
    private static double Bound(int width, int rows) => 4 * Math.Sqrt(2 * (5 * width + rows)) * Math.Pow(2, -24);

    /// <summary>An optimiser step on a token without weight: all gradients are 0.</summary>
    private static void StepWithoutGradients(GoldenPre model, AlignedBuffer first, AlignedBuffer second, Settings settings)
    {
        var data = new SequenceList(GoldenPre.InputWidth, GoldenPre.Description.TargetWidth);
        data.Add(new float[GoldenPre.InputWidth], new float[GoldenPre.Description.TargetWidth], [0]);
        DeviceProgram program = model.DeviceProgram!;
        using var context = new CudaContext();
        using var work = new CudaStream(context);
        using var device = new DeviceModel<GoldenPre>(context, program, MatrixPrecision.Float32, rows: 1, sequences: 1);
        using var slot = new BatchSlot<GoldenPre>(context, work, rows: 1, sequences: 1);
        var tensors = new TrainingTensors(model.WeightBuffer, first, second);
        device.Upload(tensors, work);
        BatchExtent extent = slot.Read(new(1), data, [0]);
        using CudaGraph graph = device.Record(
            work, slot.Fill(device.Addresses), [.. program.Prepare, .. program.Forward, .. program.Backward, .. program.Update]);
        slot.Run(extent, settings, work, graph);
        device.Download(tensors, work);
    }

    private static float Flushed(float value) => Math.Abs(value) < SmallestNormal ? 0 : value;

    private static void Fill<TModel>(TModel model, ParameterDescription p, Func<int, float, float> value)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        for (int i = 0; i < p.Rows * p.Columns; i++)
        {
            // A vector is one row.
            ref float weight = ref model.Weights[p.Offset + i / p.Columns * p.RowStride + i % p.Columns];
            weight = value(p.Rows == 1 ? i : i / p.Columns, weight);
        }
    }

    private static float[] Values<TModel>(TModel model, ParameterDescription p)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        [.. Enumerable.Range(0, p.Rows * p.Columns).Select(i => model.Weights[p.Offset + i / p.Columns * p.RowStride + i % p.Columns])];

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(static v => (double)v * v));
}
