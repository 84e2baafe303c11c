using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>Collects mistakes; each check answers with a value that lets planning go on, so that one build reports all of them.</summary>
internal sealed class ProblemList(Declaration declaration, IEnumerable<Problem> found)
{
    private readonly List<Problem> problems = [.. found];

    public IReadOnlyList<Problem> All => problems;

    public void Add(Problem problem) => problems.Add(problem);

    public Site SiteOf(PartDeclaration part, string? argument = null)
    {
        // By reference: two parts may be equal.
        int index = declaration.Parts.TakeWhile(p => !ReferenceEquals(p, part)).Count();
        return new(index, argument is not null && part.Has(argument) ? argument : null);
    }

    /// <summary>An integer argument. Where the compiler could not read it, it has reported that itself.</summary>
    public int InRange(PartDeclaration part, string argument, int least, int most)
    {
        if (!part.Has(argument))
        {
            return least;
        }
        int value = part.Integer(argument);
        if (value >= least && value <= most)
        {
            return value;
        }
        Add(Problem.At(SiteOf(part, argument), Descriptors.OutOfRange, argument, part.Name, value, $"from {least} to {most}"));
        return least;
    }

    /// <summary>A double argument from 0 to below 1, as a float too; 0 where it is not written.</summary>
    public double Share(PartDeclaration part, string argument)
    {
        double value = part.Number(argument);
        if (value >= 0 && (float)value < 1)
        {
            return value;
        }
        Add(Problem.At(
            SiteOf(part, argument), Descriptors.OutOfRange, argument, part.Name, value, "from 0 to below 1 when rounded to a float"));
        return 0;
    }

    /// <summary>A double argument above 0, within limits; <paramref name="otherwise"/> where it is not written.</summary>
    public double Positive(PartDeclaration part, string argument, double otherwise)
    {
        double value = part.Number(argument, otherwise);
        if (value is >= Limits.MinPositive and <= Limits.MaxPositive)
        {
            return value;
        }
        Add(Problem.At(
            SiteOf(part, argument), Descriptors.OutOfRange, argument, part.Name, value,
            FormattableString.Invariant($"from {Limits.MinPositive} to {Limits.MaxPositive}")));
        return otherwise;
    }

    /// <summary>Into how many values the outputs divide, each having so many parameters.</summary>
    public int Stretches(PartDeclaration part, int width, int parameters, string what)
    {
        if (width % parameters != 0)
        {
            Add(Problem.At(SiteOf(part), Descriptors.OutputsDoNotFit, part.Name, $"a multiple of {parameters} outputs ({what})", width));
        }
        return Math.Max(1, width / parameters);
    }

    /// <summary>What belongs to the value of an enumeration argument, by its number; the first where it is not written.</summary>
    public T Choice<T>(PartDeclaration part, string argument, string[] names, T[] choices)
    {
        int value = part.Integer(argument);
        if (value >= 0 && value < choices.Length)
        {
            return choices[value];
        }
        Add(Problem.At(SiteOf(part, argument), Descriptors.UndefinedValue, argument, part.Name, value, string.Join(", ", names)));
        return choices[0];
    }

    /// <summary>Attention heads, which must divide the width; 1 where they do not.</summary>
    public int Heads(PartDeclaration part, int heads, int width)
    {
        if (heads >= 1 && width % heads == 0)
        {
            return heads;
        }
        if (heads < 1)
        {
            Add(Problem.At(SiteOf(part, "Heads"), Descriptors.OutOfRange, "Heads", part.Name, heads, "at least 1"));
        }
        else
        {
            string divisors = string.Join(", ", Enumerable.Range(1, Math.Min(width, 64)).Where(h => width % h == 0));
            Add(Problem.At(SiteOf(part, "Heads"), Descriptors.HeadsDoNotDivide, heads, width, divisors));
        }
        return 1;
    }
}
