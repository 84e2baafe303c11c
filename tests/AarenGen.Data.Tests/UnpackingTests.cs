using System.IO.Compression;
using System.Text;

namespace AarenGen.Data.Tests;

/// <summary>Files compressed with gzip are read whole or refused, and no file stays open.</summary>
public sealed class UnpackingTests : TemporaryFolder
{
    [Fact]
    public void Members_one_behind_the_other_are_one_text_even_with_long_headers_empty_members_and_padding()
    {
        string long1 = "v\n" + string.Concat(Enumerable.Range(0, 30_000).Select(static i => $"{i * 7919L % 100_003}\n"));
        byte[] header = [.. Pack("5\n")[..3], 0x1E, 0, 0, 0, 0, 0, 3, 4, 0, 1, 2, 3, 4, .. "name\0comment\0"u8, 9, 9];
        byte[] all = [.. Pack(long1), .. Pack(""), .. header, .. Pack("5\n")[10..], .. Pack("6\n"), .. new byte[700]];
        string path = WriteBytes("members.csv.gz", all);
        Assert.Equal(long1 + "5\n6\n", Text(path));
        using TableFile table = TableFile.Open(path);
        int rows = 0;
        while (table.Read())
        {
            rows++;
        }
        Assert.Equal(30_002, rows);
        Refused([.. all, 7]);
    }

    [Fact]
    public void A_file_that_was_cut_or_changed_is_refused_wherever_that_is()
    {
        // What was unpacked before must not decide: the process keeps its own way to read compressed data.
        using (var other = new GZipStream(new MemoryStream(Pack("x")[..^3]), CompressionMode.Decompress))
        {
            other.CopyTo(Stream.Null);
        }
        byte[] first = Pack("v\n1\n2\n3\n"), whole = [.. first, .. Pack("4\n5\n")];
        for (int length = 3; length < whole.Length; length++)
        {
            if (length != first.Length)
            {
                Refused(whole[..length]);
            }
        }
        for (int back = 1; back <= 8; back++)
        {
            byte[] changed = [.. whole];
            changed[^back] ^= 1;
            Refused(changed);
        }
        Assert.Equal("v\n1\n2\n3\n4\n5\n", Text(WriteBytes("whole.csv.gz", whole)));
        Assert.False(AppContext.TryGetSwitch("System.IO.Compression.UseStrictValidation", out _));
    }

    [Fact]
    public void Files_are_closed_when_their_tables_are_and_when_opening_fails()
    {
        const string Text = "time,v\n2020-01-01,1\n2020-01-02,2\n";
        string bad = WriteBytes("bad.csv.gz", Pack("{}"));
        foreach (string path in (string[])[Write("small.csv", Text), WriteBytes("small.csv.gz", Pack(Text)),
            WriteBytes("large.csv.gz", Pack(Text + string.Concat(Enumerable.Repeat("2020-01-02,2\n", 300_000))))])
        {
            using (TableFile table = TableFile.Open(path))
            {
                Assert.True(table.Read());
            }
            OpenAlone(path);
            SeriesTable.Read(path, new() { Duplicates = DuplicateTimes.Merge });
            OpenAlone(path);
            TextFile.Open(path).Dispose();
            OpenAlone(path);
        }
        Assert.Throws<TableException>(() => TableFile.Open(bad));
        OpenAlone(bad);
    }

    private static void OpenAlone(string path) => File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();

    private static string Text(string path)
    {
        using StreamReader reader = TextFile.Open(path);
        return reader.ReadToEnd();
    }

    private static byte[] Pack(string text)
    {
        var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Optimal))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }
        return packed.ToArray();
    }

    private void Refused(byte[] bytes)
    {
        string path = WriteBytes("refused.csv.gz", bytes);
        Assert.Contains("end too early", Assert.Throws<TableException>(() => Text(path)).Message, StringComparison.Ordinal);
        OpenAlone(path);
    }
}
