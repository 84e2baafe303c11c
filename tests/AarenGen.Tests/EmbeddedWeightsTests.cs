using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Models whose weights the assembly embeds.</summary>
public sealed unsafe class EmbeddedWeightsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-embedded").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_file_of_Save_in_the_assembly_is_the_trained_model()
    {
        Assert.Same(Tiny.Trained, Tiny.Trained);
        string path = Path.Combine(folder, "again.safetensors");
        Tiny.Trained.Save(path);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "AarenGen.Tests", "Weights", "tiny.safetensors")),
            File.ReadAllBytes(path));
    }

    [Fact]
    public void A_file_that_is_not_embedded_is_named_with_a_fix()
    {
        string message = Assert.Throws<ModelFileException>(static () => NotEmbedded.Trained).Message;
        Assert.Contains("<EmbeddedResource Include=\"nowhere.safetensors\" />", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WeightPrecision.Float32)]
    [InlineData(WeightPrecision.BFloat16)]
    [InlineData(WeightPrecision.Int8)]
    public void A_compiled_file_runs_without_a_copy(WeightPrecision precision)
    {
        Wide model = Wide.Create(5);
        model.UsePrecision(precision);
        byte[] file = Compiled(model);
        fixed (byte* memory = file)
        {
            Wide inPlace = Read(memory, file.Length);
            Assert.Equal(precision, inPlace.Precision);
            Assert.True(inPlace.WeightBuffer.IsReadOnly);
            Assert.Equal(Outputs(model), Outputs(inPlace));
            // A change of the memory below is seen: nothing was copied.
            Span<float> weights = inPlace.Weights;
            weights[0]++;
            Assert.NotEqual(Compiled(model), file);
        }
    }

    [Fact]
    public void Training_and_another_precision_leave_the_file_alone()
    {
        Wide model = Wide.Create(5);
        byte[] file = Compiled(model), before = [.. file];
        fixed (byte* memory = file)
        {
            Wide inPlace = Read(memory, file.Length);
            inPlace.UsePrecision(WeightPrecision.BFloat16);
            inPlace.UsePrecision(WeightPrecision.Float32);
            Assert.Equal(Outputs(model), Outputs(inPlace));
            Wide other = Read(memory, file.Length);
            var data = new SequenceList(3, 2);
            data.Add(StreamingTests.Random(30, 1), StreamingTests.Random(20, 2));
            other.Fit(data, options: new() { Epochs = 2, Threads = 1 });
            Assert.NotEqual(Outputs(model), Outputs(other));
        }
        Assert.Equal(before, file);
    }

    [Fact]
    public void Files_that_do_not_fit_are_rejected()
    {
        byte[] file = Compiled(Wide.Create(5));
        fixed (byte* memory = file)
        {
            using UnmanagedMemoryStream stream = new(memory, file.Length);
            Assert.Contains(
                "another declaration", Assert.Throws<ModelFileException>(() => Tiny.LoadEmbedded(stream, "wide")).Message,
                StringComparison.Ordinal);
        }
        int version = file.AsSpan().IndexOf("1 Float32"u8);
        file[version] = (byte)'9';
        fixed (byte* memory = file)
        {
            nint address = (nint)memory;
            Assert.Contains(
                "another version", Assert.Throws<ModelFileException>(() => Read((byte*)address, file.Length)).Message,
                StringComparison.Ordinal);
            Assert.Throws<ModelFileException>(() => Read((byte*)address, file.Length - 4));
            Assert.Throws<ModelFileException>(() => Read((byte*)address, 5));
        }
        string path = Path.Combine(folder, "compiled.safetensors");
        Wide.Create(5).SaveCompiled(path);
        Assert.Contains("[Weights]", Assert.Throws<ModelFileException>(() => Wide.Load(path)).Message, StringComparison.Ordinal);
    }

    private byte[] Compiled(Wide model)
    {
        string path = Path.Combine(folder, "compiled.safetensors");
        model.SaveCompiled(path);
        return File.ReadAllBytes(path);
    }

    private static Wide Read(byte* memory, int length)
    {
        using var stream = new UnmanagedMemoryStream(memory, length);
        return Wide.LoadEmbedded(stream, "compiled.safetensors");
    }

    private static float[] Outputs(Wide model)
    {
        var outputs = new float[20];
        model.Forward(model.CreateState(), StreamingTests.Random(30, 9), outputs);
        return outputs;
    }
}
