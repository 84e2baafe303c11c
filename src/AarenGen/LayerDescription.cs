using System.ComponentModel;
using System.Globalization;

namespace AarenGen;

/// <summary>
/// What a layer computes in inference, as operations on rows of values, given once for all its blocks. Generated code creates it; only the
/// library and its packages read it, so that it may change with any version.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class LayerDescription
{
    private readonly string name, operations;
    private readonly int? firstNumber;

    /// <summary>Called by generated code.</summary>
    /// <param name="name">The layer's name in files.</param>
    /// <param name="firstNumber">The first block's number, which follows the name; null for a single block without a number.</param>
    /// <param name="repeat">Number of blocks, one after the other.</param>
    /// <param name="head">The head that the layer belongs to, from 0; -1: the trunk.</param>
    /// <param name="operations">
    /// The operations of a block in order, one a line. Fields, with a space between them: the kind; the output's name; its width; the
    /// inputs' names; the parameters' names without the layer's; further numbers. Lists have commas, and what is empty is a hyphen. A line
    /// that begins with a space goes on from the one before. The block's own input and output have the names "input" and "output".
    /// </param>
    public LayerDescription(string name, int? firstNumber, int repeat, int head, string operations)
    {
        this.name = name;
        this.firstNumber = firstNumber;
        this.operations = operations;
        Repeat = repeat;
        Head = head;
    }

    internal int Repeat { get; }

    internal int Head { get; }

    /// <summary>The operations of a block in order.</summary>
    internal IReadOnlyList<OperationDescription> Operations =>
        [.. operations.Replace("\n ", "", StringComparison.Ordinal).Split('\n').Select(OperationDescription.Parse)];

    /// <summary>What the names of a block's parameters begin with, before the point.</summary>
    internal string NameOf(int block) =>
        firstNumber is { } first ? $"{name}.{(first + block).ToString(CultureInfo.InvariantCulture)}" : name;
}

/// <summary>An operation: a line of a <see cref="LayerDescription"/>.</summary>
internal sealed record OperationDescription(
    string Kind, string Output, int Width, IReadOnlyList<string> Inputs, IReadOnlyList<string> Parameters, IReadOnlyList<double> Numbers)
{
    public static OperationDescription Parse(string line)
    {
        string[] fields = line.Split(' ');
        return new(
            fields[0], fields[1], int.Parse(fields[2], CultureInfo.InvariantCulture), List(fields[3]), List(fields[4]),
            [.. List(fields[5]).Select(static n => double.Parse(n, CultureInfo.InvariantCulture))]);

        static string[] List(string field) => field == "-" ? [] : field.Split(',');
    }
}
