using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace AarenGen.Fuzzing;

/// <summary>Changes bytes and texts as files are damaged, and as other programs write them.</summary>
/// <param name="seed">The same seed gives the same changes.</param>
/// <param name="words">What may be inserted.</param>
internal sealed class Mutator(int seed, IReadOnlyList<string> words)
{
    private const int LargestInput = 1 << 16;
    private static readonly long[] numbers =
        [
            0, 1, -1, 2, 3, 7, 8, 15, 16, 255, 256, 32767, 65535, 65536, 1 << 24, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32,
            1L << 53, long.MaxValue, long.MinValue, 100_000_000,
        ];

    private static readonly string[] texts =
        [
            "", "0", "-0", "1", "-1", "00", "1e5", "1e30", "1e39", "-1e308", "1e309", "1e-45", "NaN", "nan", "Infinity", "-∞", "?",
            "NA", "null", "0x10", "1_000", "1,5", "7;5", "1.500,25", "٣", "1/1", "9999999999999999999", "2147483648", "-2147483649",
            "1e", ".", "+1", " 1 ", "1\0", "true",
        ];

    /// <summary>Where choices come from.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>Another input of the pool, for splices.</summary>
    public byte[] Other { get; set; } = [];

    /// <summary>One of some things.</summary>
    public T Choose<T>(IReadOnlyList<T> from) => from[Random.Next(from.Count)];

    /// <summary>One to four changes, of bytes or of the text that they are.</summary>
    public byte[] Mutate(byte[] input)
    {
        byte[] result = input;
        for (int i = Random.Next(4); i >= 0; i--)
        {
            result = Random.Next(2) == 0 ? MutateBytes(result) : MutateText(result);
        }
        return result.Length <= LargestInput ? result : result[..LargestInput];
    }

    /// <summary>One change of bytes.</summary>
    public byte[] MutateBytes(byte[] input)
    {
        if (input.Length == 0)
        {
            return Other;
        }
        byte[] result = [.. input];
        int at = Random.Next(input.Length), length = Math.Min(input.Length - at, 1 + Random.Next(Random.Next(2) == 0 ? 8 : 200));
        switch (Random.Next(9))
        {
            case 0:
                result[at] ^= (byte)(1 << Random.Next(8));
                return result;
            case 1:
                result[at] = (byte)Random.Next(256);
                return result;
            case 2:
                return input[..at];
            case 3:
                return [.. input.AsSpan(0, at), .. input.AsSpan(at + length)];
            case 4:
                return [.. input.AsSpan(0, at + length), .. input.AsSpan(at)];
            case 5:
                int from = Random.Next(Other.Length + 1);
                return [.. input.AsSpan(0, at), .. Other.AsSpan(from)];
            case 6:
                input.AsSpan(Random.Next(input.Length - length + 1), length).CopyTo(result.AsSpan(at));
                return result;
            case 7:
                result.AsSpan(at, length).Fill(Random.Next(2) == 0 ? (byte)0 : (byte)255);
                return result;
            default:
                Span<byte> number = stackalloc byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(number, Choose(numbers));
                number[..Math.Min(1 << Random.Next(4), input.Length - at)].CopyTo(result.AsSpan(at));
                return result;
        }
    }

    /// <summary>One change of a text: of a number, a word or a line. Bytes that are not text stay unchanged.</summary>
    public byte[] MutateText(byte[] input) => Encoding.Latin1.GetBytes(MutateText(Encoding.Latin1.GetString(input)));

    private string MutateText(string text)
    {
        switch (Random.Next(6))
        {
            case 0 or 1:
                int digit = text.AsSpan(text.Length == 0 ? 0 : Random.Next(text.Length)).IndexOfAnyInRange('0', '9');
                if (digit < 0)
                {
                    return Insert(text);
                }
                int start = text.Length - text.AsSpan(digit).Length, end = start;
                while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or 'e'))
                {
                    end++;
                }
                string number = Random.Next(2) == 0 ? Latin(Choose(texts)) : Choose(numbers).ToString(CultureInfo.InvariantCulture);
                return text[..start] + number + text[end..];
            case 2:
                return Insert(text);
            case 3:
                string[] lines = text.Split('\n');
                int one = Random.Next(lines.Length), other = Random.Next(lines.Length);
                switch (Random.Next(4))
                {
                    case 0:
                        (lines[one], lines[other]) = (lines[other], lines[one]);
                        return string.Join('\n', lines);
                    case 1:
                        return string.Join('\n', lines[..one].Concat(lines[one..(one + 1)]).Concat(lines[one..]));
                    case 2:
                        return string.Join('\n', lines[..one].Concat(lines[(one + 1)..]));
                    default:
                        lines[one] = "";
                        return string.Join('\n', lines);
                }
            case 4:
                string old = Choose([",", ".", " ", "\n", ":", "-", "\""]);
                return text.Replace(old, Choose([",", ";", "\t", "\r\n", "\r", " ", "", "\"", ":", "/"]), StringComparison.Ordinal);
            default:
                return Choose(["ï»¿", "#", "%", "\n", "\"", "@", "\0"]) + text;
        }
    }

    private string Insert(string text)
    {
        int at = Random.Next(text.Length + 1);
        return text.Insert(at, words.Count > 0 && Random.Next(4) > 0 ? Latin(Choose(words)) : Latin(Choose(texts)));
    }

    /// <summary>A text whose UTF-8 bytes are characters of their own.</summary>
    private static string Latin(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
