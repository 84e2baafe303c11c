namespace AarenGen.Tests;

/// <summary>Names by which a run chooses tests, as in <c>--filter Checks=Arithmetic</c>.</summary>
internal static class TestTraits
{
    /// <summary>What a class checks.</summary>
    public const string Checks = "Checks";

    /// <summary>
    /// Numbers that kernels compute, alone or in models, which another vector width rounds in another way: against loops in double,
    /// PyTorch's numbers, differences, or another cut of the same sequence. Without vectors only these run, since trainings then take
    /// minutes.
    /// </summary>
    public const string Arithmetic = "Arithmetic";
}
