using System.IO.Compression;
using System.Text;
using AarenGen.Serialization;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>A file of another format is named, with a fix; a hostile one gives the same typed error.</summary>
public sealed class FileFormatTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.file");
    private readonly GoldenOdd model = GoldenOdd.Create(1);

    /// <summary>Contents and what the message says, by what they are; test names hold no bytes, so that tools can name a test.</summary>
    private static readonly Dictionary<string, (byte[] Bytes, string Expected)> Foreign = new()
    {
        ["PyTorch"] = (Zip(), "torch.save"),
        ["pickle"] = ([0x80, 2, .. "cparser"u8], "pickle"),
        ["newer pickle"] = ([0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0], "pickle"),
        ["HDF5"] = ([0x89, .. "HDF\r\n\x1a\n"u8, 0, 0, 0, 0], "HDF5"),
        ["NumPy"] = ([0x93, .. "NUMPY\x01\0"u8, 0x76, 0], "NumPy"),
        ["gzip"] = (Gzip("hello"), "gzip"),
        ["gzip that a header's length could be"] = ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, .. new byte[600_000]], "gzip"),
        ["ONNX"] = ([8, 7, 0x12, 7, .. "pytorch"u8, 0x1A, 5, .. "2.1.0"u8], "ONNX"),
        ["Git LFS"] = (Encoding.UTF8.GetBytes("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 5\n"), "git lfs pull"),
        ["HTML"] = (Encoding.UTF8.GetBytes("<!DOCTYPE html>\n<html>Größe</html>"), "a text"),
        ["zstd"] = ([0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0, 0], "Zstandard"),
        ["GGUF"] = ([.. "GGUF"u8, 3, 0, 0, 0, 0, 0], "GGUF"),
        ["empty"] = ([], "an empty file"),
        ["noise"] = ([1, 2, 3, 0, 255, 3, 77, 12, 9, 8], "unknown format"),
    };

    public static TheoryData<string> ForeignKinds => new(Foreign.Keys);

    public void Dispose() => File.Delete(path);

    [Theory]
    [MemberData(nameof(ForeignKinds))]
    public void A_file_of_another_format_is_named(string what)
    {
        (byte[] bytes, string expected) = Foreign[what];
        File.WriteAllBytes(path, bytes);
        foreach (Action read in (Action[])[() => GoldenOdd.Load(path), () => model.CreateState().Load(path)])
        {
            string message = Assert.Throws<ModelFileException>(read).Message;
            Assert.True(
                message.Contains(expected, StringComparison.Ordinal) && message.StartsWith(path, StringComparison.Ordinal),
                $"{what}: {message}");
            // What PyTorch or its kin wrote comes with the two lines of Python that convert it.
            string[] lines = message.Split('\n');
            Assert.Equal(what is "PyTorch" or "pickle" or "newer pickle" or "ONNX" or "GGUF" ? 3 : 1, lines.Length);
            Assert.All(lines[1..], static line => Assert.StartsWith("  ", line, StringComparison.Ordinal));
            Assert.EndsWith(lines.Length == 1 ? "." : "\"model.safetensors\")", lines[^1], StringComparison.Ordinal);
            Assert.False(message.EndsWith("..", StringComparison.Ordinal), message);
        }
    }

    [PyTorchFact]
    public async Task The_two_lines_convert_what_PyTorch_wrote()
    {
        foreach (string what in (string[])["PyTorch", "pickle"])
        {
            File.WriteAllBytes(path, Foreign[what].Bytes);
            string message = Assert.Throws<ModelFileException>(() => GoldenOneBlock.Load(path)).Message;
            string[] lines = message.Split('\n', StringSplitOptions.TrimEntries);
            string folder = Directory.CreateTempSubdirectory("aarengen-convert").FullName;
            try
            {
                GoldenOneBlock expected = GoldenOneBlock.Create(3);
                string source = Path.Combine(folder, "source.safetensors"), model = Path.Combine(folder, "model");
                expected.Save(source);
                (int exitCode, string output) = await PyTorch.RunAsync("-B", "-c", $$"""
                    import os, sys, torch
                    os.chdir("{{folder}}")
                    from safetensors.torch import load_file
                    is_zip = {{(what == "PyTorch" ? "True" : "False")}}
                    torch.save(load_file("source.safetensors"), "model.pt", _use_new_zipfile_serialization=is_zip)
                    {{lines[1]}}
                    {{lines[2]}}
                    """);
                Assert.True(exitCode == 0, output);
                Assert.Contains(
                    Foreign[what].Expected, Assert.Throws<ModelFileException>(() => GoldenOneBlock.Load(model + ".pt")).Message,
                    StringComparison.Ordinal);
                Assert.Equal(expected.WeightFingerprint, GoldenOneBlock.Load(model + ".safetensors").WeightFingerprint);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    [Fact]
    public void The_librarys_own_files_are_distinguished()
    {
        StreamState<GoldenOdd> state = model.CreateState();
        state.Save(path);
        Names("StreamState.Load", () => GoldenOdd.Load(path));
        model.Save(path);
        Names("SequenceModel.Load", () => state.Load(path));
        model.SaveCompiled(path);
        Names("SaveCompiled", () => GoldenOdd.Load(path));
        Names("safetensors", () => state.Load(path));

        var data = new SequenceList(1, 1);
        data.Add(new float[5], new float[5]);
        File.Delete(path);
        model.Fit(data, options: new TrainingOptions { Epochs = 1, CheckpointPath = path });
        Names("Resume", () => GoldenOdd.Load(path));
        Names("safetensors", () => state.Load(path));
        model.Save(path);
        Names("without Resume", () => model.Fit(data, options: new TrainingOptions { Epochs = 2, CheckpointPath = path, Resume = true }));
        state.Save(path);
        Names("StreamState.Load", () => model.Fit(data, options: new TrainingOptions { Epochs = 2, CheckpointPath = path, Resume = true }));

        static void Names(string expected, Action read)
        {
            string message = Assert.Throws<ModelFileException>(read).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void A_truncated_state_is_named_at_every_length()
    {
        StreamState<GoldenOdd> state = model.CreateState();
        model.Step(state, [1], new float[1]);
        using var saved = new MemoryStream();
        state.Save(saved);
        byte[] bytes = saved.ToArray();
        for (int length = 1; length < bytes.Length; length++)
        {
            string message = Assert.Throws<ModelFileException>(() => state.Load(new MemoryStream(bytes[..length]))).Message;
            Assert.Equal($"The saved state is cut short: {length} of {bytes.Length} bytes are there; use an older copy.", message);
        }
        bytes[7] = (byte)'1';
        Assert.Contains(
            "another version", Assert.Throws<ModelFileException>(() => state.Load(new MemoryStream(bytes))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x0280)]
    [InlineData(0x0380)]
    [InlineData(0x0480)]
    [InlineData(0x0580)]
    [InlineData(0x10280)]
    [InlineData(0x8B1F)]
    [InlineData(0x40408)]
    public void Weights_given_as_a_state_are_named_whatever_the_length_of_their_header(int length)
    {
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)length), .. "{}"u8, .. Enumerable.Repeat((byte)' ', length - 2)]);
        string message = Assert.Throws<ModelFileException>(() => model.CreateState().Load(path)).Message;
        Assert.Contains("a safetensors file", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_whose_writer_notes_a_checkpoint_of_its_own_load()
    {
        var metadata = new Dictionary<string, string> { ["checkpoint"] = "epoch 7", ["format"] = "pt" };
        ModelFile.WriteSets(path, GoldenOdd.Description, [("", model.WeightBuffer)], metadata);
        int floats = GoldenOdd.Description.Layout.ParameterFloats;
        Assert.Equal(model.Weights[..floats].ToArray(), GoldenOdd.Load(path).Weights[..floats].ToArray());
    }

    [Fact]
    public unsafe void An_embedded_file_that_is_none_is_named()
    {
        byte[] bytes = Gzip("weights");
        fixed (byte* memory = bytes)
        {
            using var resource = new UnmanagedMemoryStream(memory, bytes.Length);
            Assert.StartsWith(
                "weights.safetensors: ", Assert.Throws<ModelFileException>(() => GoldenOdd.LoadEmbedded(resource, "weights.safetensors"))
                    .Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e307)]
    public void A_state_that_is_not_finite_is_not_loaded(double bad)
    {
        StreamState<GoldenOdd> state = model.CreateState();
        model.Step(state, [1], new float[1]);
        double[] memory = [.. state.LayerMemory(0)];
        using var file = new MemoryStream();
        StateSnapshot.Write(file, GoldenOdd.Description.Fingerprint, 1, 5, memory);
        byte[] bytes = file.ToArray();
        // The last number, before the length of no name; then a new checksum.
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 44), bad);
        System.Security.Cryptography.SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32), bytes.AsSpan(bytes.Length - 32));
        Assert.Contains(
            "NaN or infinity", Assert.Throws<ModelFileException>(() => state.Load(new MemoryStream(bytes))).Message,
            StringComparison.Ordinal);
        Assert.Equal(memory, state.LayerMemory(0).ToArray());
        Assert.Equal(1, state.TokenCount);
    }

    [Fact]
    public void Impossible_counts_in_a_state_do_no_harm()
    {
        foreach (double count in (double[])[-1, -1e18, 0.5, 1e18, 1e300])
        {
            TransformerPre transformer = TransformerPre.Create(1);
            StreamState<TransformerPre> state = transformer.CreateState();
            state.LayerMemory(0)[0] = count;
            transformer.Step(state, [1, 2, 3], new float[5]);
            PatchedChannels patched = PatchedChannels.Create(1);
            using var file = new MemoryStream();
            var memory = new double[PatchedChannels.Description.Layout.StateDoubles];
            memory[0] = count;
            StateSnapshot.Write(file, PatchedChannels.Description.Fingerprint, 1, 3, memory);
            file.Position = 0;
            Assert.Contains(
                "cannot be", Assert.Throws<ModelFileException>(() => patched.CreateState().Load(file)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData((1L << 53) + 1)]
    [InlineData(long.MaxValue)]
    public void An_impossible_number_of_tokens_is_rejected(long tokens)
    {
        using var file = new MemoryStream();
        StateSnapshot.Write(file, GoldenOdd.Description.Fingerprint, 1, tokens, new double[GoldenOdd.Description.Layout.StateDoubles]);
        file.Position = 0;
        Assert.Contains(
            "cannot be", Assert.Throws<ModelFileException>(() => model.CreateState().Load(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_that_give_one_byte_at_a_time_are_read()
    {
        StreamState<GoldenOdd> state = model.CreateState(), loaded = model.CreateState();
        model.Step(state, [1], new float[1]);
        using var saved = new MemoryStream();
        state.Save(saved);
        loaded.Load(new Dripping(saved.ToArray()));
        Assert.Equal(state.LayerMemory(0).ToArray(), loaded.LayerMemory(0).ToArray());
        model.Save(path);
        GoldenOdd read = GoldenOdd.Create(2);
        ModelFile.Read(new Dripping(File.ReadAllBytes(path)), GoldenOdd.Description, read.WeightBuffer, new());
        Assert.Equal(
            model.Weights[..GoldenOdd.Description.Layout.ParameterFloats].ToArray(),
            read.Weights[..GoldenOdd.Description.Layout.ParameterFloats].ToArray());
    }

    [Theory]
    [InlineData(200_000, "a", 1, "100000")]
    [InlineData(1, "name", 5000, "4096")]
    public void Headers_that_would_take_memory_are_rejected(int tensors, string name, int repeat, string expected)
    {
        var header = new StringBuilder("{");
        for (int i = 0; i < tensors; i++)
        {
            header.Append(i == 0 ? "" : ",").Append('"').Insert(header.Length, name, repeat).Append(i)
                .Append("\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }
        Refuses(header.Append('}').ToString(), expected);
    }

    [Fact]
    public void Other_headers_that_would_take_memory_are_rejected()
    {
        string ones = string.Join(',', Enumerable.Repeat("1", 1000)),
            entries = string.Join(',', Enumerable.Range(0, 20_000).Select(static i => $"\"{i}\":\"\""));
        Refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[" + ones + "],\"data_offsets\":[0,4]}}", "dimensions");
        Refuses("{\"__metadata__\":{" + entries + "}}", "metadata");
    }

    [Theory]
    [InlineData("F16", 2, 0x7E00)]
    [InlineData("F16", 2, 0x7C00)]
    [InlineData("BF16", 2, 0x7FC0)]
    [InlineData("F64", 8, 0x7E37E43C8800759C)]
    [InlineData("F32", 4, 0x7F800000)]
    public void Weights_that_are_not_finite_in_float_are_rejected(string type, int bytes, long bits)
    {
        var header = new StringBuilder("{");
        long at = 0;
        foreach (ParameterDescription p in GoldenOdd.Description.Parameters)
        {
            long size = (long)p.Rows * p.Columns * bytes;
            header.Append(at == 0 ? "" : ",").Append(System.Globalization.CultureInfo.InvariantCulture,
                $"\"{p.Name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', p.Shape)}],\"data_offsets\":[{at},{at + size}]}}");
            at += size;
        }
        byte[] text = Encoding.UTF8.GetBytes(header.Append('}').ToString()), data = new byte[at];
        BitConverter.GetBytes(bits).AsSpan(0, bytes).CopyTo(data.AsSpan((int)at - bytes));
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)text.Length), .. text, .. data]);
        Assert.Contains("must be finite", Assert.Throws<ModelFileException>(() => GoldenOdd.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sparse_file_that_claims_a_huge_header_takes_no_memory()
    {
        using (FileStream file = File.Create(path))
        {
            file.Write(BitConverter.GetBytes(1L << 60));
            file.Write("{"u8);
            file.SetLength(1L << 40);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ModelFileException>(() => GoldenOdd.Load(path));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    private void Refuses(string header, string expected)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)text.Length), .. text]);
        string message = Assert.Throws<ModelFileException>(() => GoldenOdd.Load(path)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.True(message.Length < 500, message);
    }

    private static byte[] Zip()
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            archive.CreateEntry("archive/data.pkl").Open().Dispose();
        }
        return stream.ToArray();
    }

    private static byte[] Gzip(string text)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }
        return stream.ToArray();
    }

    /// <summary>A stream of which every read gives one byte.</summary>
    private sealed class Dripping(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1)]);
    }
}
