namespace AarenGen.Cuda.Compilation;

/// <summary>What kernels are compiled for: an architecture's own code, or PTX, which the driver translates when it loads it.</summary>
internal readonly record struct CompilationTarget(int Architecture, bool IsPtx)
{
    /// <summary>The oldest architecture whose instructions the kernels may use: Turing.</summary>
    public const int LowestArchitecture = 75;

    /// <summary>As compilers call it: sm_90, or compute_90.</summary>
    public string Name => $"{(IsPtx ? "compute" : "sm")}_{Architecture}";

    /// <summary>The best a compiler can do for a device: its own code where it knows the device, the newest older PTX where not.</summary>
    /// <exception cref="CudaException">The device is older than all the compiler knows.</exception>
    public static CompilationTarget For(int device, IReadOnlyList<int> supported, Version compiler)
    {
        if (supported.Contains(device))
        {
            return new(device, IsPtx: false);
        }
        int newest = supported.Where(a => a < device).DefaultIfEmpty(0).Max();
        if (newest < LowestArchitecture)
        {
            throw new CudaException(
                $"NVRTC {compiler} compiles for sm_{string.Join(", sm_", supported)}, which does not serve sm_{device}. Install a CUDA "
                    + "toolkit that knows this device, or let AARENGEN_LIBNVRTC name its libnvrtc.");
        }
        return new(newest, IsPtx: true);
    }
}
