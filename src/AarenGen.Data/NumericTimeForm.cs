namespace AarenGen.Data;

/// <summary>How numbers count time.</summary>
/// <param name="Name">What they are, such as "unix seconds".</param>
/// <param name="ToMoment">The moment of a number; null: it is none.</param>
/// <param name="IsUtc">Whether the moments are in UTC; otherwise they name no zone.</param>
internal sealed record NumericTimeForm(string Name, Func<double, DateTime?> ToMoment, bool IsUtc = false);
