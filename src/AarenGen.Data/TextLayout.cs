namespace AarenGen.Data;

/// <summary>The separator of a text table, and what comes before the table.</summary>
/// <param name="Separator">The character between the cells.</param>
/// <param name="IsDeclared">Whether the first line is Excel's "sep=;", which names it.</param>
/// <param name="Comments">Lines of comments that come first.</param>
internal readonly record struct TextLayout(char Separator, bool IsDeclared, int Comments);
