namespace AarenGen.Data;

/// <summary>The moments of a table's rows.</summary>
/// <param name="Name">The column, or columns, that they were read from.</param>
/// <param name="Form">How they were written, such as "dates, day first".</param>
/// <param name="Instants">
/// One moment per row, in UTC if <paramref name="IsUtc"/>. Times of day start at the first of January 1970.
/// </param>
/// <param name="IsAbsolute">Whether the moments decide the order of rows; times of day do not, because they restart each day.</param>
/// <param name="IsUtc">Whether the moments are in UTC: the file or the options name a zone. Otherwise they are as written.</param>
public sealed record TimeColumn(string Name, string Form, DateTime[] Instants, bool IsAbsolute = true, bool IsUtc = false)
{
    /// <summary>The distance of neighbouring rows; null if it is irregular.</summary>
    public TimeStep? Step => TimeStep.Find(Instants)?.Step;
}
