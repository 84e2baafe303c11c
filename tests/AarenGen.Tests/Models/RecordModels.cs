namespace AarenGen.Tests.Models;

/// <summary><see cref="QuantileForecaster"/> as a user declares it.</summary>
[SequenceModel, Forecast<Reading>(3, "1h"), Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek), Standardize]
[Dense(8), Aaren(Heads = 2, FeedForward = 8), Quantiles(0.1, 0.5, 0.9)]
internal sealed partial class DerivedForecaster;

/// <summary>A category of <see cref="Kinds"/>; its names are not in the order of their values, and one value has two.</summary>
internal enum Phase : ulong
{
    Late = ulong.MaxValue,
    Early = 2,
    Middle = 7,
    Start = Early,
}

/// <summary>A value of each type that a property may have.</summary>
internal readonly record struct Kinds(
    [property: SeriesKey] ulong Id, [property: Timestamp] DateTime Time, [property: Target(Aggregation = Aggregation.Sum)] decimal Money,
    [property: Target] float Single, [property: Observed] double Double, [property: Observed] sbyte SByte, [property: Observed] byte Byte,
    [property: Observed] short Int16, [property: Observed] ushort UInt16, [property: Observed] int Int32, [property: Observed] uint UInt32,
    [property: Observed] long Int64, [property: Observed] ulong UInt64, [property: Observed] bool Flag,
    [property: Observed] decimal? MaybeMoney, [property: Observed] float? MaybeSingle, [property: Observed] ulong? MaybeUInt64,
    [property: Observed] bool? MaybeFlag, [property: Category] Phase Phase, [property: Category] Phase? MaybePhase,
    [property: Category] bool Truth, [property: Category] bool? MaybeTruth, [property: Category(5)] byte Rank,
    [property: Category(1000)] ulong? MaybeRank, [property: Category("low", "high")] string Level,
    [property: Category("a", "b", "c")] string? MaybeLevel);

/// <summary>Binds <see cref="Kinds"/>.</summary>
[SequenceModel, Forecast<Kinds>(2, "1d", TimeZone = "Europe/Berlin"), InstanceNorm, Dense(8), MinGru(FeedForward = 8), Huber]
internal sealed partial class KindsForecaster;
