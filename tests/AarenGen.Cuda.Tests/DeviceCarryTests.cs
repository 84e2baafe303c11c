using System.Runtime.InteropServices;
using AarenGen.Cuda.Training;
using AarenGen.Memory;
using AarenGen.Serialization;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// Trainings that carry states on a device: outputs, gradients, states and weights against those of whole sequences and of the CPU. Two
/// models have every layer with a state between them.
/// </summary>
[Collection(Requirements.Device)]
public sealed class DeviceCarryTests : TemporaryFolder
{
    /// <summary>
    /// Chunks shorter and longer than the context of attention, taps of convolutions and tables of positions; as long as a tile or longer;
    /// and longer than every sequence. Sequences end at different chunks, some with a single token.
    /// </summary>
    private static readonly (int Tokens, int[] Lengths)[] Cuts =
        [(3, [17, 16, 10, 4]), (14, [43, 29, 14, 9]), (140, [300, 281, 140, 12]), (60, [40, 31])];

    public static TheoryData<string, int> Chunks
    {
        get
        {
            var chunks = new TheoryData<string, int>();
            foreach (string model in (string[])[nameof(CarriedTokens), nameof(CarriedChannels)])
            {
                for (int cut = 0; cut < Cuts.Length; cut++)
                {
                    chunks.Add(model, cut);
                }
            }
            return chunks;
        }
    }

    [DeviceTheory]
    [MemberData(nameof(Chunks))]
    public void Chunks_are_the_whole_sequence_cut(string model, int cut) =>
        ModelCases.Named(model).Run(new Comparison(new(Cuts[cut].Tokens), Cuts[cut].Lengths, MatrixPrecision.Float32));

    /// <summary>A head of attention that several thread blocks share.</summary>
    [DeviceFact]
    public void Wide_heads_carry_their_keys() =>
        ModelCases.Named(nameof(WideAttention)).Run(new Comparison(new(5), [13, 6], MatrixPrecision.Float32));

    [DeviceTheory]
    [InlineData(MatrixPrecision.TensorFloat32)]
    [InlineData(MatrixPrecision.BFloat16)]
    public void Every_precision_carries_states(MatrixPrecision precision) =>
        ModelCases.Named(nameof(CarriedTokens)).Run(new Comparison(new(14), [43, 29, 14, 9], precision));

