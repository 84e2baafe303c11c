using System.Globalization;
using System.Text.Json.Nodes;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>The user's metadata in files of weights and compiled models.</summary>
public sealed unsafe class ModelMetadataTests
{
    private const int MaxBytes = 1 << 20;

    private static readonly Dictionary<string, string> Unusual = new()
    {
        ["data"] = "meters 2026-11", ["empty"] = "", [" "] = "a \"quoted\"\nline\\", ["größe"] = "🌡 38 °C", ["\u0001"] = "\0",
        [new string('\u0002', 512)] = "the longest escaped key", [new string('é', 256)] = "x", ["Format"] = "other case",
        ["aarengen"] = "no dot",
    };

    [Fact]
    public void All_files_of_a_model_keep_them()
    {
        GoldenOdd model = GoldenOdd.Create(1);
        Assert.Empty(model.Metadata);
        var source = new Dictionary<string, string>(Unusual);
        model.Metadata = source;
        source.Clear();
        Same(model);
        byte[] saved = SafetensorsFile.Written(model.Save), compiled = SafetensorsFile.Written(model.SaveCompiled);
        GoldenOdd loaded = GoldenOdd.Load(new MemoryStream(saved));
        Same(loaded);
        Assert.Equal(saved, SafetensorsFile.Written(loaded.Save));
        fixed (byte* memory = compiled)
        {
            using var resource = new UnmanagedMemoryStream(memory, compiled.Length);
            GoldenOdd embedded = GoldenOdd.LoadEmbedded(resource, "file");
            Same(embedded);
            Assert.Equal(saved, SafetensorsFile.Written(embedded.Save));
        }
        foreach (byte[] file in (byte[][])[saved, compiled])
        {
            Assert.Equal(Sorted(Unusual), ModelFileInfo.Read(new MemoryStream(file)).Metadata);
        }
        var data = new SequenceList(1, 1);
        data.Add(new float[5], new float[5]);
        loaded.Fit(data, options: new() { Epochs = 1 });
        Same(loaded);
        Assert.Empty(GoldenOdd.Load(new MemoryStream(saved), new() { SkipMetadata = true }).Metadata);

        static void Same(GoldenOdd model) => Assert.Equal(Sorted(Unusual), model.Metadata);
    }

    [Fact]
    public void Those_that_could_not_be_read_again_are_refused()
    {
        GoldenOdd model = GoldenOdd.Create(1);
        model.Metadata = Unusual;
        foreach ((string key, string value, string expected) in ((string, string, string)[])[
            ("format", "np", "is reserved"), ("aarengen.sha256", "0", "is reserved"), ("aarengen.", "", "is reserved"), ("", "x", "empty"),
            ("\ud800", "x", "half a character"), ("x", "a\udc00b", "half a character"), ("x", null!, "null"),
            (new('k', 513), "x", "512 bytes"), (new string('é', 256) + "k", "x", "512 bytes"),
            ("x", new('v', MaxBytes), "at most 1048576")])
        {
            var entries = new Dictionary<string, string> { ["first"] = "1", [key] = value };
            ArgumentException e = Assert.Throws<ArgumentException>("value", () => model.Metadata = entries);
            Assert.Contains(expected, e.Message, StringComparison.Ordinal);
            Assert.Equal(Sorted(Unusual), model.Metadata);
        }
        Assert.Throws<ArgumentNullException>("value", () => model.Metadata = null!);
        Assert.Contains(
            "1001 entries", Assert.Throws<ArgumentException>("value", () => model.Metadata = Many(1001)).Message, StringComparison.Ordinal);
        model.Metadata = Many(1000);
        Assert.Equal(1000, GoldenOdd.Load(new MemoryStream(SafetensorsFile.Written(model.Save))).Metadata.Count);
    }

    [Fact]
    public void The_largest_ones_are_saved_though_their_header_is_six_times_as_large()
    {
        GoldenOdd model = GoldenOdd.Create(1);
        model.Metadata = new Dictionary<string, string> { ["k"] = new('\u0001', MaxBytes - 1) };
        byte[] saved = SafetensorsFile.Written(model.Save);
        Assert.True(saved.Length > 6 * (MaxBytes - 1));
        Assert.Equal(model.Metadata, GoldenOdd.Load(new MemoryStream(saved)).Metadata);
    }

    /// <summary>Another program may note more than could be saved again.</summary>
    [Fact]
    public void Weights_with_huge_metadata_load_without_them()
    {
        byte[] file = SafetensorsFile.Written(GoldenOdd.Create(1).Save);
        JsonObject many = [], large = new() { ["captions"] = new string('c', MaxBytes) };
        foreach ((string key, string value) in Many(1001))
        {
            many[key] = value;
        }
        foreach (JsonObject metadata in (JsonObject[])[many, large, new() { [""] = "x" }])
        {
            byte[] own = SafetensorsFile.With(file, static n => n, metadata);
            string message = Assert.Throws<ModelFileException>(() => GoldenOdd.Load(new MemoryStream(own))).Message;
            Assert.Contains("new WeightLoadOptions { SkipMetadata = true }", message, StringComparison.Ordinal);
            Assert.True(message.Length < 300, message);
            GoldenOdd loaded = GoldenOdd.Load(new MemoryStream(own), new() { SkipMetadata = true });
            Assert.Equal(GoldenOdd.Create(1).WeightFingerprint, loaded.WeightFingerprint);
            Assert.Empty(loaded.Metadata);
            Assert.Equal(metadata.Count, ModelFileInfo.Read(new MemoryStream(own)).Metadata.Count);
        }
    }

    [Fact]
    public void Metadata_that_were_changed_do_not_fit_the_checksum()
    {
        GoldenOdd model = GoldenOdd.Create(1);
        model.Metadata = new Dictionary<string, string> { ["owner"] = "alice" };
        byte[] saved = SafetensorsFile.Written(model.Save);
        "bobby"u8.CopyTo(saved.AsSpan(saved.AsSpan().IndexOf("alice"u8)));
        string message = Assert.Throws<ModelFileException>(() => GoldenOdd.Load(new MemoryStream(saved))).Message;
        Assert.Contains("leave 'aarengen.sha256' out", message, StringComparison.Ordinal);
        Assert.False(ModelFileInfo.Read(new MemoryStream(saved)).HasRightChecksum);
    }

    private static Dictionary<string, string> Many(int count) =>
        Enumerable.Range(0, count).ToDictionary(static i => i.ToString(CultureInfo.InvariantCulture), static i => $"value {i % 7}");

    private static KeyValuePair<string, string>[] Sorted(Dictionary<string, string> entries) =>
        [.. entries.OrderBy(static e => e.Key, StringComparer.Ordinal)];
}
