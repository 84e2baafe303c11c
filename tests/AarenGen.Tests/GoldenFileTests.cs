using System.Security.Cryptography;
using System.Text.Json.Nodes;
using AarenGen.Serialization;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>
/// Golden/cases.json lists the cases. reference.py computes them, SHA256SUMS ties the files to it, and test models are held against them.
/// </summary>
public sealed class GoldenFileTests
{
    private static readonly string[] Suffixes = ["", "-bf16", "-tf32"];

    [Fact]
    public void Every_case_has_its_files_and_a_test_model()
    {
        string[] cases = [.. Cases().Select(static c => c.Key).Order(StringComparer.Ordinal)];
        string[] files = [.. cases.SelectMany(static c => Suffixes, static (c, s) => $"{c}{s}.safetensors").Order(StringComparer.Ordinal)];

        Assert.Equal(cases, ModelCases.GoldenFiles.Order(StringComparer.Ordinal));
        Assert.Equal(files, Directory.GetFiles(GoldenFiles.Folder, "*.safetensors").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(files, Sums().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_file_is_the_one_that_the_script_wrote_for_its_case()
    {
        JsonObject cases = Cases();
        foreach ((string file, string sum) in Sums())
        {
            string path = Path.Combine(GoldenFiles.Folder, file), name = Path.GetFileNameWithoutExtension(file);
            string suffix = Suffixes.Single(
                s => s.Length > 0 == (name[^5..] is "-bf16" or "-tf32") && name.EndsWith(s, StringComparison.Ordinal));
            JsonNode expected = cases[name[..^suffix.Length]]!.DeepClone();
            if (suffix.Length > 0)
            {
                expected["products"] = suffix[1..];
            }
            using FileStream stream = File.OpenRead(path);
            (_, Dictionary<string, string> metadata) = Safetensors.ReadHeader(stream);

            Assert.True(
                JsonNode.DeepEquals(expected, JsonNode.Parse(metadata["case"])),
                $"{file} is of {metadata["case"]}, {expected.ToJsonString()} is wanted.");
            Assert.Equal((file, sum), (file, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))));
        }
    }

    [PyTorchFact]
    public async Task The_script_computes_the_numbers_of_the_files()
    {
        (int exitCode, string output) = await PyTorch.RunAsync(
            "-B", Path.Combine(GoldenFiles.Folder, "reference.py"), "check", GoldenFiles.Folder);
        Assert.True(exitCode == 0, output);
    }

    private static JsonObject Cases() => JsonNode.Parse(File.ReadAllText(Path.Combine(GoldenFiles.Folder, "cases.json")))!.AsObject();

    /// <summary>Check sums by file, in the format of sha256sum.</summary>
    private static Dictionary<string, string> Sums() =>
        File.ReadLines(Path.Combine(GoldenFiles.Folder, "SHA256SUMS")).Select(static l => l.Split("  "))
            .ToDictionary(static l => l[1], static l => l[0]);
}
