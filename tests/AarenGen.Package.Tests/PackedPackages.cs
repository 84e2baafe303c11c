using System.Reflection;
using System.Xml.Linq;
using AarenGen.Tests;

namespace AarenGen.Package.Tests;

/// <summary>All packages, packed once for the tests, of a version that no other run has.</summary>
public sealed class PackedPackages : IDisposable
{
    public PackedPackages() => Pack(Folder);

    /// <summary>The projects of the repository that are packed.</summary>
    public static IReadOnlyList<PackedProject> Projects { get; } =
    [
        .. Directory.EnumerateFiles(
                Repository.Root, "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 })
            .Select(PackedProject.Read).OfType<PackedProject>().OrderBy(static p => p.Name, StringComparer.Ordinal),
    ];

    /// <summary>The folder with the packages.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("aarengen-packages").FullName;

    public string Version { get; } = $"1000.0.1-test{DateTime.UtcNow.Ticks}";

    /// <summary>What the typed program says when it runs from <c>dotnet run</c>; null until a test has run it.</summary>
    public string? TypedOutput { get; set; }

    /// <summary>Packs everything that was built with the tests.</summary>
    public void Pack(string target)
    {
        string configuration = typeof(PackedPackages).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        foreach (PackedProject project in Projects)
        {
            Programs.Run(Repository.Root, "dotnet", $"pack \"{project.Folder}\" --no-build -c {configuration} "
                + $"-p:MinVerSkip=true -p:Version={Version} -o \"{target}\"");
        }
    }

    /// <summary>Programs below the folder find the packages, as README's Install says it once a machine.</summary>
    public void WriteSource(string folder) => File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
        <configuration>
          <packageSources>
            <add key="AarenGen" value="{Folder}" />
          </packageSources>
        </configuration>
        """);

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (PackedProject project in Projects)
        {
            string cached = Path.Combine(cache, project.Name.ToLowerInvariant(), Version);
            if (Directory.Exists(cached))
            {
                Directory.Delete(cached, recursive: true);
            }
        }
    }
}

/// <summary>What a package is for.</summary>
public enum PackageKind
{
    /// <summary>Programs reference it.</summary>
    Library,

    /// <summary>It is a program itself.</summary>
    Tool,

    /// <summary>Projects are created from it.</summary>
    Templates,
}

/// <summary>A project that is packed.</summary>
public sealed record PackedProject(string Name, string Folder, PackageKind Kind)
{
    /// <summary>The project of a file; null: it is not packed.</summary>
    public static PackedProject? Read(string path)
    {
        XElement project = XElement.Load(path);
        return Has("IsPackable", "true")
            ? new(Path.GetFileNameWithoutExtension(path), Path.GetDirectoryName(path)!,
                Has("PackAsTool", "true") ? PackageKind.Tool : Has("PackageType", "Template") ? PackageKind.Templates : PackageKind.Library)
            : null;

        bool Has(string property, string value) => project.Elements("PropertyGroup").Elements(property).Any(p => p.Value == value);
    }
}

/// <summary>The tests of one set of packages.</summary>
[CollectionDefinition(Name)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "xunit's term.")]
public sealed class PackageCollection : ICollectionFixture<PackedPackages>
{
    public const string Name = "packages";
}
