namespace AarenGen.AspNetCore;

/// <summary>What is the service's matter, and no mistake of a client or of the program: the same call may succeed later.</summary>
internal static class ServiceFailure
{
    /// <summary>Whether a call of the service failed because its store does, it stops, or parts of it cannot be reached.</summary>
    public static bool Is(Exception exception) => exception is IOException or ModelFileException or ObjectDisposedException
        or OperationCanceledException or TimeoutException;
}
