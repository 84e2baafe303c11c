using AarenGen.Serialization;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Weights, compiled models and states in streams that need not seek, one after the other.</summary>
public sealed class StreamFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-streams").FullName;
    private readonly GoldenOdd model = GoldenOdd.Create(7);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Streams_hold_the_bytes_of_files()
    {
        string weights = Path.Combine(folder, "weights"), compiled = Path.Combine(folder, "compiled");
        string saved = Path.Combine(folder, "state");
        model.Save(weights);
        model.SaveCompiled(compiled);
        StreamState<GoldenOdd> state = State(3);
        state.Save(saved);
        Assert.Equal(File.ReadAllBytes(weights), Written(model.Save));
        Assert.Equal(File.ReadAllBytes(compiled), Written(model.SaveCompiled));
        Assert.Equal(File.ReadAllBytes(saved), Written(state.Save));
    }

    [Fact]
    public void Models_and_states_follow_each_other_in_a_stream_that_cannot_seek()
    {
        StreamState<GoldenOdd> first = State(3), second = State(8);
        GoldenOdd other = GoldenOdd.Create(8);
        byte[] bytes = [1, .. Written(model.Save), .. Written(first.Save), .. Written(other.Save), .. Written(second.Save), 2];
        using var stream = new ForwardOnly(new MemoryStream(bytes));
        Assert.Equal(1, stream.ReadByte());
        GoldenOdd one = GoldenOdd.Load(stream);
        StreamState<GoldenOdd> read = one.CreateState();
        read.Load(stream);
        Assert.Equal(3, read.TokenCount);
        Assert.Equal(Numbers(first), Numbers(read));
        GoldenOdd two = GoldenOdd.Load(stream);
        read.Load(stream);
        Assert.Equal(8, read.TokenCount);
        Assert.Equal(Numbers(second), Numbers(read));
        Assert.Equal((2, -1), (stream.ReadByte(), stream.ReadByte()));
        Assert.Equal(Written(model.Save), Written(one.Save));
        Assert.Equal(Written(other.Save), Written(two.Save));
    }

    [Fact]
    public void A_stream_that_seeks_is_read_from_its_position_to_the_byte_after_the_model()
    {
        byte[] weights = Written(model.Save);
        using var stream = new MemoryStream([5, 6, .. weights, 7]) { Position = 2 };
        Assert.Equal(weights, Written(GoldenOdd.Load(stream).Save));
        Assert.Equal(weights.Length + 2, stream.Position);
    }

    [Fact]
    public void Tensors_are_read_in_any_order()
    {
        // The first two tensors of GoldenOdd are swapped; without a checksum, as a file of another writer.
        string path = Path.Combine(folder, "order");
        ParameterDescription[] parameters = [.. GoldenOdd.Description.Parameters];
        (parameters[0], parameters[1]) = (parameters[1], parameters[0]);
        var metadata = new Dictionary<string, string>();
        using (FileStream file = File.Create(path))
        {
            file.Write(Safetensors.WriteHeader(parameters.Select(static p => (p.Name, p.Shape)), metadata));
            foreach (ParameterDescription p in parameters)
            {
                for (int row = 0; row < p.Rows; row++)
                {
                    file.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(
                        model.Weights.Slice(p.Offset + row * p.RowStride, p.Columns)));
                }
            }
        }
        byte[] expected = Written(model.Save);
        Assert.Equal(expected, Written(GoldenOdd.Load(path).Save));
        using var stream = new ForwardOnly(File.OpenRead(path));
        Assert.Equal(expected, Written(GoldenOdd.Load(stream).Save));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_truncated_stream_is_rejected_at_every_length(bool seeks)
    {
        byte[] weights = Written(model.Save), state = Written(State(3).Save);
        int header = BitConverter.ToInt32(weights) + 8;
        foreach (int length in (int[])[0, 5, 8, 9, 60, header - 1, header, header + 1, weights.Length / 2, weights.Length - 1])
        {
            Assert.Throws<ModelFileException>(() => GoldenOdd.Load(Cut(weights, length)));
        }
        foreach (int length in (int[])[0, 5, 8, 70, state.Length - 1])
        {
            Assert.Throws<ModelFileException>(() => model.CreateState().Load(Cut(state, length)));
        }

        Stream Cut(byte[] bytes, int length) =>
            seeks ? new MemoryStream(bytes, 0, length) : new ForwardOnly(new MemoryStream(bytes, 0, length));
    }

    [Fact]
    public void A_header_that_claims_more_than_the_file_has_takes_no_memory()
    {
        byte[] bytes = [.. BitConverter.GetBytes(99_000_000L), (byte)'{', (byte)'"'];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("2 of 99000000 bytes", Assert.Throws<ModelFileException>(
            () => Safetensors.ReadHeader(new ForwardOnly(new MemoryStream(bytes)))).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        byte[] beyond = [.. BitConverter.GetBytes(100_000_001L), (byte)'{'];
        Assert.Contains("at most 100000000", Assert.Throws<ModelFileException>(
            () => Safetensors.ReadHeader(new ForwardOnly(new MemoryStream(beyond)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_data_in_a_stream_are_named()
    {
        using var stream = new ForwardOnly(new MemoryStream(Written(State(3).Save)));
        string message = Assert.Throws<ModelFileException>(() => GoldenOdd.Load(stream)).Message;
        Assert.Contains("the saved state of a stream", message, StringComparison.Ordinal);
        using var compiled = new ForwardOnly(new MemoryStream(Written(model.SaveCompiled)));
        message = Assert.Throws<ModelFileException>(() => GoldenOdd.Load(compiled)).Message;
        Assert.Contains("SaveCompiled", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_caller_disposes_and_gets_all_bytes()
    {
        using var inner = new MemoryStream();
        using var buffered = new BufferedStream(inner, 1 << 20);
        model.Save(buffered);
        Assert.Equal(Written(model.Save).Length, inner.Length);
        model.SaveCompiled(buffered);
        Assert.Equal(Written(model.Save).Length + Written(model.SaveCompiled).Length, inner.Length);
        Assert.True(inner.CanWrite && buffered.CanWrite);
        inner.Position = 0;
        GoldenOdd.Load(inner);
        Assert.True(inner.CanRead);
    }

    [Fact]
    public void Weights_that_are_not_finite_leave_the_stream_alone()
    {
        model.Weights[0] = float.NaN;
        using var stream = new MemoryStream();
        Assert.Throws<InvalidOperationException>(() => model.Save(stream));
        Assert.Throws<InvalidOperationException>(() => model.SaveCompiled(stream));
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void Streams_that_cannot_be_used_are_rejected_by_name()
    {
        using var readOnly = new MemoryStream([1], writable: false);
        string path = Path.Combine(folder, "writeonly");
        using var writeOnly = new FileStream(path, FileMode.Create, FileAccess.Write);
        StreamState<GoldenOdd> state = model.CreateState();
        foreach (Action save in (Action[])[() => model.Save(readOnly), () => model.SaveCompiled(readOnly), () => state.Save(readOnly)])
        {
            Assert.Throws<ArgumentException>("stream", save);
        }
        foreach (Action load in (Action[])[() => GoldenOdd.Load(writeOnly), () => state.Load(writeOnly)])
        {
            Assert.Throws<ArgumentException>("stream", load);
        }
        Stream none = null!;
        foreach (Action call in (Action[])[
            () => model.Save(none), () => model.SaveCompiled(none), () => GoldenOdd.Load(none), () => state.Save(none),
            () => state.Load(none)])
        {
            Assert.Throws<ArgumentNullException>("stream", call);
        }
    }

    private static double[] Numbers(StreamState<GoldenOdd> state) => state.LayerMemory(0).ToArray();

    private static byte[] Written(Action<Stream> save)
    {
        using var bytes = new MemoryStream();
        using var stream = new ForwardOnly(bytes);
        save(stream);
        return bytes.ToArray();
    }

    private StreamState<GoldenOdd> State(int tokens)
    {
        StreamState<GoldenOdd> state = model.CreateState();
        for (int t = 0; t < tokens; t++)
        {
            model.Step(state, [t * 0.25f], new float[1]);
        }
        return state;
    }
}
