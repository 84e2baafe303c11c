using AarenGen.Generator.Emission.CSharp;

namespace AarenGen.Generator.Tests;

/// <summary>Lines of generated code, C# or CUDA C.</summary>
internal static class GeneratedLines
{
    /// <summary>Characters without a space, of a user's long name, that no line can be broken in.</summary>
    private const int LongWord = 100;

    /// <summary>Lines over the limit, but for those that nothing but a user's long name makes so long.</summary>
    public static IEnumerable<string> TooLong(string code) => code.Split('\n')
        .Where(static l => l.Length > CodeWriter.MaxColumns && l.Split(' ').All(static word => word.Length < LongWord));
}
