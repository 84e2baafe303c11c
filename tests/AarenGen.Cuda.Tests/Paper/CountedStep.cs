using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests.Paper;

/// <summary>One training step on the emulator, counted.</summary>
internal static class CountedStep
{
    /// <summary>What each kernel did.</summary>
    public static IReadOnlyList<KernelBytes> Run<TModel>(int sequences, int length, MatrixPrecision products)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(seed: 1);
        SequenceList data = ModelData.Random<TModel>([.. Enumerable.Repeat(length, sequences)], seed: 2);
        ModelDescription description = SequenceModel<TModel>.Description;
        var tensors = new TrainingTensors(model.WeightBuffer, new(description.Layout.WeightFloats), new(description.Layout.WeightFloats));
        using var engine = new CudaEngine<TModel>(
            new(model, tensors, data, null, new(), sequences, new(length, length), ValidationScale: 1),
            new CudaDevice { MatrixPrecision = products });
        int[] all = [.. Enumerable.Range(0, sequences)];
        Emulator.ResetCounters();
        engine.Step(all, new(1, 1, 1e-3, 0));
        engine.ReadLosses();
        return Emulator.Counters();
    }
}
