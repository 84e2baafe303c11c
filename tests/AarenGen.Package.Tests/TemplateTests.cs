using AarenGen.Tests;

namespace AarenGen.Package.Tests;

/// <summary>Each template, installed, created, built, run and tested as a user does.</summary>
[Collection(PackageCollection.Name)]
public sealed class TemplateTests(PackedPackages packed) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-templates").FullName;

    /// <summary>The templates, and the commands of their programs with a text of each one's output.</summary>
    public static TheoryData<string, string, string, string, string> Templates => new()
    {
        { "aarengen-forecast", "train", "Beside simple forecasts", "stream", "next hour" },
        { "aarengen-classify", "train", "accuracy", "classify", "probability" },
        { "aarengen-events", "train", "nats", "stream", "then Read in" },
        { "aarengen-decide", "train", "return", "act -60", "were asked for -60" },
        { "aarengen-service", "train", "tokens/s", "demo", "next hour" },
    };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_template_is_tested() => Assert.Equal(
        Directory.GetDirectories(Path.Combine(Repository.Root, "src", "AarenGen.Templates", "templates")).Select(Path.GetFileName).Order(),
        Templates.Select(static t => (string)t[0]).Order());

    [Theory]
    [MemberData(nameof(Templates))]
    public void A_template_builds_runs_and_tests_as_created(string template, string first, string says, string second, string then)
    {
        packed.WriteSource(folder);
        // Templates and their settings of this test alone.
        string hive = $"--debug:custom-hive \"{Path.Combine(folder, "hive")}\"";
        Run($"new install \"{Path.Combine(packed.Folder, $"AarenGen.Templates.{packed.Version}.nupkg")}\" {hive}");
        Run($"new {template} -o My.App {hive}");

        Run("build My.App -c Release -warnaserror");
        Assert.Contains(says, Run($"run -c Release --no-build --project My.App/My.App -- {first}"), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(then, Run($"run -c Release --no-build --project My.App/My.App -- {second}"), StringComparison.OrdinalIgnoreCase);
        Run("test My.App -c Release --no-build");
        (int exitCode, string output) = Programs.Start(folder, "dotnet", "run -c Release --no-build --project My.App/My.App");
        Assert.Equal(2, exitCode);
        Assert.Contains($"{first}: ", output, StringComparison.Ordinal);
    }

    private string Run(string arguments) => Programs.Run(folder, "dotnet", arguments);
}
