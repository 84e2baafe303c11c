using System.IO.Hashing;

namespace AarenGen.Serving.Tests;

/// <summary>Saved streams, whole and damaged.</summary>
public sealed class SavedStreamFormatTests
{
    private const ulong Declaration = 0x1234_5678_9ABC_DEF0, Weights = 77;
    private const int OutputWidth = 2, TokenWidth = 3;

    private static readonly double[] State = [1.5, double.NegativeInfinity, 3];

    [Theory]
    [InlineData(4, 4)]
    [InlineData(4, 9)]
    [InlineData(4, 2)]
    [InlineData(4, 0)]
    [InlineData(0, 4)]
    public void A_saved_stream_is_read_as_it_was_written(int history, int historyRead)
    {
        float[] values = Values(history);
        byte[] saved = Save(history, values);
        double[] state = new double[State.Length];
        float[] read = new float[OutputWidth + TokenHistory.Floats(historyRead, TokenWidth)];
        (ulong weights, long sequence, long tokens) = SavedStreamFormat.Read(saved, Id, Declaration, state, OutputWidth, TokenWidth, read);
        Assert.Equal((Weights, 12L, 9L), (weights, sequence, tokens));
        Assert.Equal(State, state);
        Assert.Equal(values[..OutputWidth], read[..OutputWidth]);
        int count = Math.Min(history, historyRead);
        Assert.Equal(count, TokenHistory.Count(read.AsSpan(OutputWidth)));
        var last = new float[count * TokenWidth];
        TokenHistory.CopyLast(read.AsSpan(OutputWidth), TokenWidth, 12, last);
        Assert.Equal(Enumerable.Range(12 - count + 1, count).SelectMany(static n => new float[] { n, n, n }), last);
    }

    [Fact]
    public void Every_damaged_byte_is_found()
    {
        byte[] saved = Save(4, Values(4));
        for (int i = 0; i < saved.Length; i++)
        {
            byte[] damaged = [.. saved];
            damaged[i] ^= 0x10;
            Refused("damaged", damaged);
        }
        for (int length = 0; length < saved.Length; length++)
        {
            Refused("damaged", saved[..length]);
        }
        Refused("damaged", [.. saved, 0]);
    }

    [Fact]
    public void The_bytes_of_another_stream_is_found()
    {
        byte[] saved = Save(4, Values(4));
        Assert.True(SavedStreamFormat.IsSound(saved, Id));
        Assert.False(SavedStreamFormat.IsSound(saved, "b"u8));
        Assert.False(SavedStreamFormat.IsSound([], Id));
        Assert.False(SavedStreamFormat.IsSound(new byte[8], Id));
    }

    [Fact]
    public void Another_version_is_refused() => Refused("another version", Changed(0, 2));

    [Fact]
    public void Another_declaration_is_refused() => Refused("another declaration", Changed(5, 0));

    [Theory]
    [InlineData(24)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(36)]
    public void Numbers_that_cannot_be_are_refused(int place) => Refused("cannot be", Changed(place, 0xFF));

    private static ReadOnlySpan<byte> Id => "a"u8;

    private static float[] Values(int history)
    {
        float[] values = new float[OutputWidth + TokenHistory.Floats(history, TokenWidth)];
        (values[0], values[1]) = (0.25f, float.NaN);
        for (int n = 1; n <= 12; n++)
        {
            TokenHistory.Add(values.AsSpan(OutputWidth), [n, n, n], n);
        }
        return values;
    }

    private static byte[] Save(int history, float[] values)
    {
        byte[] saved = new byte[SavedStreamFormat.Bytes(State.Length, values.Length)];
        SavedStreamFormat.Write(saved, Id, Declaration, Weights, new() { Sequence = 12, TokenCount = 9 }, State, history, values);
        return saved;
    }

    /// <summary>A saved stream with another byte, whose checksum is right.</summary>
    private static byte[] Changed(int place, byte value)
    {
        byte[] saved = Save(4, Values(4));
        saved[place] = value;
        BitConverter.TryWriteBytes(
            saved.AsSpan(saved.Length - 8), XxHash3.HashToUInt64(saved.AsSpan(0, saved.Length - 8), (long)XxHash3.HashToUInt64(Id)));
        return saved;
    }

    private static void Refused(string message, byte[] saved)
    {
        double[] state = [7, 7, 7];
        float[] values = new float[OutputWidth + TokenHistory.Floats(4, TokenWidth)];
        ModelFileException error = Assert.Throws<ModelFileException>(
            () => SavedStreamFormat.Read(saved, Id, Declaration, state, OutputWidth, TokenWidth, values));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal([7, 7, 7], state);
    }
}
