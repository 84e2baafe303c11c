using static System.FormattableString;

namespace AarenGen.Training;

/// <summary>Refuses trainings that need more memory than this machine has.</summary>
internal static class MemoryCheck
{
    /// <summary>What this process may use of the machine's memory.</summary>
    public static long AvailableBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Checks memory that consists of memory for the longest sequence and memory for threads.</summary>
    /// <param name="samples">Tokens of the longest sequence.</param>
    /// <param name="sequenceFloats">Floats that each thread takes because of the longest sequence.</param>
    /// <param name="threadFloats">Floats that each thread takes for any data: gradients of the weights, and the smallest pass.</param>
    /// <param name="threads">How many threads have such memory.</param>
    /// <param name="available">Bytes that this machine has.</param>
    /// <exception cref="ArgumentException">It has less; the message names the larger of the two.</exception>
    public static void Check(int samples, double sequenceFloats, double threadFloats, int threads, long available)
    {
        double needed = threads * (sequenceFloats + threadFloats) * sizeof(float);
        if (needed > available)
        {
            throw new ArgumentException(Message(samples, sequenceFloats, threadFloats, threads, available));
        }
    }

    /// <inheritdoc cref="Check"/>
    public static string Message(int samples, double sequenceFloats, double threadFloats, int threads, long available)
    {
        double needed = threads * (sequenceFloats + threadFloats) * sizeof(float);
        string machine = Invariant(
            $"takes {needed / 1e9:F1} GB with {threads} thread(s), but this machine has {available / 1e9:F1} GB in all: ");
        return sequenceFloats >= threadFloats
            ? Invariant($"The longest sequence has {samples} tokens. Working memory for it {machine}")
                + $"cut long sequences{(threads > 1 ? ", or lower Threads" : "")}."
            : $"Working memory of the model {machine}"
                + $"{(threads > 1 ? "lower Threads" : "take a machine with more memory, or a smaller model")}.";
    }
}
