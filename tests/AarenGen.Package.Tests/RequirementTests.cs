namespace AarenGen.Package.Tests;

/// <summary>A linker is there where a compiler of the path links a program, and only there.</summary>
public sealed class RequirementTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-requirements").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Without_a_compiler_there_is_no_linker()
    {
        Assert.NotNull(Linker.Find(""));
        Assert.NotNull(Linker.Find(folder));
    }

    [Theory]
    [InlineData("gcc", 0, true)]
    [InlineData("gcc", 1, false)]
    [InlineData("clang", 0, true)]
    [InlineData("clang", 1, false)]
    public void The_compilers_exit_code_decides(string compiler, int exitCode, bool isThere)
    {
        if (OperatingSystem.IsLinux())
        {
            string program = Path.Combine(folder, compiler);
            File.WriteAllText(program, $"#!/bin/sh\necho cannot find -lz >&2\nexit {exitCode}\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            Assert.Equal(isThere, Linker.Find(folder) is null);
        }
    }

    [Fact]
    public void A_file_that_is_not_a_program_is_not_a_linker()
    {
        File.WriteAllText(Path.Combine(folder, "gcc"), "");
        Assert.NotNull(Linker.Find(folder));
    }
}
