namespace Experiments.Tests;

public sealed class RequirementTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("/nowhere", true)]
    public void Benchmark_files_are_there_where_a_folder_is_named(string? folder, bool areThere)
    {
        string? missing = BenchmarkData.Missing(folder);
        Assert.Equal(areThere, missing is null);
        Assert.True(areThere || missing!.Contains("AARENGEN_DATA", StringComparison.Ordinal));
    }
}
