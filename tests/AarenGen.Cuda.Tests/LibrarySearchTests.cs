using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

public sealed class LibrarySearchTests : TemporaryFolder
{
    [Fact]
    public void Error_lists_every_place_in_order_with_its_reason_and_how_to_get_the_library()
    {
        File.WriteAllText(At("named.so"), "no library");
        File.WriteAllText(At("one.so"), "nor this");
        Directory.CreateDirectory(At("empty"));
        LibrarySearch search = Search(static path => throw new DllNotFoundException($"General advice:\n{path}: not for this machine\n"));

        string message = Assert.Throws<CudaUnavailableException>(search.Load).Message;

        Assert.Equal(
            $"""
            The library was not found. Tried:
              {At("named.so")} (from SOME_VARIABLE): not for this machine
              one.so: not for this machine
              two.so: not for this machine
              {At("one.so")}: not for this machine
              {At("nowhere")}: no such folder
              {At("empty")}: no such file in it
            Install it. Or let the environment variable SOME_VARIABLE name the file.
            """.ReplaceLineEndings("\n"),
            message);
    }

    [Fact]
    public void First_library_that_loads_is_used()
    {
        var asked = new List<string>();
        LibrarySearch search = Search(path =>
        {
            asked.Add(path);
            return path == "two.so" ? 42 : throw new DllNotFoundException("no");
        });

        Assert.Equal(new LoadedLibrary(42, "two.so"), search.Load());
        Assert.Equal(new LoadedLibrary(42, "two.so"), search.Load());
        Assert.Equal(["one.so", "two.so"], asked);
    }

    [Fact]
    public async Task Bad_driver_file_is_named_with_the_other_attempts()
    {
        string file = At("libcuda.so");
        await File.WriteAllTextAsync(file, "no library");

        Program.Outcome outcome = await Program.RunAsync(
            ["list-devices"], [(NativeLibraries.DriverVariable, file), .. HiddenLibraries.In(Folder)]);

        AssertUnavailableWhereHidden(NativeLibraries.CreateDriverSearch(), outcome);
        if (outcome.ExitCode == Program.Unavailable)
        {
            Assert.StartsWith("0 devices", outcome.Output, StringComparison.Ordinal);
            Assert.Contains($"{file} (from AARENGEN_LIBCUDA): ", outcome.Output, StringComparison.Ordinal);
            Assert.Contains(OperatingSystem.IsWindows() ? "nvcuda.dll: " : "libcuda.so.1: ", outcome.Output, StringComparison.Ordinal);
            Assert.Contains("install", outcome.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Another_library_of_the_same_name_is_recognised()
    {
        string other = OperatingSystem.IsWindows() ? "kernel32.dll" : OperatingSystem.IsMacOS() ? "libSystem.dylib" : "libc.so.6";
        var search = new LibrarySearch
        {
            Description = "It", Entries = ["cuInit"], Remedy = "Install it.", Variable = "SOME_VARIABLE", Names = [other],
        };

        Assert.Contains(
            $"{other}: it loads, but has no entry cuInit", Assert.Throws<CudaUnavailableException>(search.Load).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_compiler_file_is_named_with_the_other_attempts()
    {
        string missing = At("missing.so");

        Program.Outcome outcome = await Program.RunAsync(
            ["start-compiler"], [(NativeLibraries.CompilerVariable, missing), .. HiddenLibraries.In(Folder)]);

        AssertUnavailableWhereHidden(NativeLibraries.CreateCompilerSearch(), outcome);
        if (outcome.ExitCode == Program.Unavailable)
        {
            Assert.Contains($"{missing} (from AARENGEN_LIBNVRTC): no such file", outcome.Output, StringComparison.Ordinal);
            Assert.Contains("libnvrtc11.2", outcome.Output, StringComparison.Ordinal);
        }
    }

    [NvidiaCompilerFact]
    public async Task Bad_compiler_file_does_not_hide_a_good_one() =>
        await Program.StartAsync(
            ["start-compiler"], [(NativeLibraries.DriverVariable, null), (NativeLibraries.CompilerVariable, At("missing.so"))]);

    /// <summary>Only on Linux is it known whether a process with cleared variables finds a library.</summary>
    private static void AssertUnavailableWhereHidden(LibrarySearch search, Program.Outcome outcome)
    {
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(HiddenLibraries.Are(search), outcome.ExitCode == Program.Unavailable);
        }
    }

    private LibrarySearch Search(Func<string, nint> load) => new(load)
    {
        Description = "The library",
        Entries = ["start"],
        Remedy = "Install it.",
        Variable = "SOME_VARIABLE",
        NamedFile = At("named.so"),
        Names = ["one.so", "two.so"],
        Folders = [Folder, At("nowhere"), At("empty")],
    };
}
