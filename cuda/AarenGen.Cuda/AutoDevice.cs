using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Interop;
using AarenGen.Cuda.Training;
using AarenGen.Training;

namespace AarenGen.Cuda;

/// <summary>A GPU where one can train the model, else the CPU.</summary>
internal sealed class AutoDevice : Device
{
    public override string ToString() => "GPU where there is one, else CPU";

    /// <summary>What either takes, since which it is turns out when the engine is made.</summary>
    internal override int MaxRows<TModel>() => Math.Min(Cpu.MaxRows<TModel>(), new CudaDevice().MaxRows<TModel>());

    /// <summary>What the GPU takes of the host's memory; the CPU takes more, which is checked where the training comes to it.</summary>
    internal override void CheckMemory<TModel>(PassSize size, TrainingOptions options) =>
        new CudaDevice().CheckMemory<TModel>(size, options);

    internal override TrainingEngine CreateEngine<TModel>(EngineRequest<TModel> request)
    {
        string reason;
        try
        {
            CudaDeviceQuery query = CudaDeviceInfo.Query();
            if (query.Devices.Count > 0)
            {
                CudaDeviceInfo device =
                    query.Devices.FirstOrDefault(static d => d.Architecture >= CompilationTarget.LowestArchitecture) ?? query.Devices[0];
                return new CudaDevice { Ordinal = device.Ordinal }.CreateEngine(request);
            }
            reason = query.Message;
        }
        catch (Exception e) when (e is CudaUnavailableException or CudaException or NotSupportedException)
        {
            reason = e.Message;
        }
        Cpu.CheckMemory<TModel>(request.Capacity, request.Options with { BatchSize = request.BatchSize });
        TrainingEngine engine = Cpu.CreateEngine(request);
        engine.DeviceNote = $"Trained on the CPU: {Attempts.Summarize(reason)}";
        return engine;
    }
}
