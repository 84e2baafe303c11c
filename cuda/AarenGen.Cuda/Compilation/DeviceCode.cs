namespace AarenGen.Cuda.Compilation;

/// <summary>Compiled kernels: what <see cref="Driver.CudaModule"/> loads.</summary>
/// <param name="Name">What the source is called in messages.</param>
/// <param name="Target">What it was compiled for.</param>
/// <param name="Image">The code itself: a cubin, or PTX that ends with a zero.</param>
/// <param name="FromCache">It was not compiled anew.</param>
internal sealed record DeviceCode(string Name, CompilationTarget Target, byte[] Image, bool FromCache);
