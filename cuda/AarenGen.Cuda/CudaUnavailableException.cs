namespace AarenGen.Cuda;

/// <summary>A library that CUDA needs is missing or too old. The message lists every place that was tried and says how to get it.</summary>
public sealed class CudaUnavailableException : Exception
{
    /// <summary>Creates an exception with a message.</summary>
    public CudaUnavailableException(string message) : base(message)
    {
    }

    /// <summary>Creates an exception with a message and a cause.</summary>
    public CudaUnavailableException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates an exception.</summary>
    public CudaUnavailableException()
    {
    }

    internal CudaUnavailableException(string message, CudaStatus status) : base(message) => Status = status;

    /// <summary>Whether the library is missing or too old.</summary>
    public CudaStatus Status { get; } = CudaStatus.LibraryNotFound;
}