    /// <summary>
    /// Losses, and weights after the last step. With so large an epsilon an update is the learning rate times the mean gradient, whose norm
    /// is at most 1: gradients off by a fraction of it move the weights by that fraction of the sum of all steps. Twice that is allowed,
    /// since gradients also follow the weights.
    /// </summary>
    [DeviceFact]
    public void Trainings_equal_those_of_the_CPU()
    {
        Check<CarriedTokens>();
        Check<CarriedChannels>();

        static void Check<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            (TModel onDevice, TrainingReport device) = Fit<TModel>(Options);
            (TModel onCpu, TrainingReport cpu) = Fit<TModel>(Options with { Device = Device.Cpu });
            Assert.Equal((cpu.Steps, cpu.Tokens), (device.Steps, device.Tokens));
            foreach ((EpochReport wanted, EpochReport got) in cpu.Epochs.Zip(device.Epochs))
            {
                AssertLoss(wanted.TrainingLoss, got.TrainingLoss);
                AssertLoss(wanted.ValidationLoss!.Value, got.ValidationLoss!.Value);
            }
            AssertWeights(onCpu, onDevice, device.Steps);
            // Validation has sequences of several chunks, and the weights are those of the best epoch.
            AssertLoss(onDevice.Evaluate(Validation<TModel>()), device.Epochs[device.BestEpoch - 1].ValidationLoss!.Value);
        }
    }

    [DeviceFact]
    public void Auto_takes_the_device_and_a_run_is_repeatable_bit_for_bit()
    {
        (CarriedTokens first, TrainingReport report) = Fit<CarriedTokens>(Options with { Epochs = 1 });
        (CarriedTokens second, TrainingReport again) = Fit<CarriedTokens>(Options with { Epochs = 1, Device = Device.Auto });
        Assert.Equal("", again.DeviceNote);
        Assert.Equal(first.Weights.ToArray(), second.Weights.ToArray());
        Assert.Equal(report.Epochs, again.Epochs);
    }

    /// <summary>On the device that began it bit for bit; on the other as two trainings agree.</summary>
    [DeviceFact]
    public void A_training_stopped_between_chunks_resumes_on_either_device()
    {
        Check<CarriedTokens>(reads: 1);
        Check<CarriedChannels>(reads: 9);

        void Check<TModel>(int reads) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            (TModel expected, TrainingReport report) = Fit<TModel>(Options with { Device = Device.Cuda });
            foreach ((Device begins, Device resumes) in ((Device, Device)[])[
                (Device.Cuda, Device.Cuda), (Device.Cuda, Device.Cpu), (Device.Cpu, Device.Cuda)])
            {
                TrainingOptions options = Options with { CheckpointPath = At($"{typeof(TModel).Name}.checkpoint"), Resume = true };
                File.Delete(options.CheckpointPath!);
                using var source = new CancellationTokenSource();
                // Every chunk is read once before the first step.
                var data = new StoppingData(Data<TModel>(), Lengths.Sum(static l => (l + 6) / 7) + reads, source);
                Assert.Throws<OperationCanceledException>(() => SequenceModel<TModel>.Create(seed: 2).Fit(
                    data, Validation<TModel>(), options with { Device = begins }, cancellationToken: source.Token));
                Assert.NotEmpty(ModelFile.ReadSets(options.CheckpointPath!, SequenceModel<TModel>.Description, Sets<TModel>()).States);
                // Another start: all comes from the checkpoint.
                TModel resumed = SequenceModel<TModel>.Create(seed: 9);
                TrainingReport again = resumed.Fit(Data<TModel>(), Validation<TModel>(), options with { Device = resumes });
                Assert.Equal(report.Steps, again.Steps);
                if (begins is CudaDevice && resumes is CudaDevice)
                {
                    Assert.Equal(expected.Weights.ToArray(), resumed.Weights.ToArray());
                    Assert.Equal(report.Epochs, again.Epochs);
                }
                AssertWeights(expected, resumed, report.Steps);
            }
        }
    }

    private static readonly int[] Lengths = [17, 5, 23, 9, 31];

    /// <summary>Chunks of 7 in two batches: of the whole sequences' loss, most steps only move the states.</summary>
    private static TrainingOptions Options => new()
    {
        Epochs = 2, BatchSize = 3, Threads = 2, Seed = 3, LearningRate = 0.3, WarmupSteps = 0, Epsilon = 1, WeightDecay = 0, CarryState = 7,
        Device = Device.Cuda,
    };

    private static (TModel Model, TrainingReport Report) Fit<TModel>(TrainingOptions options)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(seed: 2);
        return (model, model.Fit(Data<TModel>(), Validation<TModel>(), options));
    }

    private static SequenceList Data<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        ModelData.Random<TModel>(Lengths, seed: 5);

    /// <summary>Some of several chunks, which evaluations make of a hundred rows or more, and some of one.</summary>
    private static SequenceList Validation<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        ModelData.Random<TModel>([11, 470, 30, 320, 12], seed: 6, isWeighted: true);

    private static (string, AlignedBuffer)[] Sets<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        [.. ((string[])["weights/", "moment1/", "moment2/", "best/"])
            .Select(static s => (s, new AlignedBuffer(SequenceModel<TModel>.Description.Layout.WeightFloats)))];

    private static void AssertLoss(double expected, double actual) =>
        Assert.Equal(expected, actual, Tolerance.BetweenFloat32.Gradient * Math.Max(1, Math.Abs(expected)));

    private static void AssertWeights<TModel>(TModel expected, TModel actual, long steps)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        float[] start = SequenceModel<TModel>.Create(seed: 2).Weights.ToArray(), wanted = expected.Weights.ToArray();
        double difference = Norm(wanted.Zip(actual.Weights.ToArray(), static (a, b) => a - b)),
            way = Norm(wanted.Zip(start, static (a, b) => a - b));
        double bound = 2 * Tolerance.BetweenFloat32.Gradient * Options.LearningRate * steps;
        Assert.True(difference <= bound, $"{typeof(TModel).Name}: the weights differ by {difference:G3} > {bound:G3}");
        Assert.True(way > 10 * bound, $"{typeof(TModel).Name}: the weights moved by {way:G3} only, of which {bound:G3} is allowed");
    }

    private sealed class Comparison(SequenceChunks chunks, int[] lengths, MatrixPrecision precision) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            ModelDescription description = SequenceModel<TModel>.Description;
            TokenShape shape = description.Tokens;
            TModel model = SequenceModel<TModel>.Create(seed: 5);
            SequenceList data = ModelData.Random<TModel>(lengths, seed: 6, isWeighted: true);
            bool isExact = precision == MatrixPrecision.Float32;
            Tolerance tolerance = isExact ? Tolerance.BetweenFloat32 : Tolerance.Rounded;
            // The same kernels in one chunk, and the CPU.
            var whole = new DeviceProbe<TModel>(model, data, precision, chunks: new(lengths.Max()));
            if (isExact)
            {
                var expected = new GradientProbe<TModel>(model, data);
                AssertClose("outputs", expected.Outputs, whole.Outputs, tolerance.Output);
                AssertGradients(expected, whole, tolerance);
            }
            var outputs = new float[whole.Outputs.Length];
            var carried = new CarriedStates<TModel>(data.Count);
            double[] states = [];
            double loss = 0, weight = 0;
            for (int chunk = 0; chunk < lengths.Max(l => chunks.Count(shape, l)); chunk++)
            {
                int[] own = [.. lengths.TakeWhile(l => chunks.Count(shape, l) > chunk)];
                var part = new DeviceProbe<TModel>(model, data, precision, chunks: chunks, chunk: chunk, states: states);
                states = part.States;
                if (part.Weight > 0)
                {
                    loss += part.Loss * part.Weight;
                    weight += part.Weight;
                }
                Arrange(part.Outputs, chunk, outputs, description);
                if (!isExact)
                {
                    continue;
                }
                var expected = new GradientProbe<TModel>(model, data, 0, chunks, chunk, carried);
                carried.Advance();
                AssertClose($"outputs of chunk {chunk}", expected.Outputs, part.Outputs, tolerance.Output);
                AssertStates(carried.Copy(own.Length), states, chunk);
                if (expected.Weight > 0)
                {
                    Assert.Equal(expected.Loss, part.Loss, tolerance.Output * Math.Max(1, Math.Abs(expected.Loss)));
                    AssertGradients(expected, part, tolerance);
                }
            }
            AssertClose("outputs of all chunks", whole.Outputs, outputs, tolerance.Output);
            Assert.Equal(whole.Weight, weight);
            Assert.Equal(whole.Loss, loss / weight, tolerance.Output * Math.Max(1, Math.Abs(whole.Loss)));
        }

        /// <summary>Copies a chunk's outputs to where whole sequences have them.</summary>
        private void Arrange(float[] part, int chunk, float[] outputs, ModelDescription description)
        {
            TokenShape shape = description.Tokens;
            int row = 0, start = 0, width = description.RowOutputWidth;
            foreach (int length in lengths)
            {
                int all = shape.GetOutputCount(length);
                if (chunks.Count(shape, length) > chunk)
                {
                    (int first, int count) = chunks.Outputs(shape, length, chunk);
                    for (int channel = 0; channel < shape.Channels; channel++)
                    {
                        part.AsSpan(row * width, count * width).CopyTo(outputs.AsSpan((start + channel * all + first) * width));
                        row += count;
                    }
                }
                start += all * shape.Channels;
            }
            Assert.Equal(part.Length, row * width);
        }

        private static void AssertGradients<TModel>(GradientProbe<TModel> expected, DeviceProbe<TModel> actual, Tolerance tolerance)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            IReadOnlyList<ParameterDescription> parameters = SequenceModel<TModel>.Description.Parameters;
            double all = Norm(parameters.SelectMany(expected.Gradient));
            AssertClose("token gradients", expected.TokenGradients, actual.TokenGradients, tolerance.Gradient);
            foreach (ParameterDescription parameter in parameters)
            {
                // Some gradients are 0 but for rounding: held against the whole.
                AssertClose(
                    parameter.Name, expected.Gradient(parameter), actual.Gradient(parameter), tolerance.Gradient, min: 1e-3 * all);
            }
        }

        /// <summary>
        /// Number by number, whether a double or two floats. A numerator is a sum of as many values as there are tokens, and each value is
        /// of size 1 and off by some 1e-5.
        /// </summary>
        private static void AssertStates(double[] expected, double[] actual, int chunk)
        {
            Assert.Equal(expected.Length, actual.Length);
            Span<float> wanted = MemoryMarshal.Cast<double, float>(expected.AsSpan()),
                got = MemoryMarshal.Cast<double, float>(actual.AsSpan());
            for (int i = 0; i < expected.Length; i++)
            {
                bool isDouble = Math.Abs(expected[i] - actual[i]) <= 1e-3 * Math.Max(1, Math.Abs(expected[i]));
                Assert.True(
                    isDouble || (IsFloat(wanted[2 * i], got[2 * i]) && IsFloat(wanted[2 * i + 1], got[2 * i + 1])),
                    $"state {i} after chunk {chunk}: {expected[i]:R} and {actual[i]:R}, or {wanted[2 * i]} and {got[2 * i]}, "
                        + $"{wanted[2 * i + 1]} and {got[2 * i + 1]}");
            }

            static bool IsFloat(float a, float b) => Math.Abs(a - b) <= 1e-4 * Math.Max(1, Math.Abs(a));
        }
    }

    private static void AssertClose(string what, float[] expected, float[] actual, double bound, double min = 0)
    {
        double difference = Norm(expected.Zip(actual, static (a, b) => a - b)), size = Math.Max(Norm(expected), min);
        Assert.True(difference <= bound * size, $"{what}: relative {difference / size:G3} > {bound:G3}");
    }

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(static v => (double)v * v));
}
