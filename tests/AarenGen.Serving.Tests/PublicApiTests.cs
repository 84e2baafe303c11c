using AarenGen.Serving.Sqlite;
using PublicApiGenerator;

namespace AarenGen.Serving.Tests;

/// <summary>The public API as a golden file: every change to it shows in a diff.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void Public_api_of_the_service_is_as_reviewed() => Matches(typeof(StreamService<>), "PublicApi.cs.txt");

    [Fact]
    public void Public_api_of_the_store_by_SQLite_is_as_reviewed() => Matches(typeof(SqliteStreamStore), "PublicApi.Sqlite.cs.txt");

    private static void Matches(Type type, string fileName) => Golden.Matches(
        type.Assembly.GeneratePublicApi(new ApiGeneratorOptions
            {
                IncludeAssemblyAttributes = false,
                ExcludeAttributes =
                [
                    "System.Runtime.CompilerServices.AsyncIteratorStateMachineAttribute",
                    "System.Runtime.CompilerServices.AsyncMethodBuilderAttribute",
                ],
            })
            .Replace("\r\n", "\n", StringComparison.Ordinal) + "\n",
        fileName);
}
