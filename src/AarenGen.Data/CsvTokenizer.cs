using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace AarenGen.Data;

/// <summary>
/// Splits text into rows of cells. A cell that begins with a quotation mark, perhaps after spaces, ends with the next single one and may
/// hold separators and line breaks; elsewhere quotation marks are text. Spaces around a cell do not count. Allocates nothing for a row.
/// </summary>
internal sealed class CsvTokenizer(TextReader reader, char separator, string path, int maxRowLength, long linesBefore = 0)
{
    private const int FirstBuffer = 1 << 16, BlockLength = 64, NoBlock = -BlockLength;
    private char[] buffer = new char[FirstBuffer];
    private (int Begin, int End)[] cells = new (int, int)[16];
    private readonly List<int> doubled = [];
    private int start, end, next, breaks;
    private long nextLine = linesBefore + 1;
    private bool isAtEnd;

    // Where separators and line breaks are in the 64 characters from the block's beginning, a bit for each.
    private ulong marks;
    private int block = NoBlock;

    /// <summary>The first line of the current row, counted from 1.</summary>
    public long Line { get; private set; }

    /// <summary>The cells of the current row, at least one.</summary>
    public int Count { get; private set; }

    /// <summary>A cell of the current row, without spaces around it, valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<char> this[int cell]
    {
        get
        {
            (int begin, int last) = cells[cell];
            ReadOnlySpan<char> text = buffer.AsSpan(begin, last - begin);
            return text.IsEmpty || (text[0] > ' ' && text[0] < '\u0080' && text[^1] > ' ' && text[^1] < '\u0080') ? text : text.Trim();
        }
    }

    /// <summary>Goes to the next row; a blank line is a row with one empty cell.</summary>
    /// <returns>False after the last row.</returns>
    /// <exception cref="TableException">A quotation is not closed, a row is too long, or the text is not in its encoding.</exception>
    public bool Read()
    {
        start = next;
        Line = nextLine;
        while (!TryTokenize())
        {
            if (isAtEnd)
            {
                return false;
            }
            Fill();
        }
        nextLine += breaks;
        foreach (int cell in doubled)
        {
            RemoveDoubledQuotes(ref cells[cell]);
        }
        return true;
    }

    /// <summary>Makes room for at least as much again as there is of the row, so that long rows take linear time.</summary>
    private void Fill()
    {
        int kept = end - start;
        if (kept > maxRowLength)
        {
            throw new TableException(path, Line, null, string.Create(CultureInfo.InvariantCulture,
                $"the row has more than {maxRowLength:N0} characters; close a quotation mark, or set TableOptions.MaxRowLength."));
        }
        if (start > 0)
        {
            buffer.AsSpan(start, kept).CopyTo(buffer);
        }
        if (kept > buffer.Length / 2)
        {
            Array.Resize(ref buffer, 2 * buffer.Length);
        }
        (start, end, block) = (0, kept, NoBlock);
        try
        {
            int read = reader.ReadBlock(buffer, end, buffer.Length - end);
            isAtEnd = read < buffer.Length - end;
            end += read;
        }
        catch (DecoderFallbackException e)
        {
            throw NotInEncoding(path, Line, e);
        }
    }

    /// <summary>The line for bytes that are no characters.</summary>
    public static TableException NotInEncoding(string path, long line, DecoderFallbackException cause) => new(path, line, null,
        "the text here or shortly below is not in the encoding that the beginning shows or the options give; set "
        + "TableOptions.Encoding, such as Encoding.Latin1.", cause);

    /// <summary>Finds the cells of the row at the start; false where its end is not in the buffer, or there is no row.</summary>
    private bool TryTokenize()
    {
        int p = start;
        (Count, breaks) = (0, 0);
        doubled.Clear();
        if (p == end)
        {
            return false;
        }
        while (true)
        {
            int begin = p;
            while (p < end && buffer[p] == ' ' && separator != ' ')
            {
                p++;
            }
            int last;
            if (p < end && buffer[p] == '"')
            {
                if (!TryQuoted(ref p, ref begin, out last))
                {
                    return false;
                }
            }
            else
            {
                last = p = NextMark(p);
                if (p == end && !isAtEnd)
                {
                    return false;
                }
            }
            if (Count == cells.Length)
            {
                Array.Resize(ref cells, 2 * Count);
            }
            cells[Count++] = (begin, last);
            if (p == end)
            {
                // Only at the end of the text: elsewhere the end of a cell is in the buffer.
                next = end;
                return true;
            }
            char mark = buffer[p++];
            if (mark == separator)
            {
                if (p == end && !isAtEnd)
                {
                    return false;
                }
                continue;
            }
            if (mark == '\r')
            {
                if (p == end && !isAtEnd)
                {
                    return false;
                }
                p += p < end && buffer[p] == '\n' ? 1 : 0;
            }
            breaks++;
            next = p;
            return true;
        }
    }

