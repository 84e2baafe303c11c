using AarenGen.Training;

namespace AarenGen;

/// <summary>
/// Where a model is trained. <see cref="Cpu"/> is always available. The package AarenGen.Cuda adds <c>Device.Cuda</c>, an NVIDIA GPU, and
/// <c>Device.Auto</c>, a GPU if one can train the model and else the CPU.
/// </summary>
/// <remarks>It only names a device: <see cref="SequenceModel{TSelf}.Fit"/> opens it. Any thread may use one.</remarks>
public abstract class Device
{
    internal Device()
    {
    }

    /// <summary>The cores of this machine; <see cref="TrainingOptions.Threads"/> sets their number.</summary>
    public static Device Cpu { get; } = new CpuDevice();

    /// <summary>Rows that one sequence may have in a training on the device.</summary>
    internal abstract int MaxRows<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;

    /// <summary>Checks that this machine has the host memory that a training takes, before any data are read.</summary>
    /// <exception cref="ArgumentException">It has less.</exception>
    internal abstract void CheckMemory<TModel>(PassSize size, TrainingOptions options)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;

    /// <summary>Creates the engine that runs a training on the device.</summary>
    internal abstract TrainingEngine CreateEngine<TModel>(EngineRequest<TModel> request)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;

    private sealed class CpuDevice : Device
    {
        public override string ToString() => "CPU";

        internal override int MaxRows<TModel>() => PassWorkspace<TModel>.MaxRows;

        internal override void CheckMemory<TModel>(PassSize size, TrainingOptions options) =>
            PassWorkspace<TModel>.CheckMemory(
                options.Threads, size, training: true, MemoryCheck.AvailableBytes, size.IsCut ? options.BatchSize : 0);

        internal override TrainingEngine CreateEngine<TModel>(EngineRequest<TModel> request) => new CpuEngine<TModel>(request);
    }
}

/// <summary>What a training engine needs.</summary>
/// <param name="Model">The model to train.</param>
/// <param name="Tensors">What the training changes.</param>
/// <param name="Train">The sequences to learn from.</param>
/// <param name="Validation">The sequences to validate with; null where there are none.</param>
/// <param name="Options">How to train.</param>
/// <param name="BatchSize">Sequences per optimiser step: those of the options, or all where there are fewer.</param>
/// <param name="Capacity">The rows of the largest pass, and the samples of the longest sequence.</param>
/// <param name="ValidationScale">The <see cref="WeightScale"/> of all validation data.</param>
internal sealed record EngineRequest<TModel>(
    TModel Model, TrainingTensors Tensors, SequenceData Train, SequenceData? Validation, TrainingOptions Options, int BatchSize,
    PassSize Capacity,
    double ValidationScale)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;
