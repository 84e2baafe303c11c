using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Training;
using AarenGen.Generator.Lowering.Reference;
using AarenGen.Memory;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests.Reference;

/// <summary>A step of AdamW on a device against that of the plain kernel, from gradients of their own and random moments.</summary>
[Collection(Requirements.Device)]
public sealed class OptimizerReferenceTests
{
    /// <param name="clip">The longest gradient: below that of the batch, and above.</param>
    [DeviceTheory]
    [InlineData(1e-3)]
    [InlineData(1e3)]
    public void A_step_of_AdamW_is_that_of_the_plain_kernel(double clip) => new Comparison(clip).Run<GoldenOdd>();

    private sealed class Comparison(double clip) : IModelAction
    {
        private readonly ReferenceStep step = new(
            Scale: 0, (float)clip, LearningRate: 0.01f, Beta1: 0.9f, Beta2: 0.999f, Epsilon: 1e-8f, WeightDecay: 0.1f, Correction1: 0.19f,
            Correction2: 0.002f);

        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            const int seed = 9;
            ModelDescription description = SequenceModel<TModel>.Description;
            SequenceList data = ModelData.Random<TModel>([31, 2, 40], seed);
            TModel model = SequenceModel<TModel>.Create(seed);
            var tensors = new TrainingTensors(
                model.WeightBuffer, new AlignedBuffer(description.Layout.WeightFloats), new AlignedBuffer(description.Layout.WeightFloats));
            var random = new Random(seed);
            foreach (int at in description.Parameters.SelectMany(Places))
            {
                tensors.FirstMoment.Span[at] = 0.02f * (random.NextSingle() - 0.5f);
                tensors.SecondMoment.Span[at] = 1e-4f * random.NextSingle();
            }
            ReferenceProbe<TModel> exact = Reference(errorSeed: 0);
            ReferenceProbe<TModel>[] off =
                [.. Enumerable.Range(1, ReferenceComparison.RunsWithErrors).Select(i => Reference((ulong)i))];
            Step(model, data, tensors);

            var distances = new BoundedDistances();
            foreach (ParameterDescription parameter in description.Parameters)
            {
                int[] places = [.. Places(parameter)];
                Compare("weights", tensors.Weights, static p => p.Weights);
                Compare("first moment", tensors.FirstMoment, static p => p.FirstMoment);
                Compare("second moment", tensors.SecondMoment, static p => p.SecondMoment);

                void Compare(string what, AlignedBuffer actual, Func<ReferenceProbe<TModel>, double[]> read) => distances.Compare(
                    $"{what} of {parameter.Name}", Own(read(exact)), Own(BoundedDistances.Double(actual.Span)),
                    off.Select(p => Own(read(p))));

                double[] Own(double[] all) => [.. places.Select(i => all[i])];
            }
            Assert.True(distances.Errors.Count == 0, string.Join("\n", distances.Errors));

            ReferenceProbe<TModel> Reference(ulong errorSeed) => new(model, data, errorSeed: errorSeed, step: step, tensors: tensors);
        }

        /// <summary>A whole step on the device, which changes the tensors.</summary>
        private void Step<TModel>(TModel model, SequenceList data, TrainingTensors tensors)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            DeviceProgram program = model.DeviceProgram!;
            int[] all = [.. Enumerable.Range(0, data.Count)];
            int rows = all.Sum(i => BatchReader<TModel>.RowsOf(data.GetLength(i)));
            using var context = new CudaContext();
            using var work = new CudaStream(context);
            using var device = new DeviceModel<TModel>(context, program, MatrixPrecision.Float32, rows, data.Count);
            using var slot = new BatchSlot<TModel>(context, work, rows, data.Count);
            device.Upload(tensors, work);
            BatchExtent extent = slot.Read(new(all.Max(data.GetLength)), data, all);
            using CudaGraph graph = device.Record(
                work, slot.Fill(device.Addresses), [.. program.Prepare, .. program.Forward, .. program.Backward, .. program.Update]);
            slot.Run(
                extent,
                new()
                {
                    Step = 1, Rows = extent.Rows, Sequences = extent.Sequences, Training = 1, Scale = (float)(1 / extent.Weight),
                    Clip = (float)step.Clip, LearningRate = (float)step.LearningRate, Beta1 = (float)step.Beta1, Beta2 = (float)step.Beta2,
                    Epsilon = (float)step.Epsilon, WeightDecay = (float)step.WeightDecay, Correction1 = (float)step.Correction1,
                    Correction2 = (float)step.Correction2,
                },
                work, graph);
            device.Download(tensors, work);
        }

        private static IEnumerable<int> Places(ParameterDescription parameter) => Enumerable.Range(0, parameter.Rows * parameter.Columns)
            .Select(i => parameter.Offset + i / parameter.Columns * parameter.RowStride + i % parameter.Columns);
    }
}
