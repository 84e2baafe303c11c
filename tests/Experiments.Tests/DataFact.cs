namespace Experiments.Tests;

/// <summary>Skipped where AARENGEN_DATA does not name the folder with the benchmark files.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DataFactAttribute : FactAttribute
{
    public DataFactAttribute()
    {
        if (BenchmarkData.Folder is null)
        {
            Skip = BenchmarkData.Missing;
        }
    }
}

/// <summary><see cref="DataFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DataTheoryAttribute : TheoryAttribute
{
    public DataTheoryAttribute()
    {
        if (BenchmarkData.Folder is null)
        {
            Skip = BenchmarkData.Missing;
        }
    }
}

/// <summary>The benchmark files, which are not part of the project.</summary>
internal static class BenchmarkData
{
    public const string Missing = "The benchmark files are needed: set AARENGEN_DATA to their folder; see CONTRIBUTING.md.";

    public static string? Folder { get; } = Environment.GetEnvironmentVariable("AARENGEN_DATA") is { Length: > 0 } folder ? folder : null;

    public static string At(params string[] parts) => Path.Combine([Folder!, .. parts]);

    public static TsDataset Classification(string name, string part) => TsFile.Read(At("classification", name, $"{name}_{part}.ts"));
}
