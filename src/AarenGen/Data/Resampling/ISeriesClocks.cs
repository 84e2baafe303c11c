namespace AarenGen;

/// <summary>A table that converts local times to UTC, with a clock for each series.</summary>
internal interface ISeriesClocks
{
    /// <summary>Tells the series apart from the next row on.</summary>
    /// <param name="key">The column of the series' keys.</param>
    /// <exception cref="ArgumentException">The table's options name another column.</exception>
    void UseSeriesKey(int key);
}
