namespace AarenGen.Tool;

/// <summary>A mistake of the user, in one line: what is wrong, where, and how to fix it.</summary>
internal sealed class UserException(string message, int exitCode = ExitCodes.Failed, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The exit code.</summary>
    public int ExitCode { get; } = exitCode;
}
