using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Compilation;

/// <summary>
/// Brings kernels onto a device: from the cache, which needs no NVRTC, or compiled by the first NVRTC whose code the device takes.
/// </summary>
internal sealed class KernelLoader(KernelCache cache)
{
    /// <exception cref="CudaUnavailableException">The kernels are not cached, and there is no NVRTC.</exception>
    /// <exception cref="CudaException">The source does not compile, or the device takes the code of no NVRTC.</exception>
    public CudaModule Load(CudaContext context, KernelSource source)
    {
        int architecture = context.Device.Architecture;
        byte[] key = source.Key(architecture, CudaDriver.CodeFormat);
        var search = new CompilerSearch();
        CudaException? last = null;
        foreach (DeviceCode code in cache.Find(key, source.Name))
        {
            if (TryLoad(code.File!, () => code) is { } module)
            {
                return module;
            }
        }
        foreach (RuntimeCompiler compiler in search.For(CudaDriver.Version, CudaDriver.CodeFormat, architecture))
        {
            if (TryLoad($"{compiler}", () => compiler.Compile(source, architecture)) is { } module)
            {
                // Only what the device takes is kept.
                cache.Add(key, module.Code);
                return module;
            }
        }
        throw last is null ? search.NotFound() : Failure(context.Device, source, search, last);

        CudaModule? TryLoad(string attempt, Func<DeviceCode> make)
        {
            try
            {
                return new(context, make());
            }
            catch (CudaException e) when (MayAnotherServe(e))
            {
                last = e;
                search.PassOver(attempt, e.Message);
                return null;
            }
        }
    }

    /// <summary>
    /// Whether code of another version may work: a compiler that fails by itself, does not know the device, or makes code that is too new
    /// for the driver. A mistake in the source is one for every compiler, and a lost device is lost.
    /// </summary>
    private static bool MayAnotherServe(CudaException e) => e.FunctionName.StartsWith("cu", StringComparison.Ordinal)
        ? (DriverResult)e.ErrorCode is DriverResult.InvalidImage or DriverResult.NoBinaryForGpu or DriverResult.UnsupportedPtxVersion
        : (NvrtcResult)e.ErrorCode != NvrtcResult.Compilation;

    private static CudaException Failure(CudaDeviceInfo device, KernelSource source, CompilerSearch search, CudaException last) => new(
        last.FunctionName, last.ErrorCode, last.ErrorName,
        Attempts.Describe(
            $"The kernels of '{source.Name}' cannot be loaded on device {device.Ordinal} ({device.Name}, sm_{device.Architecture}).",
            search.PassedOver, "Install an NVRTC of a version that the driver serves, or update the driver."));
}
