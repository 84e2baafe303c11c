using static System.FormattableString;

namespace AarenGen.Training;

/// <summary>Memory of a training or an evaluation.</summary>
internal readonly record struct MemoryNeeds
{
    /// <summary>How many threads have memory of their own.</summary>
    public required int Threads { get; init; }

    /// <summary>Floats that each thread takes because of the longest sequence, or chunk of one.</summary>
    public required double SequenceFloats { get; init; }

    /// <summary>Floats that each thread takes for any data: gradients of the weights, and the smallest pass.</summary>
    public required double ThreadFloats { get; init; }

    /// <summary>Bytes of the states that are carried from chunk to chunk.</summary>
    public double StateBytes { get; init; }

    public double Bytes => Threads * (SequenceFloats + ThreadFloats) * sizeof(float) + StateBytes;
}

/// <summary>Refuses trainings that need more memory than this machine has.</summary>
internal static class MemoryCheck
{
    /// <summary>What this process may use of the machine's memory.</summary>
    public static long AvailableBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Checks that this machine has the memory.</summary>
    /// <param name="samples">Tokens of the longest sequence, or chunk of one.</param>
    /// <param name="needs">What is needed.</param>
    /// <param name="available">Bytes that this machine has.</param>
    /// <exception cref="ArgumentException">It has less; the message names the largest part.</exception>
    public static void Check(int samples, MemoryNeeds needs, long available)
    {
        if (needs.Bytes > available)
        {
            throw new ArgumentException(Message(samples, needs, available));
        }
    }

    /// <inheritdoc cref="Check"/>
    public static string Message(int samples, MemoryNeeds needs, long available)
    {
        string machine = Invariant(
            $"takes {needs.Bytes / 1e9:F1} GB with {needs.Threads} thread(s), but this machine has {available / 1e9:F1} GB in all: ");
        string lowerThreads = needs.Threads > 1 ? ", or lower Threads" : "";
        if (needs.StateBytes > needs.Bytes / 2)
        {
            return $"Working memory with the states that {nameof(TrainingOptions.CarryState)} carries {machine}"
                + $"lower {nameof(TrainingOptions.BatchSize)}{lowerThreads}.";
        }
        (string longest, string remedy) = needs.StateBytes > 0 ? ("chunk", $"lower {nameof(TrainingOptions.CarryState)}")
            : ("sequence", $"cut long sequences, or set {nameof(TrainingOptions.CarryState)}");
        return needs.SequenceFloats >= needs.ThreadFloats
            ? Invariant($"The longest {longest} has {samples} tokens. ") + $"Working memory for it {machine}{remedy}{lowerThreads}."
            : $"Working memory of the model {machine}"
                + $"{(needs.Threads > 1 ? "lower Threads" : "take a machine with more memory, or a smaller model")}.";
    }
}
