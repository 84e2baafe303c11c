namespace Reporting;

/// <summary>A mistake of the user, in one line: what is wrong, where, and how to fix it.</summary>
internal class UserException : Exception
{
    /// <summary>A mistake.</summary>
    /// <param name="message">One line.</param>
    /// <param name="cause">The failure of the layer below, if any.</param>
    public UserException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
