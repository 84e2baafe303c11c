using AarenGen.Cuda.Compilation;

namespace AarenGen.Cuda;

/// <summary>
/// Compiles the kernels of models before they are trained, so that a machine with an NVIDIA driver and no NVRTC can train them. A program
/// looks for kernels in the folder <c>kernels</c> beside it, and then in the folder that the environment variable AARENGEN_CUDA_CACHE names
/// or in the user's own.
/// </summary>
public static class CudaKernels
{
    /// <summary>
    /// Compiles a model's kernels into a folder, a file for each architecture. It needs NVRTC and no GPU, and takes some seconds for each.
    /// An architecture that NVRTC does not know yet gets code that the driver translates.
    /// </summary>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <param name="folder">Where the files go; created if it is missing. Files of the same kernels are replaced, and no others.</param>
    /// <param name="architectures">Of the GPUs, as compilers number them: 90 for compute capability 9.0.</param>
    /// <param name="matrixPrecision">The <see cref="CudaDevice.MatrixPrecision"/> that trainings use.</param>
    /// <param name="carriesState">Whether trainings use <see cref="TrainingOptions.CarryState"/>.</param>
    /// <exception cref="CudaUnavailableException">There is no NVRTC.</exception>
    /// <exception cref="CudaException">The kernels do not compile.</exception>
    /// <exception cref="NotSupportedException">
    /// The model was compiled without its CUDA kernels, or an architecture is too old for them or for the precision.
    /// </exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Compile<TModel>(
        string folder, IEnumerable<int> architectures, MatrixPrecision matrixPrecision = MatrixPrecision.Float32, bool carriesState = false)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(architectures);
        var device = new CudaDevice { MatrixPrecision = matrixPrecision };
        KernelSource source = KernelSource.Of(
            SequenceModel<TModel>.Description.Name, CudaDevice.ProgramOf(SequenceModel<TModel>.Create(seed: 0)), matrixPrecision,
            carriesState);
        RuntimeCompiler compiler = CompilerSearch.First();
        foreach (int architecture in architectures)
        {
            device.Check("A GPU of this architecture", architecture);
            KernelCache.Write(folder, source.Key(architecture, compiler.CodeFormat), compiler.Compile(source, architecture));
        }
    }
}
