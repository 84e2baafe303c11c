using System.Diagnostics;
using System.Globalization;
using AarenGen.Data;
using Sylvan.Data.Csv;

namespace AarenGen.Benchmarks;

/// <summary>
/// Megabytes and rows a second of reading a table of readings, beside Sylvan's CSV reader alone, and the peak of managed memory. All that
/// read values must find the same sum.
/// </summary>
internal sealed class TablesBenchmark : IBenchmark
{
    private const int SylvanBuffer = 1 << 16;

    public string Name => "tables";

    public string Description => "MB/s and peak memory of reading tables, CSV beside Sylvan's reader alone";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        int rows = thoroughness.IsShort ? 30_000 : 10_000_000;
        using var files = new TableFiles(rows);
        (string Name, string Path, Func<string, double> Read, bool HasSum)[] contenders =
        [
            ("CSV, cells only: Sylvan.Data.Csv", files.Csv, SylvanCells, false),
            ("CSV, cells only: TableFile", files.Csv, TableCells, false),
            ("CSV, values: Sylvan.Data.Csv", files.Csv, SylvanValues, true),
            ("CSV, values: TableFile", files.Csv, TableValues, true),
            ("CSV and gzip, values: TableFile", files.Gzip, TableValues, true),
            ("Parquet, values: TableFile", files.Parquet, TableValues, true),
            ("Arrow, values: TableFile", files.Arrow, TableValues, true),
            ("CSV resampled to hours: TableFile", files.Csv, Resampled, false),
        ];
        var cells = new List<IReadOnlyList<string>>();
        var data = new List<object>();
        double? expected = null;
        foreach ((string name, string path, Func<string, double> read, bool hasSum) in contenders)
        {
            cancellation.ThrowIfCancellationRequested();
            double seconds = double.MaxValue, peak = 0;
            for (int round = 0; round < (thoroughness.IsShort ? 1 : 2); round++)
            {
                using var memory = new PeakMemory();
                var watch = Stopwatch.StartNew();
                double sum = read(path);
                seconds = Math.Min(seconds, watch.Elapsed.TotalSeconds);
                memory.Dispose();
                peak = Math.Max(peak, memory.Bytes);
                // Sums of the same numbers in the same order are the same.
                if (hasSum && sum != (expected ??= sum))
                {
                    throw new InvalidDataException($"{name} found {sum:R}, not {expected:R}.");
                }
            }
            double megabytes = new FileInfo(path == files.Gzip ? files.Csv : path).Length / 1e6;
            cells.Add([name, Number(megabytes), Number(megabytes / seconds), Number(rows / seconds / 1e6), Number(peak / 1e6)]);
            data.Add(new { Name = name, Rows = rows, Megabytes = megabytes, Seconds = seconds, PeakBytes = peak });
        }
        yield return new(
            "tables", $"A table of {rows.ToString("N0", CultureInfo.InvariantCulture)} rows: time, sensor, two numbers, a whole number",
            ["reader", "MB", "MB/s", "million rows/s", "peak of managed memory, MB"], cells, data)
        {
            Notes =
            [
                "Megabytes of gzip are those of the unpacked text. The peak has garbage in it that was not collected yet.",
                "Sylvan's values are its own GetDateTime, GetFieldSpan, GetDouble and GetInt32, which accept one format.",
            ],
        };
    }

    private static string Number(double value) => value.ToString(value < 10 ? "0.00" : "N0", CultureInfo.InvariantCulture);

    private static CsvDataReader OpenSylvan(string path) =>
        CsvDataReader.Create(path, new() { Delimiter = ',', BufferSize = SylvanBuffer, Culture = CultureInfo.InvariantCulture });

    private static double SylvanCells(string path)
    {
        using CsvDataReader reader = OpenSylvan(path);
        double characters = 0;
        while (reader.Read())
        {
            for (int c = 0; c < reader.RowFieldCount; c++)
            {
                characters += reader.GetFieldSpan(c).Length;
            }
        }
        return characters;
    }

    private static double SylvanValues(string path)
    {
        using CsvDataReader reader = OpenSylvan(path);
        double sum = 0;
        while (reader.Read())
        {
            sum += reader.GetDateTime(0).Minute + reader.GetFieldSpan(1).Length + reader.GetDouble(2) + reader.GetDouble(3)
                + reader.GetInt32(4);
        }
        return sum;
    }

    private static double TableCells(string path)
    {
        using TableFile table = TableFile.Open(path);
        double characters = 0;
        while (table.Read())
        {
            for (int c = 0; c < table.Columns.Count; c++)
            {
                characters += table.GetText(c).Length;
            }
        }
        return characters;
    }

    private static double TableValues(string path)
    {
        using TableFile table = TableFile.Open(path);
        double sum = 0;
        while (table.Read())
        {
            sum += table.GetTime(0).Minute + table.GetText(1).Length + table.GetDouble(2) + table.GetDouble(3) + table.GetInt64(4);
        }
        return sum;
    }

    private static double Resampled(string path)
    {
        using TableFile table = TableFile.Open(path);
        return table.Resample(TimeGrid.Parse("1h"), "time", [new("load"), new("humidity", Aggregation.Max)], key: "sensor")
            .Sum(static series => series.Rows);
    }
}
