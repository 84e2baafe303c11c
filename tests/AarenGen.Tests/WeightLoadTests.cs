using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Weights whose names begin with a prefix, as wrapped modules of PyTorch have.</summary>
public sealed class WeightLoadTests
{
    private readonly GoldenOneBlock model = GoldenOneBlock.Create(1);

    private byte[] Saved => SafetensorsFile.Written(model.Save);

    [Theory]
    [InlineData("module.")]
    [InlineData("model.")]
    [InlineData("_orig_mod.")]
    [InlineData("module._orig_mod.")]
    [InlineData("blocks.")]
    [InlineData("no dot ")]
    public void A_prefix_is_removed_when_told(string prefix)
    {
        byte[] wrapped = SafetensorsFile.With(Saved, n => prefix + n);
        Assert.Equal(model.WeightFingerprint, Load(wrapped, prefix).WeightFingerprint);
        // Without being told, no name fits. The message says so, and which prefix all share where that ends with a dot.
        string message = Assert.Throws<ModelFileException>(() => Load(wrapped, "")).Message;
        Assert.Contains("missing: embed.weight [", message, StringComparison.Ordinal);
        Assert.Contains($"unexpected: {prefix}embed.weight", message, StringComparison.Ordinal);
        string suggestion = $"new WeightLoadOptions {{ Prefix = \"{prefix}\" }}.";
        Assert.Equal(prefix.EndsWith('.'), message.EndsWith(suggestion, StringComparison.Ordinal));
        Assert.Equal(prefix.EndsWith('.'), message.Contains("WeightLoadOptions", StringComparison.Ordinal));
        // Told a part of it, or another one.
        Assert.Contains(
            "no tensor's name begins with the prefix 'other.'", Assert.Throws<ModelFileException>(() => Load(wrapped, "other.")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_of_a_prefix_is_suggested()
    {
        byte[] wrapped = SafetensorsFile.With(Saved, static n => "module._orig_mod." + n);
        Assert.EndsWith(
            "All unexpected names begin with '_orig_mod.': load the file with new WeightLoadOptions { Prefix = \"_orig_mod.\" }.",
            Assert.Throws<ModelFileException>(() => Load(wrapped, "module.")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_without_the_prefix_stay()
    {
        byte[] mixed = SafetensorsFile.With(Saved, static n => n.StartsWith("blocks", StringComparison.Ordinal) ? "module." + n : n);
        Assert.Equal(model.WeightFingerprint, Load(mixed, "module.").WeightFingerprint);
        Assert.Contains(
            "Prefix = \"module.\"", Assert.Throws<ModelFileException>(() => Load(mixed, "")).Message, StringComparison.Ordinal);
        // Statistics lie beside a wrapped module as they are.
        Standardized standardized = Standardized.Create(1);
        byte[] wrapped = SafetensorsFile.With(
            SafetensorsFile.Written(standardized.Save),
            static n => n.StartsWith("standardize", StringComparison.Ordinal) ? n : "model." + n);
        Assert.Equal(
            standardized.WeightFingerprint, Standardized.Load(new MemoryStream(wrapped), new() { Prefix = "model." }).WeightFingerprint);
    }

    [Fact]
    public void A_name_with_and_without_the_prefix_is_an_error()
    {
        // The first tensor once more, under the prefix: its data are those of another one of its size, but names come first.
        bool isFirst = true;
        byte[] doubled = SafetensorsFile.With(Saved, n => isFirst && !(isFirst = false) ? "module.head.bias" : n);
        Assert.Contains(
            "'head.bias' occurs twice, with the prefix 'module.' and without it",
            Assert.Throws<ModelFileException>(() => Load(doubled, "module.")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prefix_that_would_not_help_is_not_suggested()
    {
        byte[] other = SafetensorsFile.With(Saved, static n => "module.other_" + n);
        Assert.DoesNotContain(
            "WeightLoadOptions", Assert.Throws<ModelFileException>(() => Load(other, "")).Message, StringComparison.Ordinal);
        byte[] two = SafetensorsFile.With(
            Saved, static n => (n.StartsWith("blocks", StringComparison.Ordinal) ? "a." : "b.") + n);
        Assert.DoesNotContain(
            "WeightLoadOptions", Assert.Throws<ModelFileException>(() => Load(two, "")).Message, StringComparison.Ordinal);
        byte[] none = SafetensorsFile.With([.. BitConverter.GetBytes(2L), .. "{}"u8], static n => n);
        string message = Assert.Throws<ModelFileException>(() => Load(none, "module.")).Message;
        Assert.Contains("missing: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain("WeightLoadOptions", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prefix_that_is_null_is_rejected() =>
        Assert.Throws<ArgumentNullException>(static () => new WeightLoadOptions { Prefix = null! });

    [Fact]
    public void Files_and_streams_take_the_same_options()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        File.WriteAllBytes(path, SafetensorsFile.With(Saved, static n => "module." + n));
        try
        {
            Assert.Equal(model.WeightFingerprint, GoldenOneBlock.Load(path, new() { Prefix = "module." }).WeightFingerprint);
            Assert.StartsWith(path, Assert.Throws<ModelFileException>(() => GoldenOneBlock.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static GoldenOneBlock Load(byte[] file, string prefix) =>
        GoldenOneBlock.Load(new MemoryStream(file), new() { Prefix = prefix });

    /// <summary>The query times its projection is above the largest float, so that no output would be finite.</summary>
    [Fact]
    public void Weights_whose_products_overflow_are_refused()
    {
        GoldenPre model = GoldenPre.Create(seed: 1);
        foreach (ParameterDescription p in GoldenPre.Description.Layout.Parameters.Where(
            static p => p.Name.Contains("mixer", StringComparison.Ordinal)))
        {
            for (int row = 0; row < p.Rows; row++)
            {
                model.Weights.Slice(p.Offset + row * p.RowStride, p.Columns).Fill(1e30f);
            }
        }
        using var file = new MemoryStream();
        model.Save(file);
        file.Position = 0;
        Assert.Contains("so large", Assert.Throws<ModelFileException>(() => GoldenPre.Load(file)).Message, StringComparison.Ordinal);
        string folder = Directory.CreateTempSubdirectory("aarengen-large-").FullName, path = Path.Combine(folder, "large.safetensors");
        try
        {
            File.WriteAllBytes(path, file.ToArray());
            Assert.StartsWith(path + ": ", Assert.Throws<ModelFileException>(() => GoldenPre.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
