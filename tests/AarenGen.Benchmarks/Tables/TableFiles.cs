using System.Globalization;
using System.IO.Compression;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Parquet;
using Parquet.Schema;

namespace AarenGen.Benchmarks;

/// <summary>A table of sensors' readings in the formats that are read, in a temporary folder.</summary>
internal sealed class TableFiles : IDisposable
{
    private const int Sensors = 20, Block = 1 << 17;
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-tables").FullName;

    /// <summary>Writes the files.</summary>
    /// <param name="rows">Rows of each.</param>
    public TableFiles(int rows)
    {
        Rows = rows;
        WriteText();
        using (FileStream plain = File.OpenRead(Csv))
        using (var packed = new GZipStream(File.Create(Gzip), CompressionLevel.Fastest))
        {
            plain.CopyTo(packed);
        }
        WriteParquet().GetAwaiter().GetResult();
        WriteArrow();
    }

    public int Rows { get; }

    public string Csv => Path.Combine(folder, "readings.csv");

    public string Gzip => Path.Combine(folder, "readings.csv.gz");

    public string Parquet => Path.Combine(folder, "readings.parquet");

    public string Arrow => Path.Combine(folder, "readings.arrow");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>A row: every sensor reads once a minute.</summary>
    private static (DateTime Time, string Sensor, double Load, double Humidity, int On) Row(int row, Random random) => (
        new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(row / Sensors), $"sensor-{row % Sensors:D2}",
        Math.Round(random.NextDouble() * 1000, 4), Math.Round(random.NextDouble() * 100, 2), random.Next(2));

    private void WriteText()
    {
        var random = new Random(1);
        using var writer = new StreamWriter(Csv, false, new UTF8Encoding(false), 1 << 20);
        writer.Write("time,sensor,load,humidity,on\n");
        for (int r = 0; r < Rows; r++)
        {
            (DateTime time, string sensor, double load, double humidity, int on) = Row(r, random);
            writer.Write(string.Create(
                CultureInfo.InvariantCulture, $"{time:yyyy-MM-dd HH:mm:ss},{sensor},{load:F4},{humidity:F2},{on}\n"));
        }
    }

    private async Task WriteParquet()
    {
        DataField[] fields =
        [
            new DateTimeDataField("time", DateTimeFormat.Timestamp, true, DateTimeTimeUnit.Micros), new DataField<string>("sensor"),
            new DataField<double>("load"), new DataField<double>("humidity"), new DataField<int>("on"),
        ];
        var random = new Random(1);
        await using FileStream file = File.Create(Parquet);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file);
        for (int first = 0; first < Rows; first += Block)
        {
            (DateTime Time, string Sensor, double Load, double Humidity, int On)[] block =
                [.. Enumerable.Range(first, Math.Min(Block, Rows - first)).Select(r => Row(r, random))];
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync<DateTime>(fields[0], block.Select(static r => r.Time).ToArray());
            await group.WriteAsync(fields[1], block.Select(static r => r.Sensor).ToArray());
            await group.WriteAsync<double>(fields[2], block.Select(static r => r.Load).ToArray());
            await group.WriteAsync<double>(fields[3], block.Select(static r => r.Humidity).ToArray());
            await group.WriteAsync<int>(fields[4], block.Select(static r => r.On).ToArray());
        }
    }

    private void WriteArrow()
    {
        var random = new Random(1);
        using FileStream file = File.Create(Arrow);
        ArrowFileWriter? writer = null;
        for (int first = 0; first < Rows; first += Block)
        {
            var time = new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, "UTC"));
            var sensor = new Int8Array.Builder();
            var load = new DoubleArray.Builder();
            var humidity = new DoubleArray.Builder();
            var on = new Int32Array.Builder();
            var names = new StringArray.Builder();
            for (int s = 0; s < Sensors; s++)
            {
                names.Append($"sensor-{s:D2}");
            }
            for (int r = first; r < Math.Min(first + Block, Rows); r++)
            {
                (DateTime moment, _, double loaded, double humid, int isOn) = Row(r, random);
                time.Append(new DateTimeOffset(moment));
                sensor.Append((sbyte)(r % Sensors));
                load.Append(loaded);
                humidity.Append(humid);
                on.Append(isOn);
            }
            var sensors = new DictionaryArray(
                new DictionaryType(Int8Type.Default, StringType.Default, false), sensor.Build(), names.Build());
            using RecordBatch batch = new RecordBatch.Builder().Append("time", false, time.Build()).Append("sensor", false, sensors)
                .Append("load", false, load.Build()).Append("humidity", false, humidity.Build()).Append("on", false, on.Build()).Build();
            writer ??= new(file, batch.Schema);
            writer.WriteRecordBatch(batch);
        }
        writer!.WriteEnd();
        writer.Dispose();
    }
}
