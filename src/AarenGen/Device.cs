using AarenGen.Training;

namespace AarenGen;

/// <summary>
/// Where a model is trained. <see cref="Cpu"/> is always there; the package AarenGen.Cuda adds <c>Device.Cuda</c>, an NVIDIA GPU, and
/// <c>Device.Auto</c>, a GPU where there is one.
/// </summary>
/// <remarks>A device is only named here: nothing is opened before <see cref="SequenceModel{TSelf}.Fit"/>. Any thread may use one.</remarks>
public abstract class Device
{
    internal Device()
    {
    }

    /// <summary>The cores of this machine, as many as <see cref="TrainingOptions.Threads"/> says.</summary>
    public static Device Cpu { get; } = new CpuDevice();

    /// <summary>What runs a training on the device.</summary>
    internal abstract TrainingEngine CreateEngine<TModel>(EngineRequest<TModel> request) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;

    private sealed class CpuDevice : Device
    {
        public override string ToString() => "CPU";

        internal override TrainingEngine CreateEngine<TModel>(EngineRequest<TModel> request) =>
            new CpuEngine<TModel>(request.Model, request.Tensors, request.Train, request.Validation, request.Options, request.Capacity);
    }
}

/// <summary>What an engine is made from. Capacity: the rows of the largest pass, and the samples of the longest sequence.</summary>
internal sealed record EngineRequest<TModel>(
    TModel Model, TrainingTensors Tensors, SequenceData Train, SequenceData? Validation, TrainingOptions Options, PassSize Capacity)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;
