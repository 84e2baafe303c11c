using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// What tests are skipped for: found where it is there, and only there, in a process whose environment is made for the purpose.
/// </summary>
public sealed class RequirementTests : TemporaryFolder
{
    private const string ToolFolder = "AARENGEN_CUDA_TOOLS";

    private static readonly (string Name, string? Value)[] NothingNamed =
        [(NativeLibraries.DriverVariable, null), (NativeLibraries.CompilerVariable, null), (ToolFolder, null)];

    [HiddenLibrariesTheory]
    [InlineData(Requirement.Compiler, "NVRTC is needed")]
    [InlineData(Requirement.NvidiaCompiler, "NVIDIA's own NVRTC is needed")]
    [InlineData(Requirement.NvidiaTools, " needed")]
    [InlineData(Requirement.Device, "An NVIDIA GPU is needed")]
    [InlineData(Requirement.Emulator, "An NVIDIA GPU is needed")]
    internal async Task Nothing_there_is_missing(Requirement requirement, string reason)
    {
        Program.Outcome outcome = await LookForAsync(requirement, [.. HiddenLibraries.In(Folder), ("PATH", PathWith())]);

        Assert.Equal(Program.Unavailable, outcome.ExitCode);
        Assert.Contains(reason, outcome.Output, StringComparison.Ordinal);
    }

    /// <summary>A file that is named and is not there lets tests fail: they are not skipped.</summary>
    [Theory]
    [InlineData(Requirement.Compiler, NativeLibraries.CompilerVariable)]
    [InlineData(Requirement.NvidiaCompiler, NativeLibraries.CompilerVariable)]
    [InlineData(Requirement.NvidiaTools, NativeLibraries.CompilerVariable, ToolFolder)]
    [InlineData(Requirement.Device, NativeLibraries.CompilerVariable, NativeLibraries.DriverVariable)]
    [InlineData(Requirement.Emulator, NativeLibraries.CompilerVariable, NativeLibraries.DriverVariable)]
    internal async Task What_is_named_is_never_missing(Requirement requirement, params string[] variables)
    {
        Program.Outcome outcome = await LookForAsync(
            requirement, [.. HiddenLibraries.In(Folder), .. variables.Select(v => (v, (string?)At("nowhere")))]);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Output));
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tools_are_those_of_the_path(bool areThere)
    {
        string path = PathWith(areThere ? ["ptxas", "cuobjdump", "nvdisasm"] : ["ptxas", "nvdisasm"]);

        Program.Outcome outcome = await LookForAsync(
            Requirement.NvidiaTools, [("PATH", path), (NativeLibraries.CompilerVariable, At("nowhere"))]);

        Assert.Equal(areThere ? 0 : Program.Unavailable, outcome.ExitCode);
        Assert.Equal(areThere, !outcome.Output.StartsWith("cuobjdump of the CUDA toolkit needed", StringComparison.Ordinal));
    }

    /// <summary>A compiler that starts counts as installed, with any version text.</summary>
    [CompilerFact]
    public async Task A_compiler_that_starts_counts_as_installed()
    {
        // In this process, too: what the attribute says and what works are one.
        Assert.NotEmpty(Compilation.CompilerSearch.First().Architectures);
        (string, string?)[] same = [.. ((string[])[NativeLibraries.DriverVariable, NativeLibraries.CompilerVariable])
            .Select(static v => (v, Environment.GetEnvironmentVariable(v)))];
        Assert.Equal(0, (await Program.RunAsync(["look-for", nameof(Requirement.Compiler)], same)).ExitCode);
    }

    private static Task<Program.Outcome> LookForAsync(Requirement requirement, (string Name, string? Value)[] environment) =>
        Program.RunAsync(["look-for", requirement.ToString()], [.. NothingNamed, .. environment]);

    /// <summary>A folder with dotnet, which starts further processes, and files of these names.</summary>
    private string PathWith(params string[] tools)
    {
        string folder = Directory.CreateDirectory(At("path")).FullName;
        string dotnet = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(static f => Path.Combine(f, "dotnet")).First(File.Exists);
        File.CreateSymbolicLink(Path.Combine(folder, "dotnet"), dotnet);
        foreach (string tool in tools)
        {
            File.WriteAllText(Path.Combine(folder, tool), "");
        }
        return folder;
    }
}
