using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda;

/// <summary>
/// A call of the CUDA driver or of its run-time compiler failed. The message says which, why, and what helps. Kernels run
/// asynchronously, so a later call than the one that launched a kernel may report the kernel's error.
/// </summary>
public sealed class CudaException : Exception
{
    /// <summary>Creates an exception with a message.</summary>
    public CudaException(string message) : base(message)
    {
    }

    /// <summary>Creates an exception with a message and a cause.</summary>
    public CudaException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates an exception.</summary>
    public CudaException()
    {
    }

    internal CudaException(string functionName, int code, string errorName, string message) : base(message)
    {
        FunctionName = functionName;
        ErrorCode = code;
        ErrorName = errorName;
    }

    /// <summary>The function that was called, such as <c>cuMemAlloc_v2</c>.</summary>
    public string FunctionName { get; } = "";

    /// <summary>The error code that it returned.</summary>
    public int ErrorCode { get; }

    /// <summary>The name of the error code, such as <c>CUDA_ERROR_OUT_OF_MEMORY</c>.</summary>
    public string ErrorName { get; } = "";

    /// <summary>Whether the device and all its memory are lost to this process, which must be restarted to use the device again.</summary>
    public bool IsDeviceLost => FunctionName.StartsWith("cu", StringComparison.Ordinal) && DriverHints.LosesDevice((DriverResult)ErrorCode);
}
