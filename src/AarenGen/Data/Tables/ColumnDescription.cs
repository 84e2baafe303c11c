namespace AarenGen;

/// <summary>A column of a table.</summary>
/// <param name="Name">The name; different from the names of the table's other columns.</param>
/// <param name="Type">
/// What its cells are. In a text file this is what the beginning of the file looks like: information, not a promise.
/// </param>
public sealed record ColumnDescription(string Name, ColumnType Type);
