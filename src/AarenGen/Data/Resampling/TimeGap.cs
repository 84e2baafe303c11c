namespace AarenGen;

/// <summary>Neighbouring intervals of a regular grid without any row.</summary>
/// <param name="Start">The beginning of the first empty interval, in UTC.</param>
/// <param name="End">The end of the last one.</param>
/// <param name="FirstRow">The row of the first one in its series.</param>
/// <param name="Rows">How many there are.</param>
public readonly record struct TimeGap(DateTimeOffset Start, DateTimeOffset End, int FirstRow, int Rows);
