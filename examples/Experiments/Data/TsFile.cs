using System.Globalization;
using System.Text.RegularExpressions;

namespace Experiments;

/// <summary>A labelled sequence.</summary>
/// <param name="Tokens">[length, channels], time-major: a token holds one moment of every channel. NaN: missing.</param>
/// <param name="Label">The class: an index into <see cref="TsDataset.Labels"/>.</param>
internal sealed record TsCase(double[] Tokens, int Label);

/// <summary>Labelled sequences of unequal lengths.</summary>
/// <param name="Channels">Numbers in a token, at least 1.</param>
/// <param name="Labels">The classes' names in the order the file declares them.</param>
/// <param name="Cases">At least one sequence, each with at least one token.</param>
internal sealed record TsDataset(int Channels, string[] Labels, TsCase[] Cases);

/// <summary>
/// Reader of the .ts format of the UEA archive (Bagnall et al., arXiv 1811.00075): comments begin with '#' or '%', header lines with '@';
/// after "@data" each line is a case: channels are separated by ':', values by ',', the label last. '?' and NaN are missing values.
/// </summary>
internal static partial class TsFile
{
    /// <summary>
    /// Reads a file. Only @dimensions, @univariate, @timeStamps, @classLabel and @data of the header are used; without the first two the
    /// first case decides the number of channels. Blank lines are skipped.
    /// </summary>
    /// <exception cref="TableException">
    /// The file is missing or has no cases, classes or @data; has time stamps; a label is not declared; a case has another number
    /// of channels, channels of unequal lengths, no values, or one that is not a number.
    /// </exception>
    public static TsDataset Read(string path)
    {
        using StreamReader reader = TextFile.Open(path);
        int? channels = null;
        string[]? labels = null;
        var cases = new List<TsCase>();
        bool data = false;
        int number = 0;
        while (reader.ReadLine() is { } raw)
        {
            number++;
            ReadOnlySpan<char> line = raw.AsSpan().Trim();
            if (line.IsEmpty || line[0] is '#' or '%')
            {
                continue;
            }
            if (line[0] == '@')
            {
                if (data)
                {
                    throw new TableException(path, number, null, "a header line stands below @data; move it above.");
                }
                string[] words = Words(line.ToString());
                switch (words[0].ToUpperInvariant())
                {
                    case "@DIMENSIONS" or "@DIMENSION":
                        channels = words.Length == 2
                            && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1
                            ? count
                            : throw new TableException(
                                path, number, null, "@dimensions needs one whole number from 1, such as '@dimensions 3'.");
                        break;
                    case "@UNIVARIATE" when Flag(path, number, words):
                        channels = 1;
                        break;
                    case "@TIMESTAMPS" when Flag(path, number, words):
                        throw TimeStamps(path, number);
                    case "@CLASSLABEL":
                        labels = Flag(path, number, words) && words.Length > 2 && words[2..].Distinct(StringComparer.Ordinal)
                            .Count() == words.Length - 2
                            ? words[2..]
                            : throw new TableException(
                                path, number, null, "classes are needed, each once, such as '@classLabel true a b c'.");
                        break;
                    case "@TARGETLABEL" when Flag(path, number, words):
                        throw new TableException(
                            path, number, null, "the cases have numbers as targets; classes are needed, such as '@classLabel true a b c'.");
                    case "@DATA":
                        data = labels is not null
                            ? true
                            : throw new TableException(
                                path, number, null, "there is no @classLabel line above @data; add one, such as '@classLabel true a b c'.");
                        break;
                }
                continue;
            }
            if (!data)
            {
                throw new TableException(
                    path, number, null, "a case stands above @data; every line of the header begins with '@', '#' or '%'.");
            }
            cases.Add(ParseCase(path, number, line, labels!, ref channels));
        }
        return !data
            ? throw new TableException(path, null, null, "there is no @data line; is it a .ts file?")
            : cases.Count == 0
            ? throw new TableException(path, null, null, "there are no cases below @data; add one line per case.")
            : new(channels!.Value, labels!, [.. cases]);
    }

    /// <summary>Words separated by white space; words in quotes may contain white space.</summary>
    private static string[] Words(string line) =>
        [.. QuotedWord().Matches(line).Select(static match => Unquote(match.Value))];

    private static string Unquote(string word) => word.Length >= 2 && word[0] is '"' or '\'' && word[^1] == word[0] ? word[1..^1] : word;

    [GeneratedRegex("\"[^\"]*\"|'[^']*'|\\S+")]
    private static partial Regex QuotedWord();

    private static TableException TimeStamps(string path, int line) =>
        new(path, line, null, "values with time stamps are not supported; write values alone and '@timeStamps false'.");

    private static bool Flag(string path, int line, string[] words) =>
        words.Length >= 2 && bool.TryParse(words[1], out bool value)
            ? value
            : throw new TableException(path, line, null, $"{words[0]} needs 'true' or 'false' behind it.");

    private static TsCase ParseCase(string path, int line, ReadOnlySpan<char> text, string[] labels, ref int? channels)
    {
        if (text[0] == '(')
        {
            throw TimeStamps(path, line);
        }
        int parts = text.Count(':');
        if (parts != (channels ??= Math.Max(1, parts)))
        {
            throw new TableException(path, line, null, string.Create(
                CultureInfo.InvariantCulture,
                $"channels before the label: {parts}, but {channels} are needed; a case is its channels and its label, separated by ':'."));
        }
        string name = Unquote(text[(text.LastIndexOf(':') + 1)..].Trim().ToString());
        int label = Array.IndexOf(labels, name);
        if (label < 0)
        {
            throw new TableException(
                path, line, null, $"the label {TableException.Quote(name)} is not among the classes of @classLabel "
                + $"({string.Join(", ", labels)}); correct or declare it.");
        }
        double[] tokens = [];
        int length = 0;
        for (int c = 0; c < channels; c++)
        {
            int end = text.IndexOf(':');
            ReadOnlySpan<char> channel = text[..end].Trim();
            text = text[(end + 1)..];
            if (channel.IsEmpty)
            {
                throw new TableException(path, line, null, string.Create(CultureInfo.InvariantCulture,
                    $"channel {c + 1} is empty; a case needs at least one value per channel ('?' where it is missing)."));
            }
            int values = channel.Count(',') + 1;
            if (c == 0)
            {
                length = values;
                tokens = new double[length * channels.Value];
            }
            else if (values != length)
            {
                throw new TableException(path, line, null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"channel {c + 1} has {values} values, but channel 1 has {length}; make all channels of a case equally long ('?' "
                    + $"where a value is missing)."));
            }
            int t = 0;
            foreach (Range range in channel.Split(','))
            {
                tokens[t++ * channels.Value + c] = ParseValue(path, line, c, t, channel[range].Trim());
            }
        }
        return new(tokens, label);
    }

    private static double ParseValue(string path, int line, int channel, int position, ReadOnlySpan<char> text) =>
        text is "?" || text.Equals("NaN", StringComparison.OrdinalIgnoreCase)
            ? double.NaN
            : FiniteNumber.TryParse(text, out double value)
            ? value
            : throw new TableException(path, line, null, string.Create(
                CultureInfo.InvariantCulture,
                $"value {position} of channel {channel + 1} is {TableException.Quote(text)}, which is not a finite number; correct it, or "
                + $"write '?' where it is missing."));
}
