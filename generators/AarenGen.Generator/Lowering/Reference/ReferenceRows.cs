namespace AarenGen.Generator.Lowering.Reference;

/// <summary>What many operations do with rows: the kernel of rows.reference.cu.</summary>
internal static class ReferenceRows
{
    /// <summary>Adds whole rows.</summary>
    public static ReferenceLaunch Add(BufferArgument from, BufferArgument to, int width) =>
        AddColumns(from, width, 0, to, width, 0, width);

    /// <summary>Adds some columns of rows to some of others.</summary>
    public static ReferenceLaunch AddColumns(
        BufferArgument from, int fromWidth, int fromColumn, BufferArgument to, int toWidth, int toColumn, int columns) =>
        new("add_columns", ThreadCount.OfRows(columns), [from, fromWidth, fromColumn, to, toWidth, toColumn, columns]);
}
