using System.Diagnostics;
using System.Reflection;
using AarenGen.Tests;
using Xunit.Abstractions;

namespace AarenGen.Package.Tests;

/// <summary>Users' programs against the packed packages and nothing of the sources: built, run, and published ahead of time.</summary>
public sealed class PackageTests(ITestOutputHelper log) : IDisposable
{
    private static readonly string[] Packages = ["AarenGen", "AarenGen.Data", "AarenGen.Reports"];

    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-package").FullName;

    /// <summary>Above that of the sources, because packages depend on AarenGen from that one on.</summary>
    private readonly string version = $"1000.0.1-test{DateTime.UtcNow.Ticks}";

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (string package in Packages)
        {
            string cached = Path.Combine(cache, package.ToLowerInvariant(), version);
            if (Directory.Exists(cached))
            {
                Directory.Delete(cached, recursive: true);
            }
        }
    }

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
        for (int milliseconds = 300; kills < 50; milliseconds += 50, kills++)
        {
            // Killed at some moment, again and again, each time going on from the last checkpoint.
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
        Run("dotnet", "publish -c Release --use-current-runtime -o published");
        string program = Path.Combine(folder, "published", OperatingSystem.IsWindows() ? "Consumer.exe" : "Consumer");
        AssertWorks(Run(program, ""));
        log.WriteLine($"NativeAOT program: {new FileInfo(program).Length / 1e6:F1} MB");
        Assert.False(File.Exists(Path.Combine(folder, "published", "AarenGen.dll")));
    }

    [Fact]
    public void A_program_with_typed_records_builds_and_runs_against_the_packages()
    {
        Prepare("TypedConsumer", Packages);
        AssertTyped(Run("dotnet", "run -c Release"), "page True");
    }

    [NativeFact]
    public void Typed_records_published_ahead_of_time_give_the_same_results_without_warnings()
    {
        Prepare("TypedConsumer", "AarenGen", "AarenGen.Data");
        string expected = Run("dotnet", "run -c Release");
        AssertTyped(expected);
        Run("dotnet", "publish -c Release --use-current-runtime -o published");
        string program = Path.Combine(folder, "published", OperatingSystem.IsWindows() ? "Consumer.exe" : "Consumer");
        Assert.Equal(expected, Run(program, ""));
        log.WriteLine($"NativeAOT program: {new FileInfo(program).Length / 1e6:F1} MB");
        Assert.Equal([], Directory.GetFiles(Path.Combine(folder, "published"), "*.dll"));
    }

    [Fact]
    public void Without_the_package_of_tables_records_are_read_by_a_readers_interface_alone()
    {
        Prepare("TypedConsumer", "AarenGen");
        string program = Path.Combine(folder, "Program.cs");
        (int exitCode, string output) = Start("dotnet", "build -c Release");
        // A path is no ITableReader.
        Assert.NotEqual(0, exitCode);
        Assert.Contains("error CS1503", output, StringComparison.Ordinal);
        File.WriteAllText(program, File.ReadAllText(program)
            .Replace("LoadForecaster.ReadTable(table)", "LoadForecaster.ReadTable((ITableReader)null!)", StringComparison.Ordinal));
        Run("dotnet", "build -c Release");
    }

    private void Prepare(string consumer, params string[] packages)
    {
        string configuration = typeof(PackageTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        foreach (string package in packages)
        {
            Run("dotnet", $"pack \"{Path.Combine(Repository.Root, "src", package)}\" --no-build -c {configuration} "
                + $"-p:MinVerVersionOverride={version} -o \"{folder}\"");
        }
        string tests = Path.Combine(Repository.Root, "tests", "AarenGen.Package.Tests");
        File.Copy(Path.Combine(tests, consumer, "Program.cs"), Path.Combine(folder, "Program.cs"));
        string project = File.ReadAllText(Path.Combine(tests, "Consumer", "Consumer.csproj.template"))
            .Replace("PACKAGES", folder, StringComparison.Ordinal)
            .Replace("CONSTANTS", packages.Contains("AarenGen.Reports") ? "REPORTS" : "", StringComparison.Ordinal)
            .Replace("REFERENCES", string.Concat(packages.Select(
                p => $"<PackageReference Include=\"{p}\" Version=\"[{version}]\" />")), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "Consumer.csproj"), project);
    }

    private void AssertTyped(string output, params string[] more)
    {
        log.WriteLine(output);
        Assert.All(
            (string[])["records 760", "allocated 0", "restarted True", "better True", .. more],
            line => Assert.Contains(line, output, StringComparison.Ordinal));
    }

    private void AssertWorks(string output)
    {
        log.WriteLine(output);
        Assert.Contains("allocated 0", output, StringComparison.Ordinal);
        Assert.Contains("standardised True", output, StringComparison.Ordinal);
        Assert.Contains("improved True", output, StringComparison.Ordinal);
    }

    private string Run(string program, string arguments)
    {
        (int exitCode, string output) = Start(program, arguments);
        Assert.True(exitCode == 0, $"{program} {arguments} ended with {exitCode}:\n{output}");
        return output;
    }

    /// <summary>Runs a program; returns its output, with its errors where it failed.</summary>
    private (int ExitCode, string Output) Start(string program, string arguments)
    {
        var start = new ProcessStartInfo(
            program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // What the test host sets for itself must not reach another build.
        foreach (string name in start.Environment.Keys
            .Where(static k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
                || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase))
            .ToArray())
        {
            start.Environment.Remove(name);
        }
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : $"{output}\n{errors.Result}");
    }
}
