namespace AarenGen;

/// <summary>A file is damaged, or does not belong to this model. The message says what, where, and how to fix it.</summary>
public sealed class ModelFileException : Exception
{
    /// <summary>Creates an exception with a message.</summary>
    public ModelFileException(string message) : base(message)
    {
    }

    /// <summary>Creates an exception with a message and a cause.</summary>
    public ModelFileException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates an exception.</summary>
    public ModelFileException()
    {
    }
}
