namespace AarenGen.Cuda.Tests;

/// <summary>A function of a stub library: it writes numbers where its arguments point and returns a number or a text.</summary>
/// <param name="Name">The name under which it is exported.</param>
/// <param name="Result">What it returns.</param>
/// <param name="Writes">What it writes.</param>
internal sealed record StubEntry(string Name, int Result = 0, params StubWrite[] Writes)
{
    /// <summary>The text whose address it returns instead of a number.</summary>
    public string? Text { get; init; }

    /// <summary>The argument that it writes where the first one points: the second or the third, 1 or 2.</summary>
    public int? Copied { get; init; }
}

/// <summary>A number of 32 bits, written where an argument points.</summary>
/// <param name="Argument">The argument, from 0.</param>
/// <param name="Value">The number.</param>
/// <param name="IsWide">Whether it is written with 64 bits.</param>
internal readonly record struct StubWrite(int Argument, int Value, bool IsWide = false);
