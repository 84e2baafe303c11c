using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>Collects mistakes; each check answers with a value that lets planning go on, so that one build reports all of them.</summary>
internal sealed class DiagnosticBag(Declaration declaration, IEnumerable<DiagnosticInfo> found)
{
    private readonly List<DiagnosticInfo> diagnostics = [.. found];

    public IReadOnlyList<DiagnosticInfo> All => diagnostics;

    public void Add(DiagnosticInfo problem) => diagnostics.Add(problem);

    public DiagnosticLocation LocationOf(ComponentDeclaration part, string? argument = null)
    {
        // By reference: two parts may be equal.
        int index = declaration.Parts.TakeWhile(p => !ReferenceEquals(p, part)).Count();
        return new(index, argument is not null && part.Has(argument) ? argument : null);
    }

    /// <summary>An integer argument. Where the compiler could not read it, it has reported that itself.</summary>
    public int InRange(ComponentDeclaration part, string argument, int min, int max)
    {
        if (!part.Has(argument))
        {
            return min;
        }
        int value = part.Integer(argument);
        if (value >= min && value <= max)
        {
            return value;
        }
        Add(
            DiagnosticInfo.At(
                LocationOf(part, argument), DiagnosticDescriptors.OutOfRange, argument, part.Name, value, $"from {min} to {max}"));
        return min;
    }

    /// <summary>A double argument from 0 to below 1, as a float too; 0 where it is not written.</summary>
    public double Share(ComponentDeclaration part, string argument)
    {
        double value = part.Number(argument);
        if (value >= 0 && (float)value < 1)
        {
            return value;
        }
        Add(DiagnosticInfo.At(
            LocationOf(part, argument), DiagnosticDescriptors.OutOfRange, argument, part.Name, value,
            "from 0 to below 1 when rounded to a float"));
        return 0;
    }

    /// <summary>A double argument above 0, within limits; <paramref name="defaultValue"/> where it is not written.</summary>
    public double Positive(ComponentDeclaration part, string argument, double defaultValue) =>
        InRange(part, argument, Limits.MinPositive, Limits.MaxPositive, defaultValue);

    /// <summary>A double argument; <paramref name="defaultValue"/> where it is not written.</summary>
    public double InRange(ComponentDeclaration part, string argument, double min, double max, double defaultValue)
    {
        double value = part.Number(argument, defaultValue);
        if (value >= min && value <= max)
        {
            return value;
        }
        Add(DiagnosticInfo.At(
            LocationOf(part, argument), DiagnosticDescriptors.OutOfRange, argument, part.Name, value,
            FormattableString.Invariant($"from {min} to {max}")));
        return defaultValue;
    }

    /// <summary>Number of values that the outputs hold, each with the given number of parameters.</summary>
    public int Stretches(ComponentDeclaration part, int width, int parameters, string what)
    {
        if (width % parameters != 0)
        {
            Add(DiagnosticInfo.At(
                LocationOf(part), DiagnosticDescriptors.OutputsDoNotFit, part.Name, $"a multiple of {parameters} outputs ({what})", width));
        }
        return Math.Max(1, width / parameters);
    }

    /// <summary>What belongs to the value of an enumeration argument, by its number; the first where it is not written.</summary>
    public T Choice<T>(ComponentDeclaration part, string argument, string[] names, T[] choices)
    {
        int value = part.Integer(argument);
        if (value >= 0 && value < choices.Length)
        {
            return choices[value];
        }
        Add(
            DiagnosticInfo.At(
                LocationOf(part, argument), DiagnosticDescriptors.UndefinedValue, argument, part.Name, value, string.Join(", ", names)));
        return choices[0];
    }

    /// <summary>Attention heads, which must divide the width; 1 where they do not.</summary>
    public int Heads(ComponentDeclaration part, int heads, int width)
    {
        if (heads >= 1 && width % heads == 0)
        {
            return heads;
        }
        if (heads < 1)
        {
            Add(DiagnosticInfo.At(LocationOf(part, "Heads"), DiagnosticDescriptors.OutOfRange, "Heads", part.Name, heads, "at least 1"));
        }
        else
        {
            string divisors = string.Join(", ", Enumerable.Range(1, Math.Min(width, 64)).Where(h => width % h == 0));
            Add(DiagnosticInfo.At(LocationOf(part, "Heads"), DiagnosticDescriptors.HeadsDoNotDivide, heads, width, divisors));
        }
        return 1;
    }
}
