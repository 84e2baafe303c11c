namespace AarenGen;

/// <summary>A column of a regular grid.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Aggregation">What the values of one interval become.</param>
public readonly record struct ResampledColumn(string Name, Aggregation Aggregation = Aggregation.Mean);
