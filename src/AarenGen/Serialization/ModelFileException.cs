namespace AarenGen;

/// <summary>A file is damaged, or does not belong to this model. The message says what, where and how to mend it.</summary>
public sealed class ModelFileException : Exception
{
    /// <summary>Made by the library.</summary>
    public ModelFileException(string message) : base(message)
    {
    }

    /// <summary>Made by the library.</summary>
    public ModelFileException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Made by the library.</summary>
    public ModelFileException()
    {
    }
}
