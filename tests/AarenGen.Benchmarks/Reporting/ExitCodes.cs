namespace AarenGen.Benchmarks;

/// <summary>What the program ends with beside 0.</summary>
internal static class ExitCodes
{
    /// <summary>A benchmark was asked for that needs an NVIDIA GPU, and there is none.</summary>
    public const int NoDevice = 3;

    /// <summary>It was stopped from outside.</summary>
    public const int Stopped = 130;
}
