using System.Diagnostics.CodeAnalysis;
using AarenGen.Cuda.Training;
using AarenGen.Training;

namespace AarenGen.Cuda;

/// <summary>The arithmetic of matrix products on a GPU. Sums, weights and all else are float32.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The names are what the field calls them.")]
public enum ProductPrecision
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
/// there is no driver, no NVRTC or no such device, and <see cref="NotSupportedException"/> where the model was compiled without its CUDA
/// part
/// or the GPU is too old for <see cref="Products"/>, all before the first step, so that the model is as it was; and
/// <see cref="CudaException"/> where a call of CUDA fails, such as for want of the GPU's memory. A call that fails after the first step
/// leaves the weights that the last checkpoint or best epoch had, or those from before the training.</para>
/// </remarks>
public sealed class CudaDevice : Device
{
    internal const int TensorCores = 80;

    /// <summary>The GPU's number, from 0, in the order of <see cref="CudaDeviceInfo.List"/>.</summary>
    public int Ordinal { get; init; }

    /// <summary>The arithmetic of matrix products; float32 unless set.</summary>
    public ProductPrecision Products { get; init; }

    /// <summary>As messages show it.</summary>
    public override string ToString() => $"CUDA device {Ordinal}, products in {Products}";

    internal override int MaxRows<TModel>() => BatchReader<TModel>.MaxRows;

    /// <summary>The host reads one sequence at a time; the device's own memory is asked for as the engine is made.</summary>
    internal override void CheckMemory<TModel>(PassSize size, TrainingOptions options) =>
        MemoryCheck.Check(size.Samples, BatchReader<TModel>.Floats(size.Samples), threadFloats: 0, threads: 1, MemoryCheck.AvailableBytes);

    /// <exception cref="CudaUnavailableException">There is no driver, no NVRTC or no such device.</exception>
    internal override TrainingEngine CreateEngine<TModel>(EngineRequest<TModel> request) => new CudaEngine<TModel>(request, this);

    internal void Check(CudaDeviceInfo device)
    {
        if (Products != ProductPrecision.Float32 && device.Architecture < TensorCores)
        {
            throw new NotSupportedException(
                $"{device.Name} is sm_{device.Architecture}, but products in {Products} need sm_{TensorCores} or newer; "
                + "use ProductPrecision.Float32.");
        }
    }
}

/// <summary>What this package adds to <see cref="Device"/>.</summary>
public static class CudaDevices
{
    extension(Device)
    {
        /// <summary>The first NVIDIA GPU, products in float32; for another, or for tensor cores, make a <see cref="CudaDevice"/>.</summary>
        public static Device Cuda => new CudaDevice();

        /// <summary>The first NVIDIA GPU where driver, NVRTC and device are there, and else the CPU.</summary>
        public static Device Auto => CudaDeviceInfo.List(out _).Count > 0 ? new CudaDevice() : Device.Cpu;
    }
}
