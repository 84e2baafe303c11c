using CsCheck;

namespace AarenGen.Data.Tests;

/// <summary>Rows and cells of text.</summary>
public sealed class CsvTokenizerTests
{
    [Theory]
    [InlineData("a,b\n", "a|b")]
    [InlineData("a,b", "a|b")]
    [InlineData("a,", "a|")]
    [InlineData(",\n", "|")]
    [InlineData("a\r\nb\rc\n", "a/b/c")]
    [InlineData("a\n\nb", "a//b")]
    [InlineData("\"a,b\",c", "a,b|c")]
    [InlineData("  \"a,b\"  ,c", "a,b|c")]
    [InlineData(" a , b ", "a|b")]
    [InlineData("\"a\"\"b\",\"\"\"\"", "a\"b|\"")]
    [InlineData("\"\",x", "|x")]
    [InlineData("5\",6", "5\"|6")]
    [InlineData("\"x\"y,2", "\"x\"y|2")]
    [InlineData("\"a\nb\",c\nd", "a\nb|c/d")]
    public void Text_is_split(string text, string expected) =>
        Assert.Equal(expected, string.Join('/', Split(text, ',').Select(static row => string.Join('|', row.Cells))));

    [Fact]
    public void Rows_know_their_first_line()
    {
        Assert.Equal([1, 2, 4, 5, 7], Split("a\n\"b\nb\"\n\nx,\"\r\n\"\r\nend", ',').Select(static row => row.Line));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        Gen<string> cell = Gen.Char["ab\"\n\r,;  "].Array[0, 8].Select(static c => new string(c));
        cell.Array[1, 6].Array[1, 40].Sample(static rows =>
        {
            string text = string.Join('\n', rows.Select(static row =>
                string.Join(',', row.Select(static c => $"\"{c.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")))) + "\n";
            Assert.Equal(
                rows.Select(static row => row.Select(static c => c.Trim()).ToArray()), Split(text, ',').Select(static row => row.Cells));
        }, iter: 500);
    }

    [Fact]
    public void Long_texts_are_split_wherever_blocks_and_buffers_end()
    {
        var random = new Random(1);
        string[][] rows = [.. Enumerable.Range(0, 20_000).Select(_ => (string[])[.. Enumerable.Range(0, random.Next(1, 6)).Select(
            _ => new string((char)random.Next('a', 'z' + 1), random.Next(4) == 0 ? random.Next(150) : random.Next(8)))])];
        string text = string.Concat(rows.Select(row => string.Join(';', row) + (random.Next(2) == 0 ? "\n" : "\r\n")));
        Assert.True(text.Length > 1 << 18);
        Assert.Equal(rows, Split(text, ';').Select(static row => row.Cells));
        Assert.Equal(Enumerable.Range(1, rows.Length).Select(static i => (long)i), Split(text, ';').Select(static row => row.Line));
    }

    [Fact]
    public void Any_text_is_split_into_no_more_than_there_is()
    {
        Gen.Char["ab\"\n\r, "].Array[0, 200].Sample(static characters =>
        {
            string text = new(characters);
            try
            {
                (long Line, string[] Cells)[] rows = Split(text, ',');
                Assert.True(rows.Sum(static row => row.Cells.Sum(static c => c.Length + 1)) <= text.Length + 1);
                Assert.True(rows.Zip(rows.Skip(1)).All(static p => p.First.Line < p.Second.Line));
            }
            catch (TableException e)
            {
                Assert.Contains("not closed", e.Message, StringComparison.Ordinal);
            }
        }, iter: 2000);
    }

    private static (long Line, string[] Cells)[] Split(string text, char separator)
    {
        var tokenizer = new CsvTokenizer(new StringReader(text), separator, "test.csv", 1 << 20);
        var rows = new List<(long, string[])>();
        while (tokenizer.Read())
        {
            rows.Add((tokenizer.Line, [.. Enumerable.Range(0, tokenizer.Count).Select(c => tokenizer[c].ToString())]));
        }
        return [.. rows];
    }
}
