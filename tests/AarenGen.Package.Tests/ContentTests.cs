using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
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
        ["AarenGen.Cuda"] = ["AarenGen"],
        ["AarenGen.Data"] = ["AarenGen", "Apache.Arrow", "Apache.Arrow.Compression", "Parquet.Net", "System.IO.Hashing"],
        ["AarenGen.Onnx"] = ["AarenGen"],
        ["AarenGen.Reports"] = ["AarenGen", "ScottPlot"],
    };

    public static TheoryData<string> Names => [.. PackedPackages.Projects.Keys];

    [Fact]
    public void Every_project_that_is_packed_is_tested() =>
        Assert.Equal(
            Dependencies.Keys.Order().SelectMany(static p => (string[])["", "s"], (p, s) => $"{p}.{packed.Version}.{s}nupkg").Order(),
            Directory.GetFiles(packed.Folder).Select(Path.GetFileName).Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void A_package_has_a_library_its_documentation_a_readme_and_an_icon(string name)
    {
        using ZipArchive package = Open(name, "nupkg");
        string[] files = [$"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml", "README.md", "icon.png", $"{name}.nuspec"],
            analyzers = name == "AarenGen"
                ? ["analyzers/dotnet/cs/AarenGen.CodeFixes.dll", "analyzers/dotnet/cs/AarenGen.Generator.dll"] : [];
        Assert.Equal(
            files.Concat(analyzers).Order(),
            package.Entries.Select(static e => e.FullName).Where(static n => !Container.IsMatch(n)).Order());

        Assert.NotEmpty(XDocument.Parse(Text(package, $"lib/net10.0/{name}.xml")).Descendants("member"));
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
        foreach (XElement own in dependencies.Where(static d => d.Attribute("id")!.Value == "AarenGen"))
        {
            // They see its internals, and it has the generator.
            Assert.Equal(($"[{packed.Version}]", "All"), (own.Attribute("version")!.Value, own.Attribute("include")!.Value));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Symbols_are_those_of_the_library_and_carry_its_sources(string name)
    {
        using ZipArchive package = Open(name, "nupkg"), symbols = Open(name, "snupkg");
        using var library = new PEReader(new MemoryStream(Bytes(package, $"lib/net10.0/{name}.dll")));
        CodeViewDebugDirectoryData expected = library.ReadCodeViewDebugDirectoryData(
            library.ReadDebugDirectory().Single(static d => d.Type == DebugDirectoryEntryType.CodeView));
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(
            new MemoryStream(Bytes(symbols, $"lib/net10.0/{name}.pdb")));
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
