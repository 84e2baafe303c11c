using System.Reflection;
using AarenGen.Tests;

namespace AarenGen.Package.Tests;

/// <summary>All packages, packed once for the tests, of a version that no other run has.</summary>
public sealed class PackedPackages : IDisposable
{
    /// <summary>The names of the packages, and the folders of their projects below the repository's.</summary>
    public static readonly Dictionary<string, string> Projects = new()
    {
        ["AarenGen"] = "src",
        ["AarenGen.Cuda"] = "cuda",
        ["AarenGen.Data"] = "src",
        ["AarenGen.Onnx"] = "src",
        ["AarenGen.Reports"] = "src",
    };

    public PackedPackages() => Pack(Folder);

    /// <summary>The folder with the packages.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("aarengen-packages").FullName;

    public string Version { get; } = $"1000.0.1-test{DateTime.UtcNow.Ticks}";

    /// <summary>What the typed program says when it runs from <c>dotnet run</c>; null until a test has run it.</summary>
    public string? TypedOutput { get; set; }

    /// <summary>Packs everything that was built with the tests.</summary>
    public void Pack(string target)
    {
        string configuration = typeof(PackedPackages).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        foreach ((string package, string folder) in Projects)
        {
            Programs.Run(Repository.Root, "dotnet", $"pack \"{Path.Combine(folder, package)}\" --no-build -c {configuration} "
                + $"-p:MinVerSkip=true -p:Version={Version} -o \"{target}\"");
        }
    }

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (string package in Projects.Keys)
        {
            string cached = Path.Combine(cache, package.ToLowerInvariant(), Version);
            if (Directory.Exists(cached))
            {
                Directory.Delete(cached, recursive: true);
            }
        }
    }
}

/// <summary>The tests of one set of packages.</summary>
[CollectionDefinition(Name)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "xunit's term.")]
public sealed class PackageCollection : ICollectionFixture<PackedPackages>
{
    public const string Name = "packages";
}
