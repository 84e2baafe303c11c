using System.Buffers.Binary;
using System.Text;
using AarenGen.Serialization;
using AarenGen.Tests.Models;
using CsCheck;

namespace AarenGen.Tests;

/// <summary>Files round-trip, and any other content gives one typed exception: no crash, no hang, no huge allocation.</summary>
public sealed class SerializationTests : IDisposable
{
    private readonly string folder, path;

    public SerializationTests()
    {
        folder = Directory.CreateTempSubdirectory("aarengen-serialization-").FullName;
        path = Path.Combine(folder, "model.safetensors");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string, string> HostileHeaders => new()
    {
        { "nested braces", new string('{', 1_000_000) },
        { "nested arrays", "{\"a\":" + new string('[', 1_000_000) },
        { "not JSON", "hello" },
        { "empty", "" },
        { "no object", "[]" },
        { "two objects", "{}{}" },
        { "NaN shape", Entry("[NaN]", "[0,4]") },
        { "negative shape", Entry("[-1]", "[0,4]") },
        { "fractional shape", Entry("[1.5]", "[0,4]") },
        { "huge shape", Entry("[9223372036854775807,9223372036854775807]", "[0,4]") },
        { "overflowing number", Entry("[99999999999999999999999]", "[0,4]") },
        { "reversed offsets", Entry("[1]", "[4,0]") },
        { "offsets past the end", Entry("[1000000]", "[0,4000000]") },
        { "offsets near 2^63", Entry("[1]", "[9223372036854775803,9223372036854775807]") },
        { "one offset", Entry("[1]", "[0]") },
        { "unknown type", Entry("[1]", "[0,4]").Replace("F32", "F33", StringComparison.Ordinal) },
        { "unknown field", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}}" },
        { "repeated name", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[0],"
            + "\"data_offsets\":[4,4]}}" },
        { "overlap", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],"
            + "\"data_offsets\":[0,4]}}" },
        { "hole", Entry("[0]", "[4,4]") },
        { "metadata of numbers", "{\"__metadata__\":{\"a\":1}}" },
    };

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Non_finite_weights_are_not_saved(float weight)
    {
        GoldenOdd model = GoldenOdd.Create(seed: 1);
        model.WeightBuffer.Span[0] = weight;
        using var stream = new MemoryStream();
        foreach (Action save in (Action[])[
            () => model.Save(path), () => model.Save(stream), () => model.SaveCompiled(path), () => model.SaveCompiled(stream)])
        {
            Assert.Contains("NaN or infinity", Assert.Throws<InvalidOperationException>(save).Message, StringComparison.Ordinal);
        }
        Assert.Equal(0, stream.Length);
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void A_non_finite_state_is_not_saved_and_a_fresh_one_is()
    {
        GoldenOdd model = GoldenOdd.Create(seed: 1);
        StreamState<GoldenOdd> state = model.CreateState();
        state.Save(path);
        StreamState<GoldenOdd> loaded = model.CreateState();
        model.Step(loaded, new float[GoldenOdd.InputWidth], new float[GoldenOdd.OutputWidth]);
        loaded.Load(path);
        Assert.Equal(0, loaded.TokenCount);
        state.LayerMemory(0)[0] = double.NaN;
        using var stream = new MemoryStream();
        Assert.Contains(
            "NaN or infinity", Assert.Throws<InvalidOperationException>(() => state.Save(stream)).Message, StringComparison.Ordinal);
        Assert.Equal(0, stream.Length);
    }

    /// <summary>The weight of a depth-wise Conv1d has one input channel in between.</summary>
    [Fact]
    public void The_weights_of_a_convolution_have_their_own_shape_or_that_of_PyTorch()
    {
        MinGruConvolution model = MinGruConvolution.Create(seed: 1);
        model.Save(path);
        byte[] file = File.ReadAllBytes(path);
        (string, IReadOnlyList<int>)[] tensors = [.. MinGruConvolution.Description.Parameters.Select(static p => (
            p.Name, p.Name.EndsWith("conv.weight", StringComparison.Ordinal) ? [p.Rows, 1, p.Columns] : (IReadOnlyList<int>)p.Shape))];
        int floats = MinGruConvolution.Description.Parameters.Sum(static p => p.Rows * p.Columns);
        File.WriteAllBytes(path, [
            .. Safetensors.WriteHeader(tensors, new SortedDictionary<string, string>()), .. file.AsSpan(file.Length - 4 * floats)]);
        float[] token = [1, 2, 3], expected = new float[5], actual = new float[5];
        model.Step(model.CreateState(), token, expected);
        MinGruConvolution loaded = MinGruConvolution.Load(path);
        loaded.Step(loaded.CreateState(), token, actual);
        Assert.Equal(expected, actual);

        tensors[^1].Item2 = [.. tensors[^1].Item2, 1];
        File.WriteAllBytes(path, [
            .. Safetensors.WriteHeader(tensors, new SortedDictionary<string, string>()), .. file.AsSpan(file.Length - 4 * floats)]);
        string message = Assert.Throws<ModelFileException>(() => MinGruConvolution.Load(path)).Message;
        Assert.Contains("misshapen", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50, false)]
    [InlineData(51, true)]
    public void Of_many_wrong_tensors_the_first_are_named_and_the_others_counted(int errors, bool hasMore)
    {
        // Each tensor of the model is missing; the others are unexpected.
        int missing = GoldenOdd.Description.Parameters.Count;
        var tensors = Enumerable.Range(0, errors - missing).Select(static i => ($"x{i:D2}", (IReadOnlyList<int>)[1])).Reverse().ToArray();
        File.WriteAllBytes(path, [
            .. Safetensors.WriteHeader(tensors, new SortedDictionary<string, string>()), .. new byte[4 * tensors.Length]]);
        string[] lines = Assert.Throws<ModelFileException>(() => GoldenOdd.Load(path)).Message.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Equal(missing, lines.Count(static l => l.StartsWith("missing: ", StringComparison.Ordinal)));
        Assert.Equal(
            Enumerable.Range(0, 50 - missing).Select(static i => $"unexpected: x{i:D2}"),
            lines.Where(static l => l.StartsWith("unexpected: ", StringComparison.Ordinal)));
        Assert.Equal(hasMore ? ["and 1 more"] : [], lines.Where(static l => l.EndsWith(" more", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_tensor_of_integers_is_of_the_wrong_type()
    {
        GoldenOdd.Create(seed: 1).Save(path);
        byte[] file = File.ReadAllBytes(path);
        int at = file.AsSpan().IndexOf("\"F32\""u8);
        "\"I32\""u8.CopyTo(file.AsSpan(at));
        File.WriteAllBytes(path, file);
        Assert.Contains(
            "is I32, the model needs F64, F32, F16 or BF16", Assert.Throws<ModelFileException>(() => GoldenOdd.Load(path)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.9 of long ago", " (0.9 of long ago)")]
    [InlineData("a line\nand another", "")]
    [InlineData("a tilde ~ is the last that is shown", " (a tilde ~ is the last that is shown)")]
    [InlineData("a name of forty characters and many more.", "")]
    public unsafe void A_compiled_file_of_another_version_is_named_where_that_is_text(string version, string expected)
    {
        byte[] file = Safetensors.WriteHeader([], new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["aarengen.fingerprint"] = GoldenOdd.Description.Fingerprint, [CompiledModel.Mark] = version,
        });
        fixed (byte* memory = file)
        {
            using var resource = new UnmanagedMemoryStream(memory, file.Length);
            Assert.StartsWith(
                $"m was compiled by another version of AarenGen{expected}; write",
                Assert.Throws<ModelFileException>(() => CompiledModel.TryRead(resource, GoldenOdd.Description, "m")).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Weights_round_trip_bit_for_bit()
    {
        EveryLayer model = EveryLayer.Create(seed: 5);
        model.Save(path);
        Assert.Equal(model.Weights.ToArray(), EveryLayer.Load(path).Weights.ToArray());
        Assert.NotEqual(model.Weights.ToArray(), EveryLayer.Create(seed: 6).Weights.ToArray());
        Assert.Empty(Directory.GetFiles(folder, AtomicFile.Pattern));
    }

    [Fact]
    public void Every_missing_unexpected_and_misshapen_tensor_is_named()
    {
        GoldenOdd.Create(seed: 1).Save(path);
        string message = Assert.Throws<ModelFileException>(() => GoldenOneBlock.Load(path)).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains("misshapen: embed.weight is [21, 1], the model needs [16, 3]", message, StringComparison.Ordinal);
        Assert.Contains("unexpected: blocks.1.norm2.bias", message, StringComparison.Ordinal);
        GoldenOneBlock.Create(seed: 1).Save(path);
        Assert.Contains(
            "missing: blocks.1.mixer.query [16]", Assert.Throws<ModelFileException>(() => GoldenPre.Load(path)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("F64", 8)]
    [InlineData("F16", 2)]
    [InlineData("BF16", 2)]
    public void Weights_of_other_float_types_load(string type, int bytes)
    {
        GoldenOneBlock model = GoldenOneBlock.Create(seed: 1);
        var header = new StringBuilder("{");
        using var data = new MemoryStream();
        foreach (ParameterDescription p in GoldenOneBlock.Description.Parameters)
        {
            header.Append(header.Length > 1 ? "," : "").Append(System.Globalization.CultureInfo.InvariantCulture,
                $"\"{p.Name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', p.Shape)}],\"data_offsets\":[{data.Length},"
                    + $"{data.Length + (long)p.Rows * p.Columns * bytes}]}}");
            for (int i = 0; i < p.Rows * p.Columns; i++)
            {
                float value = model.Weights[p.Offset + i / p.Columns * p.RowStride + i % p.Columns];
                data.Write(type switch
                {
                    "F64" => BitConverter.GetBytes((double)value),
                    "F16" => BitConverter.GetBytes((Half)value),
                    _ => BitConverter.GetBytes(value)[2..],
                });
            }
        }
        byte[] text = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)text.Length), .. text, .. data.ToArray()]);
        // Half keeps 11 bits, bfloat16 8 (here cut off, not rounded), double all; below 6e-5 halves lose bits.
        double relative = type switch { "F64" => 0, "F16" => 1.0 / 2048, _ => 1.0 / 128 };
        Assert.All(
            model.Weights.ToArray()[..GoldenOneBlock.Description.Layout.ParameterFloats].Zip(GoldenOneBlock.Load(path).Weights.ToArray()),
            pair => Assert.Equal(pair.First, pair.Second, Math.Abs(pair.First) * relative + (type == "F16" ? 6e-8 : 0)));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file()
    {
        File.WriteAllText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, static s =>
        {
            s.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Empty(Directory.GetFiles(folder, AtomicFile.Pattern));
    }

    [Fact]
    public void A_second_metadata_entry_is_rejected_though_the_first_is_empty()
    {
        byte[] text = "{\"__metadata__\":{},\"__metadata__\":{}}"u8.ToArray();
        using var file = new MemoryStream([.. BitConverter.GetBytes((long)text.Length), .. text]);
        Assert.Contains(
            "occurs twice", Assert.Throws<ModelFileException>(() => Safetensors.ReadHeader(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        string missing = path + ".folder";
        Assert.Contains($"{missing} does not exist", Assert.Throws<DirectoryNotFoundException>(
            () => GoldenOdd.Create(seed: 1).Save(Path.Combine(missing, "model"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(HostileHeaders))]
    public void A_hostile_header_is_rejected(string what, string header)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] bytes = new byte[8 + text.Length + 4];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, text.Length);
        text.CopyTo(bytes, 8);
        AssertRefused(bytes, what);
    }

    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    [InlineData(99_999_999UL)]
    [InlineData(3UL)]
    public void An_impossible_header_length_is_rejected(ulong length)
    {
        byte[] bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        AssertRefused(bytes, length.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Any_truncation_is_rejected()
    {
        GoldenOneBlock.Create(seed: 1).Save(path);
        byte[] bytes = File.ReadAllBytes(path);
        Gen.Int[0, bytes.Length - 1].Sample(length => AssertRefused(bytes[..length], $"cut at {length}"), iter: 300, threads: 1);
    }

    [Fact]
    public void Any_changed_byte_is_rejected()
    {
        GoldenOneBlock.Create(seed: 1).Save(path);
        byte[] bytes = File.ReadAllBytes(path);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte[1, 255]).Sample(
            (at, change) =>
            {
                byte[] changed = [.. bytes];
                changed[at] ^= change;
                // A header may say the same in other words (a space for a tab); then the weights are the same, too.
                File.WriteAllBytes(path, changed);
                try
                {
                    Assert.Equal(GoldenOneBlock.Create(seed: 1).Weights.ToArray(), GoldenOneBlock.Load(path).Weights.ToArray());
                }
                catch (ModelFileException)
                {
                }
            }, iter: 500, threads: 1);
    }

    [Fact]
    public void Any_bytes_at_all_are_rejected() =>
        Gen.Byte.Array[0, 300].Sample(bytes => AssertRefused(bytes, "random"), iter: 500, threads: 1);

    [Fact]
    public void Any_damage_to_a_saved_state_is_rejected_and_the_state_stays()
    {
        EveryLayer model = EveryLayer.Create(seed: 5);
        StreamState<EveryLayer> state = model.CreateState();
        model.Step(state, [1, 2, 3, 4, 5], new float[EveryLayer.OutputWidth]);
        using var saved = new MemoryStream();
        state.Save(saved);
        byte[] bytes = saved.ToArray();
        double[] memory = state.LayerMemory(0).ToArray();
        Gen.Int[0, bytes.Length - 1].Sample(
            at =>
            {
                byte[] changed = [.. bytes];
                changed[at] ^= 1;
                Assert.Throws<ModelFileException>(() => state.Load(new MemoryStream(changed)));
                Assert.Throws<ModelFileException>(() => state.Load(new MemoryStream(bytes[..at])));
                Assert.Equal(memory, state.LayerMemory(0).ToArray());
                Assert.Equal(1, state.TokenCount);
            }, iter: 500, threads: 1);
        Assert.Contains(
            "another declaration",
            Assert.Throws<ModelFileException>(() => GoldenPre.Create(seed: 1).CreateState().Load(new MemoryStream(bytes))).Message,
            StringComparison.Ordinal);
    }

    private void AssertRefused(byte[] bytes, string what)
    {
        File.WriteAllBytes(path, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exception? e = Record.Exception(() => GoldenOneBlock.Load(path));
        Assert.True(e is ModelFileException, $"{what}: {e?.GetType().Name ?? "accepted"}");
        // The header itself, the model's weights, and small change.
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2 * bytes.Length + 1_000_000, what);
    }

    private static string Entry(string shape, string offsets) =>
        $"{{\"a\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}";
}
