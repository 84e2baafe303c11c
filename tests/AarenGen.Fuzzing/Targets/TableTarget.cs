using System.Globalization;
using System.IO.Compression;
using System.Text;
using AarenGen.Data;

namespace AarenGen.Fuzzing;

/// <summary>Tables of numbers, as the examples read them.</summary>
internal sealed class TableTarget : FuzzTarget<double[][]>
{
    public override string Name => "tables";

    public override IReadOnlyList<string> Words { get; } =
        [
            ",", ";", "\t", "\n", "\r\n", "\r", "\"", "\"\"", "'", "\"7,5\"", "\"1,500\"", "2020-01-01", "2020-02-30", "01/02/2020",
            "13/01/2020", "31.12.2020", "2020-W05", "2020-Q1", "24:00", "2020-01-01T00:00:00Z", "2020-01-01 00:00 CET", "20200101",
            "1577836800", "date", "time", "#", "ï»¿", "\"a\nb\"", " ",
        ];

    public override bool IsRefusal(Exception exception) => exception is TableException;

    public override string Extension(ReadOnlySpan<byte> input) => input.StartsWith<byte>([0x1F, 0x8B]) ? ".csv.gz" : ".csv";

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        foreach (string text in (string[])
            [
                "date,a,b\n2020-01-01,1,2.5\n2020-01-02,3,-4e-3\n2020-01-03,5,6\n",
                "a\n1\n2\n3\n",
                "\"time\",\"load, MW\"\r\n\"2020-01-01 00:00\",\"1.5\"\r\n\"2020-01-01 01:00\",\"2\"\r\n",
                "day;load\n01.02.2020;7,5\n02.02.2020;8,5\n",
                ",v\n0,10\n1,11\n2,12\n",
                "t,v\n1577836800,1000000000.5\n1577840400,1000000001.25\n",
            ])
        {
            yield return Encoding.UTF8.GetBytes(text);
        }
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write("date,a\n2020-01-01,1\n2020-01-02,2\n"u8);
        }
        yield return packed.ToArray();
    }

    protected override double[][] ReadFile(string path) => SeriesTable.Read(path).Columns;

    /// <summary>A plain table beside a column of times.</summary>
    protected override void Write(double[][] value, string path)
    {
        var text = new StringBuilder("date");
        for (int c = 0; c < value.Length; c++)
        {
            text.Append(CultureInfo.InvariantCulture, $",v{c}");
        }
        for (int row = 0; row < value[0].Length; row++)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{new DateTime(2000, 1, 1).AddHours(row):yyyy-MM-dd HH:mm}");
            foreach (double[] column in value)
            {
                text.Append(CultureInfo.InvariantCulture, $",{column[row]:R}");
            }
        }
        File.WriteAllText(path, text.Append('\n').ToString());
    }

    protected override bool AreEqual(double[][] first, double[][] second) =>
        first.Length == second.Length && first.Zip(second).All(static p => p.First.AsSpan().SequenceEqual(p.Second));
}
