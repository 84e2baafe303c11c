using System.Diagnostics;
using AarenGen.Tests;
using Xunit.Abstractions;

namespace AarenGen.Package.Tests;

/// <summary>Users' programs against the packed packages and nothing of the sources: built, run, and published.</summary>
[Collection(PackageCollection.Name)]
public sealed class PackageTests(PackedPackages packed, ITestOutputHelper log) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-package").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_program_builds_and_runs_against_the_package()
    {
        Prepare("Consumer", "AarenGen");
        AssertWorks(Run("dotnet", "run -c Release"));
    }

    [Fact]
    public void A_training_killed_and_resumed_equals_an_uninterrupted_one()
    {
        Prepare("Consumer", "AarenGen");
        Run("dotnet", "build -c Release -o built");
        string program = Path.Combine(folder, "built", "Consumer.dll"), straight = Path.Combine(folder, "straight"),
            killed = Path.Combine(folder, "killed");
        Run("dotnet", $"\"{program}\" \"{straight}\" -1");
        int kills = 0;
        for (int milliseconds = 300; kills < 50; milliseconds += milliseconds / 8, kills++)
        {
            // Each process goes on from the last checkpoint and is killed later than the one before. The time grows by an eighth, so that
            // it is long enough on a slow machine, too.
            using Process process = Process.Start(new ProcessStartInfo("dotnet", $"\"{program}\" \"{killed}\" {milliseconds}"))!;
            process.WaitForExit();
            if (process.ExitCode == 0)
            {
                break;
            }
        }
        log.WriteLine($"killed {kills} times");
        Assert.InRange(kills, 1, 49);
        Assert.Equal(File.ReadAllBytes(straight + ".weights"), File.ReadAllBytes(killed + ".weights"));
    }

    [NativeFact]
    public void A_program_published_ahead_of_time_works_without_warnings()
    {
        Prepare("Consumer", "AarenGen");
        AssertWorks(Publish(""));
    }

    [Fact]
    public void A_program_with_typed_records_builds_and_runs_against_the_packages()
    {
        Prepare("TypedConsumer", [.. PackedPackages.Projects.Where(static p => p.Kind == PackageKind.Library).Select(static p => p.Name)]);
        AssertTyped(Run("dotnet", "run -c Release"), "page True", "devices True", "graphs ");
    }

    [NativeFact]
    public void Typed_records_published_ahead_of_time_give_the_same_results_without_warnings() => AssertSamePublished("");

    [Fact]
    public void Typed_records_in_a_trimmed_single_file_give_the_same_results_without_warnings() =>
        AssertSamePublished("-p:PublishAot=false -p:PublishTrimmed=true -p:PublishSingleFile=true --self-contained");

    [Fact]
    public void Reports_are_written_by_a_single_file()
    {
        // The packages of tables and reports bring AarenGen and its generator.
        Prepare("TypedConsumer", "AarenGen.Data", "AarenGen.Reports");
        string output = Publish(
            "-p:PublishAot=false -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true --no-self-contained");
        AssertTyped(output, "page True");
    }

    private void AssertSamePublished(string arguments)
    {
        Prepare("TypedConsumer", "AarenGen", "AarenGen.Data", "AarenGen.Cuda", "AarenGen.Onnx");
        packed.TypedOutput ??= Run("dotnet", "run -c Release");
        AssertTyped(packed.TypedOutput, "devices True", "graphs ");
        Assert.Equal(packed.TypedOutput, Publish(arguments));
    }

    /// <summary>Publishes the program as one file and returns what that says.</summary>
    private string Publish(string arguments)
    {
        Run("dotnet", $"publish -c Release --use-current-runtime -o published {arguments}");
        string published = Path.Combine(folder, "published");
        string program = Path.Combine(published, OperatingSystem.IsWindows() ? "Consumer.exe" : "Consumer");
        log.WriteLine($"published program: {new FileInfo(program).Length / 1e6:F1} MB {arguments}");
        Assert.Equal([], Directory.GetFiles(published, "*.dll"));
        return Run(program, "");
    }

    [Fact]
    public void Without_the_package_of_tables_records_are_read_by_a_readers_interface_alone()
    {
        Prepare("TypedConsumer", "AarenGen");
        string program = Path.Combine(folder, "Program.cs");
        (int exitCode, string output) = Programs.Start(folder, "dotnet", "build -c Release");
        // A path is no ITableReader.
        Assert.NotEqual(0, exitCode);
        Assert.Contains("error CS1503", output, StringComparison.Ordinal);
        File.WriteAllText(program, File.ReadAllText(program)
            .Replace("LoadForecaster.ReadTable(table)", "LoadForecaster.ReadTable((ITableReader)null!)", StringComparison.Ordinal));
        Run("dotnet", "build -c Release");
    }

    private void Prepare(string consumer, params string[] packages)
    {
        string tests = Path.Combine(Repository.Root, "tests", "AarenGen.Package.Tests");
        File.Copy(Path.Combine(tests, consumer, "Program.cs"), Path.Combine(folder, "Program.cs"));
        packed.WriteSource(folder);
        string project = File.ReadAllText(Path.Combine(tests, "Consumer", "Consumer.csproj.template"))
            .Replace("CONSTANTS", string.Join(';', packages.Select(static p => p.Split('.')[^1].ToUpperInvariant())),
                StringComparison.Ordinal)
            .Replace("REFERENCES", string.Concat(packages.Select(
                p => $"<PackageReference Include=\"{p}\" Version=\"[{packed.Version}]\" />")), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "Consumer.csproj"), project);
    }

    private void AssertTyped(string output, params string[] more)
    {
        log.WriteLine(output);
        Assert.All(
            (string[])
            [
                "records 760", "\nallocated 0", "restarted True", "\nbetter True", "events allocated 0", "events better True",
                "decided in 0 bytes True", .. more,
            ],
            line => Assert.Contains(line, output, StringComparison.Ordinal));
    }

    private void AssertWorks(string output)
    {
        log.WriteLine(output);
        Assert.Contains("allocated 0", output, StringComparison.Ordinal);
        Assert.Contains("standardised True", output, StringComparison.Ordinal);
        Assert.Contains("improved True", output, StringComparison.Ordinal);
    }

    private string Run(string program, string arguments) => Programs.Run(folder, program, arguments);
}
