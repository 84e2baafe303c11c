namespace AarenGen.Cuda.Compilation;

/// <summary>Compiled kernels: what <see cref="Driver.CudaModule"/> loads.</summary>
/// <param name="Name">What the source is called in messages.</param>
/// <param name="Target">What it was compiled for.</param>
/// <param name="Compiler">The version of NVRTC that compiled it.</param>
/// <param name="Image">The code itself: a cubin, or PTX that ends with a zero.</param>
internal sealed record DeviceCode(string Name, CompilationTarget Target, Version Compiler, byte[] Image)
{
    /// <summary>The file of the cache that it comes from; null where it was compiled now.</summary>
    public string? File { get; init; }
}
