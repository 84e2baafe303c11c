using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

/// <summary>Which NVRTC compiles, by libraries that do nothing but tell their version.</summary>
public sealed class CompilerSearchTests : TemporaryFolder
{
    private static readonly string[] Names = ["first.so", "second.so", "third.so"];

    [StubTheory]
    [InlineData("13.0, 12.9, 11.8", "12.2", "12.9 11.8 13.0")]
    [InlineData("11.8, 13.1, 12.9", "13.0", "11.8 13.1 12.9")]
    [InlineData("13.0, 12.9, 11.8", "11.4", "11.8 13.0 12.9")]
    public void Versions_that_the_driver_serves_come_first(string found, string driver, string expected)
    {
        Create([.. found.Split(", ").Select(static v => (v, 80))]);
        Assert.Equal(expected, Order(new CompilerSearch(Libraries()), driver));
    }

    [StubFact]
    public void Among_these_come_first_those_that_know_the_device()
    {
        Create(("11.8", 80), ("12.9", 90), ("13.0", 90));
        Assert.Equal("12.9 11.8 13.0", Order(new CompilerSearch(Libraries()), "12.9", architecture: 90));
    }

    [StubFact]
    public void Named_one_comes_first_whatever_its_version_and_no_other_is_loaded_before_it_fails()
    {
        Create(("12.0", 80), ("12.1", 80));
        Stubs.CreateCompiler(At("named.so"), new(13, 0));
        var search = new CompilerSearch(Libraries(At("named.so")));
        Assert.Equal(new(13, 0), search.For(new(12, 4), "", 80).First().Version);
        Assert.Equal("13.0 12.0 12.1", Order(search, "12.4"));
    }

    [StubFact]
    public void Library_that_does_not_serve_is_passed_over_and_the_error_says_why()
    {
        Stubs.CreateCompiler(At("first.so"), new(10, 2));
        Stubs.CreateCompiler(At("second.so"), new(12, 0), others: new StubEntry("nvrtcGetNumSupportedArchs", 11));
        StubLibrary.Create(At("third.so"), new StubEntry("something"));
        var search = new CompilerSearch(Libraries(At("missing.so")));

        Assert.Empty(search.For(new(12, 4), "", 80));

        CudaUnavailableException e = search.NotFound();
        Assert.Equal(CudaStatus.LibraryTooOld, e.Status);
        Assert.Equal(
            $"""
            NVRTC was not found. Tried:
              {At("missing.so")} (from SOME_VARIABLE): no such file
              {At("first.so")}: NVRTC 10.2; 11.2 or newer is needed
              {At("second.so")}: nvrtcGetNumSupportedArchs failed with NVRTC_ERROR_OF_A_STUB.
              {At("third.so")}: it loads, but has no entry nvrtcVersion, so it is another library
            Install it. Or let the environment variable SOME_VARIABLE name the file.
            """.ReplaceLineEndings("\n"),
            string.Join('\n', e.Message.Split('\n').Where(static l => !Names.Any(n => l.StartsWith($"  {n}:", StringComparison.Ordinal)))));
    }

    [StubFact]
    public void Compiler_of_the_emulator_does_not_compile_for_a_driver_and_the_other_way_round()
    {
        Create(("12.0", 80));
        Stubs.CreateCompiler(At("second.so"), new(11, 8), others: new StubEntry("aarengen_emulator_code_format") { Text = "some build" });
        Assert.Equal("12.0", Order(new CompilerSearch(Libraries()), "12.4"));
        Assert.Equal("11.8", Order(new CompilerSearch(Libraries()), "12.4", "some build"));
        Assert.Equal("", Order(new CompilerSearch(Libraries()), "12.4", "another build"));
    }

    [StubFact]
    public void Library_with_two_names_comes_once()
    {
        Create(("12.0", 80));
        File.CreateSymbolicLink(At("second.so"), At("first.so"));
        Assert.Equal("12.0", Order(new CompilerSearch(Libraries()), "12.4"));
    }

    [Fact]
    public void Toolkits_and_packages_of_conda_and_pip_are_searched()
    {
        string At(params string[] parts) => Path.Combine([Folder, .. parts]);
        string[] packages = OperatingSystem.IsWindows()
            ? [At("venv", "Lib", "site-packages", "nvidia", "cu13", "bin", "x86_64"),
                At("venv", "Lib", "site-packages", "nvidia", "cuda_nvrtc", "bin")]
            : [At("venv", "lib", "python3.12", "site-packages", "nvidia", "cu13", "lib"),
                At("venv", "lib", "python3.12", "site-packages", "nvidia", "cuda_nvrtc", "lib"),
                At("home", ".local", "lib", "python3.9", "site-packages", "nvidia", "cuda_nvrtc", "lib")];
        Array.ForEach(packages, static p => Directory.CreateDirectory(p));
        string?[] folders = [.. CompilerFolders.Find(name => name switch
        {
            "CUDA_HOME" => At("toolkit"),
            "CUDA_PATH" => At("another"),
            "CONDA_PREFIX" => At("conda"),
            "VIRTUAL_ENV" => At("venv"),
            "HOME" => At("home"),
            _ => null,
        }).Where(f => f.StartsWith(Folder, StringComparison.Ordinal))];
        string[] toolkits = OperatingSystem.IsWindows()
            ? [At("toolkit", "bin"), At("another", "bin"), At("conda", "Library", "bin")]
            : [At("toolkit", "lib64"), At("another", "lib64"), At("conda", "lib")];

        string[] wanted = [.. toolkits, .. packages];
        Assert.Equal(wanted, folders.Where(wanted.Contains));
    }

    private static string Order(CompilerSearch search, string driver, string codeFormat = "", int architecture = 80) =>
        string.Join(' ', search.For(Version.Parse(driver), codeFormat, architecture).Select(static c => c.Version));

    private void Create(params IReadOnlyList<(string Version, int Architecture)> compilers)
    {
        foreach ((string name, (string version, int architecture)) in Names.Zip(compilers))
        {
            Stubs.CreateCompiler(At(name), Version.Parse(version), architecture);
        }
    }

    private LibrarySearch Libraries(string? named = null) => new()
    {
        Description = "NVRTC",
        Entries = NvrtcApi.Entries,
        Remedy = "Install it.",
        Variable = "SOME_VARIABLE",
        NamedFile = named,
        Names = Names,
        Folders = [Folder],
    };
}
