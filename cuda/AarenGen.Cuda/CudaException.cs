using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda;

/// <summary>
/// A call of the CUDA driver or of its run-time compiler failed. The message says which, why, and what helps. Kernels run behind the
/// program's back, so a kernel's fault may come up in a later call than the one that launched it.
/// </summary>
public sealed class CudaException : Exception
{
    /// <summary>Made by the library.</summary>
    public CudaException(string message) : base(message)
    {
    }

    /// <summary>Made by the library.</summary>
    public CudaException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Made by the library.</summary>
    public CudaException()
    {
    }

    internal CudaException(string entry, int code, string errorName, string message) : base(message)
    {
        Entry = entry;
        ErrorCode = code;
        ErrorName = errorName;
    }

    /// <summary>The entry that was called, such as <c>cuMemAlloc_v2</c>.</summary>
    public string Entry { get; } = "";

    /// <summary>The number it returned.</summary>
    public int ErrorCode { get; }

    /// <summary>That number's name, such as <c>CUDA_ERROR_OUT_OF_MEMORY</c>.</summary>
    public string ErrorName { get; } = "";

    /// <summary>The device's work is lost, and with it all that was in its memory; the process must start anew to use it again.</summary>
    public bool IsDeviceLost => Entry.StartsWith("cu", StringComparison.Ordinal) && DriverHints.LosesDevice((DriverResult)ErrorCode);
}
