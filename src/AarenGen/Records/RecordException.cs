namespace AarenGen;

/// <summary>A record cannot be used. The message names the record's series and time, the property, the mistake and the fix.</summary>
public sealed class RecordException : Exception
{
    /// <summary>A mistake in a record.</summary>
    /// <param name="message">What is wrong, where, and how to fix it.</param>
    /// <param name="innerException">The failure of the layer below, if any.</param>
    public RecordException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
