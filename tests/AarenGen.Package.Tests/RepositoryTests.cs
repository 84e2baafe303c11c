using System.IO.Compression;
using System.Text.RegularExpressions;
using AarenGen.Tests;

namespace AarenGen.Package.Tests;

/// <summary>What the build takes from a repository, shown with a library of one class: its version, addresses and last release.</summary>
[Collection(PackageCollection.Name)]
public sealed class RepositoryTests : IDisposable
{
    private const string Unknown = "0.1.0-alpha.0";

    private readonly string root = Directory.CreateTempSubdirectory("aarengen-repository").FullName;

    public RepositoryTests() => Create(Work);

    private string Work => Path.Combine(root, "work");

    public void Dispose()
    {
        // What git wrote may not be overwritten.
        foreach (string file in Directory.GetFiles(root, "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(file, FileAttributes.Normal);
        }
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void Without_a_history_there_is_a_version() => Assert.Equal(Unknown, Pack(Work).Version);

    [GitFact]
    public void Without_git_there_is_a_version()
    {
        Commit(Work);
        Git(Work, "tag v2.0.0");
        Assert.Equal(Unknown, Pack(Work, ("PATH", root)).Version);
    }

    [GitFact]
    public void A_tag_gives_the_version_and_commits_after_it_that_of_the_next()
    {
        Commit(Work);
        Assert.StartsWith("0.1.0-alpha.0", Pack(Work).Version, StringComparison.Ordinal);
        Git(Work, "tag v1.4.0");
        Assert.Equal("1.4.0", Pack(Work).Version);
        Commit(Work);
        Assert.Equal("1.4.1-alpha.0.1", Pack(Work).Version);
        // A clone of the last commit alone does not see the tag.
        Git(root, $"clone -q --depth 1 \"file://{Work}\" shallow");
        Assert.StartsWith("0.1.0-alpha.0", Pack(Path.Combine(root, "shallow")).Version, StringComparison.Ordinal);
    }

    [GitFact]
    public void Two_machines_pack_the_same_bytes()
    {
        Commit(Work);
        Git(root, $"clone -q \"{Work}\" other");
        byte[][] packages = [.. ((string[])["work", "other"]).SelectMany(folder =>
        {
            Pack(Path.Combine(root, folder), ("CI", "true"));
            return Directory.GetFiles(Path.Combine(root, folder, "artifacts", "packages")).Order().Select(File.ReadAllBytes);
        })];
        Assert.Equal(4, packages.Length);
        Assert.Equal(packages[..2], packages[2..]);
    }

    [GitTheory]
    [InlineData("https://github.com/owner/name.git", "https://raw.githubusercontent.com/owner/name/")]
    [InlineData("/srv/git/name", null)]
    [InlineData("http://localhost:3000/owner/name", null)]
    public void Only_a_public_repository_is_named(string remote, string? files)
    {
        Commit(Work);
        Git(Work, $"remote add origin {remote}");
        (string _, string nuspec, string readme) = Pack(Work);
        string commit = Git(Work, "rev-parse HEAD").Trim();
        Assert.Contains($"commit=\"{commit}\"", nuspec, StringComparison.Ordinal);
        string links = Path.Combine(Work, "library", "obj", "Release", "net10.0", "library.sourcelink.json");
        if (files is null)
        {
            Assert.DoesNotContain("url=", nuspec, StringComparison.Ordinal);
            Assert.Equal("# Library\n\nText; 100 %.\n", readme);
            Assert.False(File.Exists(links));
        }
        else
        {
            Assert.Contains($"url=\"{remote}\"", nuspec, StringComparison.Ordinal);
            Assert.Equal($"# Library\n\n![A picture]({files}{commit}/docs/images/picture.png)\n\nText; 100 %.\n", readme);
            Assert.Contains($"{files}{commit}/*", File.ReadAllText(links), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_member_that_the_last_release_had_is_missed()
    {
        Pack(Work);
        string baseline = Path.Combine(root, "baseline.nupkg");
        File.Move(Directory.GetFiles(Path.Combine(Work, "artifacts", "packages"), "*.nupkg").Single(), baseline);
        string pack = $"pack -c Release library -p:RunAnalyzers=false -p:PackageValidationBaselinePath=\"{baseline}\"";
        Programs.Run(Work, "dotnet", pack);
        string source = Path.Combine(Work, "library", "Library.cs");
        File.WriteAllText(source, File.ReadAllText(source).Replace("Member", "Other", StringComparison.Ordinal));
        (int exitCode, string output) = Programs.Start(Work, "dotnet", pack);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("CP0002", output, StringComparison.Ordinal);
    }

    /// <summary>A tree with this repository's settings and a library of one class.</summary>
    private static void Create(string folder)
    {
        string library = Path.Combine(folder, "library"), images = Path.Combine(folder, "docs", "images");
        Directory.CreateDirectory(library);
        Directory.CreateDirectory(images);
        foreach (string file in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", ".gitignore",
            Path.Combine("docs", "images", "icon.png")])
        {
            File.Copy(Path.Combine(Repository.Root, file), Path.Combine(folder, file));
        }
        File.WriteAllText(Path.Combine(library, "library.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <IsPackable>true</IsPackable>
                <GenerateDocumentationFile>true</GenerateDocumentationFile>
              </PropertyGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(library, "README.md"), "# Library\n\n![A picture](docs/images/picture.png)\n\nText; 100 %.\n");
        File.WriteAllText(
            Path.Combine(library, "Library.cs"),
            """
            namespace Example;

            /// <summary>One.</summary>
            public static class Library
            {
                /// <summary>A member.</summary>
                public static int Member => 1;
            }

            """);
    }

    private static void Commit(string folder)
    {
        Git(folder, "init -q");
        Git(folder, "add -A");
        Git(folder, "-c user.name=test -c user.email=test@example.com commit -q --allow-empty -m Commit");
    }

    private static string Git(string folder, string arguments) => Programs.Run(folder, "git", arguments);

    private static (string Version, string Nuspec, string Readme) Pack(string folder, params (string Name, string Value)[] variables)
    {
        string packages = Path.Combine(folder, "artifacts", "packages");
        if (Directory.Exists(packages))
        {
            Directory.Delete(packages, recursive: true);
        }
        Programs.Run(folder, "dotnet", "pack -c Release library -p:RunAnalyzers=false", variables);
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(packages, "*.nupkg").Single());
        string nuspec = Read("library.nuspec");
        return (Regex.Match(nuspec, "<version>(.*)</version>").Groups[1].Value, nuspec, Read("README.md"));

        string Read(string name)
        {
            using var reader = new StreamReader(package.GetEntry(name)!.Open());
            return reader.ReadToEnd();
        }
    }
}
