using System.Globalization;
using System.Text;

namespace AarenGen.Generator.Model;

/// <summary>
/// An operation as data that a program reads: its kind, its inputs, the names of its parameters in files (or of what was derived from
/// some), and further numbers. The package of each kind's translation knows the order of all of these.
/// </summary>
internal sealed record OperationDescription(string Kind, string Output, int Width)
{
    public EquatableArray<Value> Inputs { get; init; } = new([]);

    public EquatableArray<string> Parameters { get; init; } = new([]);

    public EquatableArray<double> Numbers { get; init; } = new([]);

    /// <summary>An operation that writes a value.</summary>
    public static OperationDescription Of(string kind, Value output, params Value[] inputs) =>
        new(kind, output.Name, output.Width) { Inputs = new(inputs) };

    public OperationDescription WithParameters(params string[] names) => this with { Parameters = new(names) };

    public OperationDescription WithNumbers(params double[] numbers) => this with { Numbers = new(numbers) };

    /// <summary>
    /// One line of six fields with a space between them, as the runtime's LayerDescription reads it: lists have commas, and what is empty
    /// is a hyphen. A line that would be longer goes on in the next one, behind a space.
    /// </summary>
    public IEnumerable<string> Lines(int longest)
    {
        string[] fields =
        [
            Kind, Output, Width.ToString(CultureInfo.InvariantCulture), List(Inputs.Select(static v => v.Name)), List(Parameters),
            List(Numbers.Select(static n => n.ToString("R", CultureInfo.InvariantCulture))),
        ];
        string text = string.Join(" ", fields);
        while (text.Length > longest && text.LastIndexOf(',', longest - 1) is > 0 and var comma)
        {
            yield return text.Substring(0, comma + 1);
            text = " " + text.Substring(comma + 1);
        }
        yield return text;
    }

    private static string List(IEnumerable<string> items)
    {
        string joined = string.Join(",", items);
        return joined.Length == 0 ? "-" : joined;
    }
}
