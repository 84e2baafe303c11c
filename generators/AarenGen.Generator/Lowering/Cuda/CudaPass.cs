namespace AarenGen.Generator.Lowering.Cuda;

/// <summary>Replaces kernel nodes of a layer by others that compute the same.</summary>
internal interface ICudaPass
{
    LayerKernels Run(LayerKernels kernels);
}
