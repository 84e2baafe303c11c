namespace AarenGen.Benchmarks;

/// <summary>What the program ends with beside 0.</summary>
internal static class ExitCodes
{
    /// <summary>The requested benchmark needs an NVIDIA GPU, and the machine has none.</summary>
    public const int NoDevice = 3;

    /// <summary>It was stopped from outside.</summary>
    public const int Stopped = 130;
}
