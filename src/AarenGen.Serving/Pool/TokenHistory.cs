namespace AarenGen.Serving;

/// <summary>
/// The last tokens of a stream as floats: how many there are, then a ring of tokens, in which token n of the stream is at (n − 1) modulo
/// the length of the ring.
/// </summary>
internal static class TokenHistory
{
    /// <summary>Floats of a history; none where no token is kept.</summary>
    public static int Floats(int tokens, int width) => tokens <= 0 ? 0 : 1 + tokens * width;

    /// <summary>How many of the last tokens there are.</summary>
    public static int Count(ReadOnlySpan<float> history) => history.IsEmpty ? 0 : (int)history[0];

    /// <summary>Keeps a token.</summary>
    public static void Add(Span<float> history, ReadOnlySpan<float> token, long sequence)
    {
        if (!history.IsEmpty)
        {
            int length = Length(history, token.Length);
            token.CopyTo(Token(history, token.Length, sequence));
            history[0] = Math.Min(length, (int)history[0] + 1);
        }
    }

    /// <summary>Forgets all tokens.</summary>
    public static void Clear(Span<float> history)
    {
        if (!history.IsEmpty)
        {
            history[0] = 0;
        }
    }

    /// <summary>The last tokens of a stream, in their order.</summary>
    public static void CopyLast(ReadOnlySpan<float> history, int width, long sequence, Span<float> tokens)
    {
        int count = tokens.Length / width;
        for (int i = 0; i < count; i++)
        {
            Token(history, width, sequence - count + 1 + i).CopyTo(tokens.Slice(i * width, width));
        }
    }

    /// <summary>Makes one history that of another ring, which may have another length.</summary>
    public static void Copy(ReadOnlySpan<float> from, Span<float> to, int width, long sequence)
    {
        if (to.IsEmpty)
        {
            return;
        }
        int count = Math.Min(Count(from), Length(to, width));
        to[0] = count;
        for (long n = sequence - count + 1; n <= sequence; n++)
        {
            Token(from, width, n).CopyTo(Token(to, width, n));
        }
    }

    private static int Length(ReadOnlySpan<float> history, int width) => (history.Length - 1) / width;

    private static ReadOnlySpan<float> Token(ReadOnlySpan<float> history, int width, long sequence) =>
        history.Slice(Place(history, width, sequence), width);

    private static Span<float> Token(Span<float> history, int width, long sequence) =>
        history.Slice(Place(history, width, sequence), width);

    private static int Place(ReadOnlySpan<float> history, int width, long sequence) =>
        1 + (int)((sequence - 1) % Length(history, width)) * width;
}
