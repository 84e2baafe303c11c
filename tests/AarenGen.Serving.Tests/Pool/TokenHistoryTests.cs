namespace AarenGen.Serving.Tests;

/// <summary>The last tokens of a stream, against a list.</summary>
public sealed class TokenHistoryTests
{
    private const int Width = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(65_535)]
    public void The_last_tokens_are_kept_in_their_order(int length)
    {
        var random = new Random(length);
        var history = new float[TokenHistory.Floats(length, Width)];
        var expected = new List<float[]>();
        for (int n = 1; n <= Math.Max(200, length / 50); n++)
        {
            if (random.Next(40) == 0)
            {
                TokenHistory.Clear(history);
                expected.Clear();
            }
            float[] token = [n, random.NextSingle(), float.NaN];
            TokenHistory.Add(history, token, n);
            expected.Add(token);
            if (expected.Count > length)
            {
                expected.RemoveAt(0);
            }
            AssertHas(expected, history, n, random.Next(expected.Count + 1));
        }
        Assert.Equal(expected.Count, TokenHistory.Count(history));
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(5, 2)]
    [InlineData(2, 5)]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(0, 0)]
    public void A_history_may_move_to_one_of_another_length(int from, int to)
    {
        for (int n = 1; n < 20; n++)
        {
            float[] old = new float[TokenHistory.Floats(from, Width)], other = new float[TokenHistory.Floats(to, Width)];
            var expected = new List<float[]>();
            // A reset before the last tokens leaves fewer of them.
            for (int i = 1; i <= n; i++)
            {
                if (i == n - 3)
                {
                    TokenHistory.Clear(old);
                    expected.Clear();
                }
                float[] token = [i, 10 + i, -i];
                TokenHistory.Add(old, token, i);
                expected.Add(token);
            }
            TokenHistory.Copy(old, other, Width, n);
            int count = Math.Min(expected.Count, Math.Min(from, to));
            Assert.Equal(count, TokenHistory.Count(other));
            AssertHas(expected[^count..], other, n, count);
            // It goes on.
            TokenHistory.Add(other, [1, 2, 3], n + 1);
            if (to > 0)
            {
                AssertHas([[1, 2, 3]], other, n + 1, 1);
            }
        }
    }

    private static void AssertHas(List<float[]> expected, float[] history, long sequence, int count)
    {
        Assert.InRange(count, 0, TokenHistory.Count(history));
        var last = new float[count * Width];
        TokenHistory.CopyLast(history, Width, sequence, last);
        Assert.Equal(expected[^count..].SelectMany(static t => t), last);
    }
}
