namespace AarenGen.Cuda;

/// <summary>A library that CUDA needs is not there, or too old. The message lists every place tried and says how to get it.</summary>
public sealed class CudaUnavailableException : Exception
{
    /// <summary>Made by the library.</summary>
    public CudaUnavailableException(string message) : base(message)
    {
    }

    /// <summary>Made by the library.</summary>
    public CudaUnavailableException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Made by the library.</summary>
    public CudaUnavailableException()
    {
    }
}
