namespace AarenGen.Fuzzing;

/// <summary>A reader did what no input may make it do.</summary>
internal sealed class FuzzException(string message) : Exception(message);
