namespace AarenGen.Benchmarks;

/// <summary>What a benchmark found: a table for the console, numbers for a file, pictures for the documents.</summary>
/// <param name="Name">Lower case, with hyphens: the stem of its files.</param>
/// <param name="Title">The table's heading.</param>
/// <param name="Columns">Headings of the columns; the first column is text, the others are set to the right.</param>
/// <param name="Rows">Cells as they are shown.</param>
/// <param name="Data">The same unrounded, to be written as JSON.</param>
internal sealed record Section(
    string Name, string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, object Data)
{
    /// <summary>Sentences below the table: what was left out and why, what the ceilings say.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Pictures: a name that follows the section's in the file's name, and the picture.</summary>
    public IReadOnlyList<(string Name, string Svg)> Figures { get; init; } = [];
}
