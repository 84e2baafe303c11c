using static System.FormattableString;

namespace Experiments.Tests;

/// <summary>Skipped where AARENGEN_DATA does not name the folder with the benchmark files.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DataFactAttribute : FactAttribute
{
    public DataFactAttribute() => Skip = BenchmarkData.Missing(BenchmarkData.Folder);
}

/// <summary><see cref="DataFactAttribute"/> with arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DataTheoryAttribute : TheoryAttribute
{
    public DataTheoryAttribute() => Skip = BenchmarkData.Missing(BenchmarkData.Folder);
}

/// <summary>Skipped where no font is installed: pictures have no letters there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FontFactAttribute : FactAttribute
{
    public FontFactAttribute() => Skip = Plots.MissingFonts;
}

/// <summary>The benchmark files, which are not part of the project.</summary>
internal static class BenchmarkData
{
    public static string? Folder { get; } = Environment.GetEnvironmentVariable("AARENGEN_DATA");

    /// <summary>Why tests are skipped; null where a folder is named: where files are not in it, tests fail.</summary>
    public static string? Missing(string? folder) =>
        string.IsNullOrEmpty(folder) ? "The benchmark files are needed: set AARENGEN_DATA to their folder; see CONTRIBUTING.md." : null;

    public static string At(params string[] parts) => Path.Combine([Folder!, .. parts]);

    /// <summary>Stack Overflow's five folds, divided.</summary>
    public static EventSplit StackOverflow()
    {
        string[] Files(string name) =>
            [.. Enumerable.Range(1, 5).Select(fold => At("events", "StackOverflow", Invariant($"{name}-{fold}-test.txt")))];
        return EventData.OfText(Files("time"), Files("event"), "seconds").Split;
    }

    public static TsDataset Classification(string name, string part) => TsFile.Read(At("classification", name, $"{name}_{part}.ts"));
}
