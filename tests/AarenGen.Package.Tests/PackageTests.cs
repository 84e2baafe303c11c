using System.Diagnostics;
using System.Reflection;
using AarenGen.Tests;
using Xunit.Abstractions;

namespace AarenGen.Package.Tests;

/// <summary>A user's program against the packed package and nothing of the sources: built, run, and published ahead of time.</summary>
public sealed class PackageTests(ITestOutputHelper log) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-package").FullName;
    private readonly string version = $"0.0.1-test{DateTime.UtcNow.Ticks}";

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string cached = Path.Combine(cache, "aarengen", version);
        if (Directory.Exists(cached))
        {
            Directory.Delete(cached, recursive: true);
        }
    }

    [Fact]
    public void A_program_builds_and_runs_against_the_package()
    {
        Prepare();
        AssertWorks(Run("dotnet", "run -c Release"));
    }

    [Fact]
    public void A_training_killed_and_resumed_equals_an_uninterrupted_one()
    {
        Prepare();
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
        Prepare();
        Run("dotnet", "publish -c Release --use-current-runtime -o published");
        string program = Path.Combine(folder, "published", OperatingSystem.IsWindows() ? "Consumer.exe" : "Consumer");
        AssertWorks(Run(program, ""));
        log.WriteLine($"NativeAOT program: {new FileInfo(program).Length / 1e6:F1} MB");
        Assert.False(File.Exists(Path.Combine(folder, "published", "AarenGen.dll")));
    }

    private void Prepare()
    {
        string configuration = typeof(PackageTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        Run("dotnet", $"pack \"{Path.Combine(Repository.Root, "src", "AarenGen")}\" --no-build -c {configuration} -p:Version={version} -o "
            + $"\"{folder}\"");
        string consumer = Path.Combine(Repository.Root, "tests", "AarenGen.Package.Tests", "Consumer");
        File.Copy(Path.Combine(consumer, "Program.cs"), Path.Combine(folder, "Program.cs"));
        File.WriteAllText(Path.Combine(folder, "Consumer.csproj"), File.ReadAllText(Path.Combine(consumer, "Consumer.csproj.template"))
            .Replace("PACKAGES", folder, StringComparison.Ordinal).Replace("VERSION", version, StringComparison.Ordinal));
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
        Assert.True(process.ExitCode == 0, $"{program} {arguments} ended with {process.ExitCode}:\n{output}\n{errors.Result}");
        return output;
    }
}
