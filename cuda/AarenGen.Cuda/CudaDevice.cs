using System.Diagnostics.CodeAnalysis;
using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Training;
using AarenGen.Training;

namespace AarenGen.Cuda;

/// <summary>The arithmetic of matrix multiplications on a GPU. Accumulators, weights and all else are float32.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The names are what the field calls them.")]
public enum MatrixPrecision
{
    /// <summary>float32, as on the CPU.</summary>
    Float32,

    /// <summary>Factors rounded to TF32's 11 significant bits, on tensor cores; sm_80 or newer.</summary>
    TensorFloat32,

    /// <summary>Factors rounded to bfloat16's 8 significant bits, on tensor cores; sm_80 or newer.</summary>
    BFloat16,
}

/// <summary>An NVIDIA GPU, named as the device of a training.</summary>
/// <remarks>
/// <para>Nothing is opened before a training begins. Any thread may use one.</para>
/// <para>A training on it throws, beside what <see cref="SequenceModel{TSelf}.Fit"/> says: <see cref="CudaUnavailableException"/> where
/// there is no driver, or no NVRTC and no kernels compiled earlier, and <see cref="NotSupportedException"/> where the model was compiled
/// without its CUDA kernels or the GPU is too old for them or for its <see cref="MatrixPrecision"/>, all before the first step, so that the
/// model is as it was; and <see cref="CudaException"/> where a CUDA call fails, for example because there is no such device or the GPU has
/// too little memory. If a call fails after the
/// first step, the model has the weights of the last checkpoint or best epoch, or else those from before the training.</para>
/// </remarks>
public sealed class CudaDevice : Device
{
    internal const int TensorCores = 80;

    /// <summary>The GPU's number, from 0, in the order of <see cref="CudaDeviceInfo.Query"/>.</summary>
    public int Ordinal { get; init; }

    /// <summary>The arithmetic of matrix multiplications; float32 by default.</summary>
    public MatrixPrecision MatrixPrecision { get; init; }

    /// <summary>As messages show it.</summary>
    public override string ToString() => $"CUDA device {Ordinal}, matrices in {MatrixPrecision}";

    internal override int MaxRows<TModel>() => BatchReader<TModel>.MaxRows;

    /// <summary>The host reads one sequence at a time; the device's own memory is asked for as the engine is made.</summary>
    internal override void CheckMemory<TModel>(PassSize size, TrainingOptions options) =>
        MemoryCheck.Check(
            size.Samples,
            new()
            {
                Threads = 1, SequenceFloats = BatchReader<TModel>.Floats(size.Samples), ThreadFloats = 0,
                StateBytes = CarriedStates<TModel>.Bytes(size.IsCut ? options.BatchSize : 0, hasLayers: false),
            },
            MemoryCheck.AvailableBytes);

    /// <exception cref="CudaUnavailableException">There is no driver, or no NVRTC where the kernels are not cached.</exception>
    internal override TrainingEngine CreateEngine<TModel>(EngineRequest<TModel> request) => new CudaEngine<TModel>(request, this);

    /// <summary>The kernels of a model.</summary>
    /// <exception cref="NotSupportedException">The model was compiled without them.</exception>
    internal static DeviceProgram ProgramOf<TModel>(TModel model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        model.DeviceProgram ?? throw new NotSupportedException(
            $"'{SequenceModel<TModel>.Description.Name}' was compiled without its CUDA kernels; let the project that declares it refer to "
            + "AarenGen.Cuda, or train on Device.Cpu.");

    /// <exception cref="NotSupportedException">An architecture is too old for the kernels or for the precision.</exception>
    internal void Check(string device, int architecture)
    {
        const int lowest = CompilationTarget.LowestArchitecture;
        if (architecture < lowest)
        {
            throw new NotSupportedException(
                $"{device} is sm_{architecture}, but AarenGen's kernels need sm_{lowest} (Turing, 2018) or newer; use another device, or "
                + "train on Device.Cpu.");
        }
        if (MatrixPrecision != MatrixPrecision.Float32 && architecture < TensorCores)
        {
            throw new NotSupportedException(
                $"{device} is sm_{architecture}, but matrices in {MatrixPrecision} need sm_{TensorCores} or newer; use "
                + "MatrixPrecision.Float32.");
        }
    }
}

/// <summary>What this package adds to <see cref="Device"/>.</summary>
public static class CudaDevices
{
    extension(Device)
    {
        /// <summary>The first NVIDIA GPU, in float32; for another GPU, or for tensor cores, create a <see cref="CudaDevice"/>.</summary>
        public static Device Cuda => new CudaDevice();

        /// <summary>
        /// The first NVIDIA GPU that can train the model, in float32, or the CPU where there is none: without a driver, a GPU or NVRTC, for
        /// example. <see cref="TrainingReport.DeviceNote"/> then says why.
        /// </summary>
        public static Device Auto => new AutoDevice();
    }
}
