using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AarenGen.Package.Tests;

/// <summary>What is in the packages.</summary>
[Collection(PackageCollection.Name)]
public sealed partial class ContentTests(PackedPackages packed)
{
    private static readonly Dictionary<string, string[]> Dependencies = new()
    {
        ["AarenGen"] = [],
        ["AarenGen.AspNetCore"] = ["AarenGen.Serving", "Google.Protobuf", "Grpc.AspNetCore.Server"],
        ["AarenGen.Cuda"] = ["AarenGen"],
        ["AarenGen.Data"] = ["AarenGen", "Apache.Arrow", "Apache.Arrow.Compression", "Parquet.Net", "System.IO.Hashing"],
        ["AarenGen.Onnx"] = ["AarenGen"],
        ["AarenGen.Orleans"] = ["AarenGen.Serving", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Sdk", "System.IO.Hashing"],
        ["AarenGen.Reports"] = ["AarenGen", "ScottPlot"],
        ["AarenGen.Templates"] = [],
        ["AarenGen.Tool"] = [],
        ["AarenGen.Serving"] =
        [
            "AarenGen", "Microsoft.Extensions.Diagnostics.HealthChecks", "Microsoft.Extensions.Hosting.Abstractions", "System.IO.Hashing",
        ],
        ["AarenGen.Serving.Sqlite"] = ["AarenGen.Serving", "SQLitePCLRaw.bundle_e_sqlite3", "System.IO.Hashing"],
    };

    public static TheoryData<string> Names => [.. NamesWhere(static _ => true)];

    public static TheoryData<string> Libraries => [.. NamesWhere(static k => k == PackageKind.Library)];

    /// <summary>Templates are sources themselves.</summary>
    public static TheoryData<string> WithSymbols => [.. NamesWhere(HasSymbols)];

    [Fact]
    public void Every_project_that_is_packed_is_tested()
    {
        Assert.Equal(Dependencies.Keys.Order(), NamesWhere(static _ => true));
        Assert.Equal(
            NamesWhere(static _ => true).Select(n => $"{n}.{packed.Version}.nupkg")
                .Concat(NamesWhere(HasSymbols).Select(n => $"{n}.{packed.Version}.snupkg")).Order(),
            Directory.GetFiles(packed.Folder).Select(Path.GetFileName).Order());
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_has_its_documentation(string name)
    {
        using ZipArchive package = Open(name, "nupkg");
        string[] library = [$"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"],
            more = name switch
            {
                "AarenGen" => ["analyzers/dotnet/cs/AarenGen.CodeFixes.dll", "analyzers/dotnet/cs/AarenGen.Generator.dll"],
                // Clients generate their code from it.
                "AarenGen.AspNetCore" => ["protos/aarengen/v1/streams.proto"],
                _ => [],
            };
        AssertContent(package, name, [.. library, .. more]);
        Assert.NotEmpty(XDocument.Parse(Text(package, $"lib/net10.0/{name}.xml")).Descendants("member"));
    }

    [Theory]
    [InlineData("AarenGen.Tool", "aarengen")]
    public void A_tool_has_its_command_and_all_that_it_needs(string name, string command)
    {
        using ZipArchive package = Open(name, "nupkg");
        const string folder = "tools/net10.0/any/";
        string[] files =
            [.. package.Entries.Select(static e => e.FullName).Where(static n => n.StartsWith(folder, StringComparison.Ordinal))];
        AssertContent(package, name, files);
        XElement told = XDocument.Parse(Text(package, $"{folder}DotnetToolSettings.xml")).Descendants("Command").Single();
        Assert.Equal((command, $"{name}.dll"), (told.Attribute("Name")!.Value, told.Attribute("EntryPoint")!.Value));
        // What the host looks for beside the program.
        using JsonDocument needed = JsonDocument.Parse(Text(package, $"{folder}{name}.deps.json"));
        Assert.Equal(
            needed.RootElement.GetProperty("targets").EnumerateObject().Single().Value.EnumerateObject()
                .Where(static l => l.Value.TryGetProperty("runtime", out _))
                .SelectMany(static l => l.Value.GetProperty("runtime").EnumerateObject())
                .Select(static f => Path.GetFileName(f.Name)).Order(),
            files.Where(static f => f.EndsWith(".dll", StringComparison.Ordinal)).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("AarenGen.Templates")]
    public void Templates_are_the_files_of_the_repository_with_the_version_of_the_package(string name)
    {
        using ZipArchive package = Open(name, "nupkg");
        string root = PackedPackages.Projects.Single(p => p.Name == name).Folder;
        string[] files =
        [
            .. Directory.EnumerateFiles(Path.Combine(root, "templates"), "*", new EnumerationOptions
                {
                    RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None,
                }).Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'))
                .Where(static f => !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal)),
        ];
        AssertContent(package, name, files);
        foreach (string file in files)
        {
            string source = File.ReadAllText(Path.Combine(root, file));
            Assert.Equal(
                source.Replace("AARENGEN_VERSION", packed.Version, StringComparison.Ordinal).TrimEnd(), Text(package, file).TrimEnd());
            if (file.EndsWith(".csproj", StringComparison.Ordinal))
            {
                IEnumerable<XElement> own = XDocument.Parse(Text(package, file)).Descendants("PackageReference")
                    .Where(static r => r.Attribute("Include")!.Value.StartsWith("AarenGen", StringComparison.Ordinal));
                Assert.All(own, r => Assert.Equal(packed.Version, r.Attribute("Version")!.Value));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_package_has_a_readme_and_an_icon(string name)
    {
        using ZipArchive package = Open(name, "nupkg");
        // A PNG's width and height.
        ReadOnlySpan<byte> icon = Bytes(package, "icon.png");
        Assert.Equal(128, BinaryPrimitives.ReadInt32BigEndian(icon[16..]));
        Assert.Equal(128, BinaryPrimitives.ReadInt32BigEndian(icon[20..]));
        string readme = Text(package, "README.md");
        Assert.StartsWith($"# {name}\n", readme, StringComparison.Ordinal);
        Assert.All(Link.Matches(readme), static l => Assert.StartsWith("https://", l.Groups[1].Value, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_package_says_what_it_is(string name)
    {
        using ZipArchive package = Open(name, "nupkg");
        XElement metadata = XDocument.Parse(Text(package, $"{name}.nuspec")).Root!.Elements().Single();
        XNamespace ns = metadata.Name.Namespace;
        Assert.Equal(
            [name, packed.Version, "MIT", "README.md", "icon.png"],
            ((string[])["id", "version", "license", "readme", "icon"]).Select(e => metadata.Element(ns + e)!.Value));
        Assert.All(
            (string[])["authors", "description", "copyright", "tags"], e => Assert.NotEqual("", metadata.Element(ns + e)!.Value.Trim()));
        XElement[] dependencies = [.. metadata.Descendants(ns + "dependency")];
        Assert.Equal(Dependencies[name], dependencies.Select(static d => d.Attribute("id")!.Value).Order());
        foreach (XElement own in dependencies.Where(static d => d.Attribute("id")!.Value.StartsWith("AarenGen", StringComparison.Ordinal)))
        {
            // They see its internals, and it has the generator.
            Assert.Equal(($"[{packed.Version}]", "All"), (own.Attribute("version")!.Value, own.Attribute("include")!.Value));
        }
    }

    [Theory]
    [MemberData(nameof(WithSymbols))]
    public void Symbols_are_those_of_the_assembly_and_carry_its_sources(string name)
    {
        using ZipArchive package = Open(name, "nupkg"), symbols = Open(name, "snupkg");
        string assembly = package.Entries.Single(e => e.Name == $"{name}.dll").FullName;
        using var image = new PEReader(new MemoryStream(Bytes(package, assembly)));
        CodeViewDebugDirectoryData expected = image.ReadCodeViewDebugDirectoryData(
            image.ReadDebugDirectory().Single(static d => d.Type == DebugDirectoryEntryType.CodeView));
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(
            new MemoryStream(Bytes(symbols, Path.ChangeExtension(assembly, "pdb"))));
        MetadataReader reader = provider.GetMetadataReader();
        Assert.Equal(expected.Guid, new BlobContentId(reader.DebugMetadataHeader!.Id).Guid);
        var embeddedSource = new Guid("0e8a571b-6926-466e-b4ad-8ab04611f5fe");
        Assert.NotEmpty(reader.Documents);
        Assert.All(
            reader.Documents, d => Assert.Contains(
                reader.GetCustomDebugInformation(d),
                i => reader.GetGuid(reader.GetCustomDebugInformation(i).Kind) == embeddedSource));
    }

    [Theory]
    [InlineData("Generator")]
    [InlineData("CodeFixes")]
    public void What_the_compiler_loads_carries_its_symbols(string part)
    {
        using ZipArchive package = Open("AarenGen", "nupkg");
        using var generator = new PEReader(new MemoryStream(Bytes(package, $"analyzers/dotnet/cs/AarenGen.{part}.dll")));
        Assert.Contains(generator.ReadDebugDirectory(), static d => d.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
    }

    [Fact]
    public void Packing_again_gives_the_same_bytes()
    {
        string again = Directory.CreateTempSubdirectory("aarengen-again").FullName;
        try
        {
            packed.Pack(again);
            Assert.All(
                Directory.GetFiles(packed.Folder),
                f => Assert.Equal(File.ReadAllBytes(f), File.ReadAllBytes(Path.Combine(again, Path.GetFileName(f)))));
        }
        finally
        {
            Directory.Delete(again, recursive: true);
        }
    }

    /// <summary>What every package has for its container.</summary>
    [GeneratedRegex(@"^(_rels/|package/|\[Content_Types\])")]
    private static partial Regex Container { get; }

    [GeneratedRegex(@"\]\(([^)]*)\)")]
    private static partial Regex Link { get; }

    private static IEnumerable<string> NamesWhere(Func<PackageKind, bool> isWanted) =>
        PackedPackages.Projects.Where(p => isWanted(p.Kind)).Select(static p => p.Name);

    private static bool HasSymbols(PackageKind kind) => kind != PackageKind.Templates;

    /// <summary>These files, and what every package has.</summary>
    private static void AssertContent(ZipArchive package, string name, string[] files) => Assert.Equal(
        files.Concat(["README.md", "icon.png", $"{name}.nuspec"]).Order(),
        package.Entries.Select(static e => e.FullName).Where(static n => !Container.IsMatch(n)).Order());

    private ZipArchive Open(string name, string extension) =>
        ZipFile.OpenRead(Path.Combine(packed.Folder, $"{name}.{packed.Version}.{extension}"));

    private static byte[] Bytes(ZipArchive package, string file)
    {
        using Stream stream = package.GetEntry(file)!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string Text(ZipArchive package, string file)
    {
        using var reader = new StreamReader(package.GetEntry(file)!.Open());
        return reader.ReadToEnd();
    }
}
