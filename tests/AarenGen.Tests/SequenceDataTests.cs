namespace AarenGen.Tests;

/// <summary>Data in memory: reading returns the given data, and lengths that do not fit are rejected by name.</summary>
public sealed class SequenceDataTests
{
    private static readonly float[] table = [.. Enumerable.Range(0, 14).Select(static i => (float)i)];

    [Fact]
    public void A_list_gives_its_sequences_back()
    {
        var list = new SequenceList(tokenWidth: 2, targetWidth: 1);
        list.Add([1, 2, 3, 4, 5, 6], [10, 20, 30], [1, 0, 0.5f]);
        list.Add([7, 8], [40]);
        Assert.Equal((2, 2, 1), (list.Count, list.TokenWidth, list.TargetWidth));
        Assert.Equal((3, 1), (list.GetLength(0), list.GetLength(1)));
        var tokens = new float[6];
        list.ReadTokens(0, tokens);
        Assert.Equal([1f, 2, 3, 4, 5, 6], tokens);
        var target = new float[1];
        foreach ((int t, float expected, float weight) in ((int, float, float)[])[(0, 10, 1), (1, 20, 0), (2, 30, 0.5f)])
        {
            Assert.Equal((weight, expected), (list.ReadTarget(0, t, target), target[0]));
        }
        Assert.Equal((1f, 40f), (list.ReadTarget(1, 0, target), target[0]));
    }

    [Fact]
    public void One_target_holds_at_every_token()
    {
        var list = new SequenceList(tokenWidth: 1, targetWidth: 2);
        list.Add([1, 2, 3], [8, 9]);
        var target = new float[2];
        for (int t = 0; t < 3; t++)
        {
            target.AsSpan().Clear();
            Assert.Equal(1, list.ReadTarget(0, t, target));
            Assert.Equal([8f, 9], target);
        }
    }

    [Fact]
    public void A_list_rejects_lengths_that_do_not_fit()
    {
        Assert.Equal("tokenWidth", Assert.Throws<ArgumentOutOfRangeException>(static () => new SequenceList(0, 1)).ParamName);
        Assert.Equal("targetWidth", Assert.Throws<ArgumentOutOfRangeException>(static () => new SequenceList(1, 0)).ParamName);
        var list = new SequenceList(tokenWidth: 2, targetWidth: 2);
        Assert.Equal("tokens", Assert.Throws<ArgumentNullException>(() => list.Add(null!, [1, 2])).ParamName);
        Assert.Equal("targets", Assert.Throws<ArgumentNullException>(() => list.Add([1, 2], null!)).ParamName);
        Assert.Equal("tokens", Assert.Throws<ArgumentException>(() => list.Add([], [1, 2])).ParamName);
        Assert.Equal("tokens", Assert.Throws<ArgumentException>(() => list.Add([1, 2, 3], [1, 2])).ParamName);
        Assert.Equal("targets", Assert.Throws<ArgumentException>(() => list.Add([1, 2, 3, 4, 5, 6], [1, 2, 3, 4])).ParamName);
        Assert.Equal("weights", Assert.Throws<ArgumentException>(() => list.Add([1, 2, 3, 4], [1, 2, 3, 4], [1])).ParamName);
        Assert.Equal(0, list.Count);
    }

    [Theory]
    [InlineData(3, 1, 5)]
    [InlineData(3, 2, 3)]
    [InlineData(3, 4, 2)]
    [InlineData(3, 5, 1)]
    [InlineData(7, 1, 1)]
    [InlineData(1, 1, 7)]
    public void Windows_slide_over_the_table(int length, int stride, int count)
    {
        float[] targets = [.. Enumerable.Range(100, 7).Select(static i => (float)i)];
        float[] weights = [.. Enumerable.Range(0, 7).Select(static i => i / 8f)];
        var windows = new SequenceWindows(table, 2, targets, 1, length, stride, weights);
        var unweighted = new SequenceWindows(table, 2, targets, 1, length, stride);
        Assert.Equal((count, 2, 1), (windows.Count, windows.TokenWidth, windows.TargetWidth));
        float[] tokens = new float[length * 2], target = new float[1];
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(length, windows.GetLength(i));
            windows.ReadTokens(i, tokens);
            Assert.Equal(table[(i * stride * 2)..((i * stride + length) * 2)], tokens);
            for (int t = 0; t < length; t++)
            {
                Assert.Equal((i * stride + t) / 8f, windows.ReadTarget(i, t, target));
                Assert.Equal(100 + i * stride + t, target[0]);
                Assert.Equal(1, unweighted.ReadTarget(i, t, target));
            }
        }
    }

    [Fact]
    public void Windows_have_targets_of_several_numbers()
    {
        float[] targets = [.. Enumerable.Range(100, 21).Select(static i => (float)i)];
        var windows = new SequenceWindows(table, 2, targets, 3, length: 2, stride: 2);
        var target = new float[3];
        for (int i = 0; i < windows.Count; i++)
        {
            for (int t = 0; t < 2; t++)
            {
                windows.ReadTarget(i, t, target);
                Assert.Equal(targets[((2 * i + t) * 3)..((2 * i + t + 1) * 3)], target);
            }
        }
        Refuses<ArgumentException>("targets", table, 2, 7, 3, 3, 1);
    }

    [Fact]
    public void Windows_reject_lengths_that_do_not_fit()
    {
        Refuses<ArgumentNullException>("tokens", null!, 2, 7, 1, 3, 1);
        Refuses<ArgumentNullException>("targets", table, 2, null, 1, 3, 1);
        Refuses<ArgumentOutOfRangeException>("tokenWidth", table, 0, 7, 1, 3, 1);
        Refuses<ArgumentOutOfRangeException>("targetWidth", table, 2, 7, 0, 3, 1);
        Refuses<ArgumentOutOfRangeException>("length", table, 2, 7, 1, 0, 1);
        Refuses<ArgumentOutOfRangeException>("stride", table, 2, 7, 1, 3, 0);
        Refuses<ArgumentException>("tokens", table, 3, 7, 1, 3, 1);
        Refuses<ArgumentException>("targets", table, 2, 6, 1, 3, 1);
        Refuses<ArgumentException>("weights", table, 2, 7, 1, 3, 1, new float[6]);
        string tooLong = Refuses<ArgumentException>("tokens", table, 2, 7, 1, 8, 1);
        Assert.Contains("8 rows", tooLong, StringComparison.Ordinal);
        Assert.Contains("only 7", tooLong, StringComparison.Ordinal);
    }

    private static string Refuses<TException>(
        string name, float[] tokens, int tokenWidth, int? targets, int targetWidth, int length, int stride, float[]? weights = null)
        where TException : ArgumentException
    {
        float[] values = targets is { } count ? new float[count] : null!;
        TException e = Assert.Throws<TException>(
            () => new SequenceWindows(tokens, tokenWidth, values, targetWidth, length, stride, weights));
        Assert.Equal(name, e.ParamName);
        return e.Message;
    }
}
