namespace AarenGen.Cuda.Interop;

/// <summary>A message that lists all that was tried, each with the reason why it did not serve.</summary>
internal static class Attempts
{
    private const string Heading = " Tried:";

    /// <param name="summary">A sentence: what did not work.</param>
    /// <param name="attempts">What was tried, in order, each with its reason.</param>
    /// <param name="remedy">What helps.</param>
    public static string Describe(string summary, IEnumerable<string> attempts, string remedy) =>
        $"{summary}{Heading}{string.Concat(attempts.Select(static a => $"\n  {a}"))}\n{remedy}";

    /// <summary>A message without the list, for a reader who only wants to know what did not work.</summary>
    public static string Summarize(string message) => message.Split(Heading + "\n", 2)[0];
}
