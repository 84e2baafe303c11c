using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>Collects mistakes; each check returns a valid value, so that planning continues and one build reports all mistakes.</summary>
internal sealed class DiagnosticBag(Declaration declaration, IEnumerable<DiagnosticInfo> found)
{
    private readonly List<DiagnosticInfo> diagnostics = [.. found];

    public IReadOnlyList<DiagnosticInfo> All => diagnostics;

    /// <summary>Whether nothing can be generated: warnings alone stop nothing.</summary>
    public bool HasErrors => diagnostics.Any(static d => DiagnosticDescriptors.IsError(d.Id));

    public void Add(DiagnosticInfo problem) => diagnostics.Add(problem);

    /// <summary>Where a component stands, or one of its arguments: of a derived one, those that the user wrote.</summary>
    public DiagnosticLocation LocationOf(ComponentDeclaration component, string? argument = null)
    {
        component = component.Origin ?? component;
        // By reference: two components may be equal.
        int index = declaration.Components.TakeWhile(p => !ReferenceEquals(p, component)).Count();
        return new(index, argument is not null && component.Has(argument) ? argument : null);
    }

    /// <summary>An integer argument. Where the compiler could not read it, it has reported that itself.</summary>
    public int InRange(ComponentDeclaration component, string argument, int min, int max)
    {
        if (!component.Has(argument))
        {
            return min;
        }
        int value = component.Integer(argument);
        if (value >= min && value <= max)
        {
            return value;
        }
        Add(
            DiagnosticInfo.At(
                LocationOf(component, argument), DiagnosticDescriptors.OutOfRange, argument, component.Name, value,
                $"from {min} to {max}") with { Replacement = Literal.Number(Math.Min(max, Math.Max(min, value))) });
        return min;
    }

    /// <summary>A double argument from 0 to below 1, also as a float; 0 by default.</summary>
    public double Fraction(ComponentDeclaration component, string argument)
    {
        double value = component.Number(argument);
        if (value >= 0 && (float)value < 1)
        {
            return value;
        }
        Add(DiagnosticInfo.At(
            LocationOf(component, argument), DiagnosticDescriptors.OutOfRange, argument, component.Name, value,
            "from 0 to below 1 when rounded to a float"));
        return 0;
    }

    /// <summary>A double argument above 0, within limits; <paramref name="defaultValue"/> where it is not written.</summary>
    public double Positive(ComponentDeclaration component, string argument, double defaultValue) =>
        InRange(component, argument, Limits.MinPositive, Limits.MaxPositive, defaultValue);

    /// <summary>A double argument; <paramref name="defaultValue"/> where it is not written.</summary>
    public double InRange(ComponentDeclaration component, string argument, double min, double max, double defaultValue)
    {
        double value = component.Number(argument, defaultValue);
        if (value >= min && value <= max)
        {
            return value;
        }
        Add(DiagnosticInfo.At(
            LocationOf(component, argument), DiagnosticDescriptors.OutOfRange, argument, component.Name, value,
            FormattableString.Invariant($"from {min} to {max}"))
            with { Replacement = double.IsNaN(value) ? null : Literal.Double(Math.Min(max, Math.Max(min, value))) });
        return defaultValue;
    }

    /// <summary>Number of values that the outputs hold, each with the given number of parameters.</summary>
    public int OutputGroups(ComponentDeclaration component, int width, int parameters, string what)
    {
        if (width % parameters != 0)
        {
            Add(DiagnosticInfo.At(
                LocationOf(component), DiagnosticDescriptors.OutputsDoNotFit, component.Name,
                $"a multiple of {parameters} outputs ({what})", width));
        }
        return Math.Max(1, width / parameters);
    }

    /// <summary>The choice for the value of an enumeration argument, by its number; the first one by default.</summary>
    public T Choice<T>(ComponentDeclaration component, string argument, string[] names, T[] choices)
    {
        int value = component.Integer(argument);
        if (value >= 0 && value < choices.Length)
        {
            return choices[value];
        }
        Add(
            DiagnosticInfo.At(
                LocationOf(component, argument), DiagnosticDescriptors.UndefinedValue, argument, component.Name, value,
                string.Join(", ", names)));
        return choices[0];
    }

    /// <summary>Attention heads, which must divide the width; 1 if they do not.</summary>
    public int Heads(ComponentDeclaration component, int heads, int width)
    {
        if (heads >= 1 && width % heads == 0)
        {
            return heads;
        }
        if (heads < 1)
        {
            Add(DiagnosticInfo.At(
                LocationOf(component, "Heads"), DiagnosticDescriptors.OutOfRange, "Heads", component.Name, heads, "at least 1")
                with { Replacement = "1" });
        }
        else
        {
            int[] divisors = [.. Enumerable.Range(1, Math.Min(width, 64)).Where(h => width % h == 0)];
            Add(DiagnosticInfo.At(
                LocationOf(component, "Heads"), DiagnosticDescriptors.HeadsDoNotDivide, heads, width, string.Join(", ", divisors))
                with { Replacement = Literal.Number(divisors.OrderBy(d => Math.Abs((long)d - heads)).First()) });
        }
        return 1;
    }
}