    /// <summary>The next separator or line break from a place on; the end where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int NextMark(int p)
    {
        int into = p - block;
        if ((uint)into < BlockLength)
        {
            ulong rest = marks >> into;
            if (rest != 0)
            {
                return Math.Min(p + BitOperations.TrailingZeroCount(rest), end);
            }
            p = block + BlockLength;
        }
        return FindMark(p);
    }

    private int FindMark(int p)
    {
        while (p < end)
        {
            if (p + BlockLength > buffer.Length)
            {
                int found = buffer.AsSpan(p, end - p).IndexOfAny(separator, '\n', '\r');
                return found < 0 ? end : p + found;
            }
            (marks, block) = (Marks(p), p);
            if (marks != 0)
            {
                // What lies behind the end is from before.
                return Math.Min(p + BitOperations.TrailingZeroCount(marks), end);
            }
            p += BlockLength;
        }
        return end;
    }

    private ulong Marks(int p)
    {
        ref ushort first = ref Unsafe.As<char, ushort>(ref buffer[p]);
        ulong found = 0;
        for (int i = 0; i < BlockLength; i += Vector256<ushort>.Count)
        {
            // Two narrower vectors where the processor has none of this width.
            var text = Vector256.LoadUnsafe(ref first, (nuint)i);
            Vector256<ushort> isMark = Vector256.Equals(text, Vector256.Create((ushort)separator))
                | Vector256.Equals(text, Vector256.Create((ushort)'\n')) | Vector256.Equals(text, Vector256.Create((ushort)'\r'));
            found |= (ulong)isMark.ExtractMostSignificantBits() << i;
        }
        return found;
    }

    /// <summary>Reads a cell that begins with a quotation mark.</summary>
    private bool TryQuoted(ref int p, ref int begin, out int last)
    {
        (int open, bool isDoubled) = (p, false);
        last = 0;
        int q = p + 1;
        while (true)
        {
            int found = buffer.AsSpan(q, end - q).IndexOf('"');
            if (found < 0 || q + found + 1 == end)
            {
                if (!isAtEnd)
                {
                    return false;
                }
                if (found < 0)
                {
                    throw new TableException(path, Line, null, "a quotation mark is not closed; close or remove it.");
                }
            }
            q += found;
            if (q + 1 < end && buffer[q + 1] == '"')
            {
                isDoubled = true;
                q += 2;
                continue;
            }
            break;
        }
        last = q;
        p = q + 1;
        while (p < end && buffer[p] == ' ' && separator != ' ')
        {
            p++;
        }
        if (p == end && !isAtEnd)
        {
            return false;
        }
        CountBreaks(buffer.AsSpan(open + 1, q - open - 1));
        if (p == end || buffer[p] == separator || buffer[p] is '\n' or '\r')
        {
            begin = open + 1;
            if (isDoubled)
            {
                doubled.Add(Count);
            }
            return true;
        }
        // Text behind the closing mark: the cell is what stands there, marks included.
        int rest = buffer.AsSpan(p, end - p).IndexOfAny(separator, '\n', '\r');
        if (rest < 0 && !isAtEnd)
        {
            return false;
        }
        last = p = rest < 0 ? end : p + rest;
        return true;
    }

    private void CountBreaks(ReadOnlySpan<char> text)
    {
        for (int i = text.IndexOfAny('\n', '\r'); i >= 0; i = text.IndexOfAny('\n', '\r'))
        {
            breaks++;
            text = text[(i + (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? 2 : 1))..];
        }
    }

    private void RemoveDoubledQuotes(ref (int Begin, int End) cell)
    {
        int to = cell.Begin;
        for (int from = cell.Begin; from < cell.End; from++)
        {
            buffer[to++] = buffer[from];
            from += buffer[from] == '"' ? 1 : 0;
        }
        cell.End = to;
    }
}
