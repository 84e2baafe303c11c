using PublicApiGenerator;

namespace AarenGen.Orleans.Tests;

/// <summary>The public API as a golden file: every change to it shows in a diff.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void Public_api_is_as_reviewed() => Golden.Matches(
        typeof(ClusterStreamsOptions).Assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false })
            .Replace("\r\n", "\n", StringComparison.Ordinal) + "\n",
        "PublicApi.cs.txt");
}
