using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Parquet;
using Parquet.Schema;

namespace AarenGen.Data.Tests;

/// <summary>Parquet and Arrow: all types, missing values, several blocks of rows; what cannot be read is refused in one line.</summary>
public sealed class BlockTableTests : TemporaryFolder
{
    private static readonly DateTime Moment = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Fact]
    public async Task Parquet_columns_of_all_types_are_read()
    {
        DataField[] fields =
        [
            new DataField<double>("double"), new DataField<float?>("float"), new DataField<int?>("int"), new DataField<long>("long"),
            new DataField<ulong>("ulong"), new DataField<byte>("byte"), new DataField<bool?>("bool"),
            new DecimalDataField("decimal", 18, 3),
            new DateTimeDataField("utc", DateTimeFormat.Timestamp, true, DateTimeTimeUnit.Micros),
            new DateTimeDataField("local", DateTimeFormat.Timestamp, false, DateTimeTimeUnit.Millis), new DataField<string>("text"),
        ];
        string path = At("types.parquet");
        await using (FileStream file = File.Create(path))
        {
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file);
            for (int g = 0; g < 3; g++)
            {
                using ParquetRowGroupWriter group = writer.CreateRowGroup();
                await group.WriteAsync<double>(fields[0], new[] { 1.5 + g, double.NaN });
                await group.WriteAsync<float>(fields[1], new float?[] { 2.5f, null });
                await group.WriteAsync<int>(fields[2], new int?[] { -3, null });
                await group.WriteAsync<long>(fields[3], new[] { long.MinValue, 5 });
                await group.WriteAsync<ulong>(fields[4], new[] { ulong.MaxValue, 7UL });
                await group.WriteAsync<byte>(fields[5], new byte[] { 255, 0 });
                await group.WriteAsync<bool>(fields[6], new bool?[] { true, null });
                await group.WriteAsync<decimal>(fields[7], new[] { 12.345m, -1m });
                await group.WriteAsync<DateTime>(fields[8], new[] { Moment, Moment.AddHours(1) });
                await group.WriteAsync<DateTime>(fields[9], new[] { Moment, Moment.AddHours(1) });
                await group.WriteAsync(fields[10], new string[] { "käse", null! });
                group.CompleteValidate();
            }
        }
        using TableFile table = TableFile.Open(path, new() { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") });
        Assert.Equal("Parquet", table.Format);
        Assert.Equal([ColumnType.Number, ColumnType.Number, ColumnType.WholeNumber, ColumnType.WholeNumber, ColumnType.WholeNumber,
            ColumnType.WholeNumber, ColumnType.Boolean, ColumnType.Number, ColumnType.Time, ColumnType.Time, ColumnType.Text],
            table.Columns.Select(static c => c.Type));
        for (int g = 0; g < 3; g++)
        {
            Assert.True(table.Read());
            Assert.Equal(2 * g + 1, table.Line);
            CheckFirst(table, 1.5 + g);
            Assert.True(table.Read());
            CheckSecond(table);
        }
        Assert.False(table.Read());
    }

    [Fact]
    public async Task Nested_and_damaged_Parquet_files_are_refused()
    {
        string path = At("nested.parquet");
        var list = new ListField("samples", new DataField<int>("element"));
        await using (FileStream file = File.Create(path))
        {
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(new DataField<int>("a"), list), file);
        }
        TableException error = Assert.Throws<TableException>(() => TableFile.Open(path));
        Assert.Equal("samples", error.Column);
        Assert.Contains("nested", error.Message, StringComparison.Ordinal);
        byte[] bytes = File.ReadAllBytes(path);
        string cut = WriteBytes("cut.parquet", bytes[..(bytes.Length / 2)]);
        Assert.Contains("is damaged", Assert.Throws<TableException>(() => TableFile.Open(cut)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Arrow_columns_of_all_types_are_read(bool isStream, bool isCompressed)
    {
        string path = At("types.arrow");
        Write(path, isStream, isCompressed, Batch());
        using TableFile table = TableFile.Open(path, new() { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") });
        Assert.Equal("Arrow", table.Format);
        for (int g = 0; g < 2; g++)
        {
            Assert.True(table.Read());
            Assert.Equal(2 * g + 1, table.Line);
            CheckFirst(table, 1.5);
            Assert.Equal("red", table.GetText(table.GetColumn("word")).ToString());
            // A day is midnight of the zone.
            Assert.Equal(Moment.Date, table.GetTime(table.GetColumn("date")).AddHours(1).DateTime);
            Assert.True(table.Read());
            CheckSecond(table);
            Assert.True(table.IsMissing(table.GetColumn("word")));
        }
        Assert.False(table.Read());
        table.Dispose();
        File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
    }

    [Fact]
    public void Nested_Arrow_columns_are_refused_and_values_of_a_wrong_type_are_errors()
    {
        var list = new ListArray.Builder(Int32Type.Default);
        list.Append();
        ((Int32Array.Builder)list.ValueBuilder).Append(1);
        string nested = At("nested.arrow");
        Write(nested, false, false, new RecordBatch.Builder().Append("n", true, list.Build()).Build());
        Assert.Contains("nested", Assert.Throws<TableException>(() => TableFile.Open(nested)).Message, StringComparison.Ordinal);
        string path = At("wrong.arrow");
        Write(path, false, false, Batch());
        using TableFile table = TableFile.Open(path);
        table.Read();
        Assert.Equal("row 1, column 'utc'", Assert.Throws<TableException>(() => table.GetDouble(table.GetColumn("utc"))).Message
            .Split(": ")[0][(path.Length + 2)..]);
        Assert.Contains("not a whole number of 64 bits", Assert.Throws<TableException>(
            () => table.GetInt64(table.GetColumn("ulong"))).Message, StringComparison.Ordinal);
        Assert.Contains("not a finite number", Assert.Throws<TableException>(
            () => table.GetDouble(table.GetColumn("text"))).Message, StringComparison.Ordinal);
        byte[] bytes = File.ReadAllBytes(path);
        foreach (int length in (int[])[9, bytes.Length / 2, bytes.Length - 3])
        {
            Assert.Throws<TableException>(() =>
            {
                using TableFile cut = TableFile.Open(WriteBytes("cut.arrow", bytes[..length]));
                while (cut.Read())
                {
                    cut.GetDouble(0);
                }
            });
        }
    }

    [Fact]
    public void Series_are_read_from_typed_columns()
    {
        string path = At("series.arrow");
        var times = new TimestampArray.Builder(new TimestampType(TimeUnit.Second, "UTC"));
        var values = new DoubleArray.Builder();
        var keys = new StringArray.Builder();
        for (int i = 0; i < 6; i++)
        {
            times.Append(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(5 - i));
            keys.Append(i % 3 == 0 ? "a" : "b");
            _ = i == 1 ? values.AppendNull() : values.Append(i);
        }
        Write(path, false, false, new RecordBatch.Builder().Append("time", false, times.Build()).Append("v", true, values.Build())
            .Append("key", false, keys.Build()).Build(), copies: 1);
        IReadOnlyList<SeriesTable> series = SeriesTable.ReadAll(path, new() { SeriesKey = "key", AllowMissing = true });
        Assert.Equal(["a", "b"], series.Select(static s => s.Key));
        Assert.Equal([3.0, 0], series[0].Columns[0]);
        Assert.Equal([5, 4, 2, double.NaN], series[1].Columns[0]);
        Assert.Equal(new DateTime(2020, 1, 1, 2, 0, 0), series[0].Time!.Instants[0]);
        TableException error = Assert.Throws<TableException>(() => SeriesTable.ReadAll(path, new() { SeriesKey = "key" }));
        Assert.Equal((null, 2, "v"), (error.Line, error.Row, error.Column));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whole_numbers_are_keys_and_unix_times_at_the_same_time(bool isParquet)
    {
        const long First = 1_577_934_000;
        long[] sensors = [7, 12, 7, 12], seconds = [First, First, First + 3600, First + 3600];
        double[] loads = [1, 2, 3, 4];
        string path = At("keys.bin");
        if (isParquet)
        {
            DataField[] fields = [new DataField<long>("sensor"), new DataField<long>("time"), new DataField<double>("load")];
            await using FileStream file = File.Create(path);
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync<long>(fields[0], sensors);
            await group.WriteAsync<long>(fields[1], seconds);
            await group.WriteAsync<double>(fields[2], loads);
            group.CompleteValidate();
        }
        else
        {
            Write(path, false, false, new RecordBatch.Builder()
                .Append("sensor", false, new Int64Array.Builder().AppendRange(sensors).Build())
                .Append("time", false, new Int64Array.Builder().AppendRange(seconds).Build())
                .Append("load", false, new DoubleArray.Builder().AppendRange(loads).Build()).Build(), copies: 1);
        }
        using (TableFile table = TableFile.Open(path))
        {
            Assert.True(table.Read());
            ReadOnlySpan<char> sensor = table.GetText(0), time = table.GetText(1);
            table.GetTime(1);
            Assert.Equal(("7", "1577934000"), (sensor.ToString(), time.ToString()));
        }
        using TableFile again = TableFile.Open(path);
        IReadOnlyList<RegularSeries> series = again.Resample(TimeGrid.Parse("1h"), "time", [new("load")], key: "sensor");
        Assert.Equal(["7", "12"], series.Select(static s => s.Key));
        Assert.Equal([[1.0, 3], [2, 4]], series.Select(static s => s.Column(0).ToArray()));
    }

    [Fact]
    public void Times_beyond_the_calendar_are_errors_at_their_row_and_column()
    {
        const long Seconds = 300_000_000_000;
        string path = At("beyond.arrow");
        Write(path, false, false, new RecordBatch.Builder()
            .Append("seconds", false, Stamps(TimeUnit.Second, 0, Seconds))
            .Append("millis", false, Stamps(TimeUnit.Millisecond, 0, long.MinValue))
            .Append("micros", false, Stamps(TimeUnit.Microsecond, 0, long.MaxValue))
            .Append("date32", false, new Date32Array(Bytes(0, int.MaxValue), ArrowBuffer.Empty, 2, 0, 0))
            .Append("date64", false, new Date64Array(Bytes(0L, long.MinValue), ArrowBuffer.Empty, 2, 0, 0))
            .Build(), copies: 1);
        using TableFile table = TableFile.Open(path);
        Assert.True(table.Read());
        Assert.All(Enumerable.Range(0, 5), c => Assert.Equal(DateTimeOffset.UnixEpoch, table.GetTime(c)));
        Assert.True(table.Read());
        for (int c = 0; c < 5; c++)
        {
            foreach (Func<object> read in (Func<object>[])[() => table.GetTime(c), () => table.GetText(c).ToString()])
            {
                TableException error = Assert.Throws<TableException>(read);
                Assert.Equal((2, table.Columns[c].Name), (error.Row, error.Column));
                Assert.Contains("beyond the years 1 to 9999", error.Message, StringComparison.Ordinal);
            }
        }

        static TimestampArray Stamps(TimeUnit unit, params long[] values) =>
            new(new TimestampType(unit, "UTC"), Bytes(values), ArrowBuffer.Empty, values.Length, 0, 0);

        static ArrowBuffer Bytes<T>(params T[] values)
            where T : struct => new ArrowBuffer.Builder<T>().AppendRange(values).Build();
    }

    [Fact]
    public void Texts_of_a_column_have_one_decimal_mark()
    {
        string path = At("marks.arrow");
        Write(path, false, false, new RecordBatch.Builder()
            .Append("late", false, new StringArray.Builder().AppendRange(["1.500", "NA", "1234", "0.25", "7"]).Build())
            .Append("both", false, new StringArray.Builder().AppendRange(["0,5", "-9999.0", "1.500", "2", "0.5"]).Build())
            .Build(), copies: 1);
        using TableFile table = TableFile.Open(path, new() { MissingWords = ["-9999.0"] });
        (double Late, double Both)[] expected = [(1.5, 0.5), (double.NaN, double.NaN), (1234, 1500), (0.25, 2)];
        foreach ((double, double) row in expected)
        {
            Assert.True(table.Read());
            Assert.Equal(row, (table.GetDouble(0), table.GetDouble(1)));
        }
        Assert.True(table.Read());
        Assert.Equal(7, table.GetDouble(0));
        TableException error = Assert.Throws<TableException>(() => table.GetDouble(1));
        Assert.Equal((5, "both"), (error.Row, error.Column));
        Assert.Contains("DecimalMark", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UTC", false)]
    [InlineData(null, true)]
    public void Repeated_hours_out_of_order_are_a_clock_set_back_only_in_local_times(string? zone, bool isTaken)
    {
        var times = new TimestampArray.Builder(new TimestampType(TimeUnit.Second, zone));
        var values = new DoubleArray.Builder();
        DateTimeOffset start = new(2020, 10, 25, 0, 0, 0, TimeSpan.Zero);
        foreach (int minutes in (int[])[0, 30, 60, 90, 120, 150, 120, 150, 180, 210])
        {
            times.Append(start.AddMinutes(minutes));
            values.Append(minutes);
        }
        string path = At("back.arrow");
        Write(path, false, false, new RecordBatch.Builder().Append("time", false, times.Build()).Append("v", false, values.Build()).Build(),
            copies: 1);
        if (isTaken)
        {
            SeriesTable table = SeriesTable.Read(path);
            Assert.Equal((10, false), (table.Rows, table.Time!.IsUtc));
            return;
        }
        Assert.Contains("has the same time as row", Assert.Throws<TableException>(() => SeriesTable.Read(path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_are_not_asked_for_make_no_errors()
    {
        DateTimeOffset start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var type = new TimestampType(TimeUnit.Second, "UTC");
        string path = At("others.arrow");
        Write(path, false, false, new RecordBatch.Builder()
            .Append("changed", true, new TimestampArray.Builder(type).AppendNull().Append(start).Build())
            .Append("bytes", true, new BinaryArray.Builder().Append([(byte)1]).AppendNull().Build())
            .Append("time", false, new TimestampArray.Builder(type).Append(start).Append(start.AddDays(1)).Build())
            .Append("nothing", true, new NullArray(2))
            .Append("v", false, new DoubleArray.Builder().Append(1).Append(2).Build())
            .Build(), copies: 1);
        SeriesTable table = SeriesTable.Read(path, new() { Columns = ["v"] });
        Assert.Equal(("v", "time", 2), (Assert.Single(table.Names), table.Time!.Name, table.Rows));
        Assert.Equal(["Column 'bytes' cannot be read and is skipped.", "Column 'changed' holds times and is skipped."], table.Notices);
        Assert.Null(SeriesTable.Read(path, new() { Columns = ["v"], TimeColumn = SeriesOptions.NoTime }).Time);
        Assert.Equal("time", SeriesTable.Read(path, new() { Columns = ["v"], TimeColumn = "time" }).Time!.Name);
        Assert.Equal((1, "changed"), Place(() => SeriesTable.Read(path, new() { Columns = ["v"], TimeColumn = "changed" })));
        Assert.Equal((1, "bytes"), Place(() => SeriesTable.Read(path)));
        using TableFile rows = TableFile.Open(path);
        bool[][] missing = [[true, false, true], [false, true, true]];
        foreach (bool[] expected in missing)
        {
            Assert.True(rows.Read());
            Assert.Equal(expected, ((int[])[0, 1, 3]).Select(rows.IsMissing));
            Assert.Equal(double.NaN, rows.GetDouble(3));
        }

        static (long?, string?) Place(Action read)
        {
            TableException error = Assert.Throws<TableException>(read);
            return (error.Row, error.Column);
        }
    }

    [Fact]
    public void Without_times_a_column_of_times_is_not_read()
    {
        string path = At("times.arrow");
        var times = new TimestampArray.Builder(new TimestampType(TimeUnit.Second, "UTC")).AppendNull();
        Write(path, false, false, new RecordBatch.Builder().Append("time", true, times.Build())
            .Append("v", false, new DoubleArray.Builder().Append(1).Build()).Build(), copies: 1);
        SeriesTable table = SeriesTable.Read(path, new() { TimeColumn = SeriesOptions.NoTime });
        Assert.Equal(("v", (TimeColumn?)null), (Assert.Single(table.Names), table.Time));
        Assert.Equal("Column 'time' holds times and is skipped.", Assert.Single(table.Notices));
        Assert.Throws<TableException>(() => SeriesTable.Read(path));
    }

    [Fact]
    public async Task Missing_values_of_other_types_are_missing_in_Parquet()
    {
        string path = At("others.parquet");
        DataField[] fields = [new DataField<byte[]>("bytes"), new DataField<Guid?>("id"), new DataField<double>("v")];
        await using (FileStream file = File.Create(path))
        {
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync<ReadOnlyMemory<byte>>(fields[0], new ReadOnlyMemory<byte>?[] { null, new byte[] { 1 } });
            await group.WriteAsync<Guid>(fields[1], new Guid?[] { Guid.Empty, null });
            await group.WriteAsync<double>(fields[2], new double[] { 1, 2 });
            group.CompleteValidate();
        }
        using TableFile table = TableFile.Open(path);
        Assert.True(table.Read());
        Assert.Equal((true, false), (table.IsMissing(0), table.IsMissing(1)));
        Assert.True(table.Read());
        Assert.Equal((false, true), (table.IsMissing(0), table.IsMissing(1)));
        Assert.Equal("", table.GetText(1).ToString());
        Assert.Throws<TableException>(() => table.GetText(0).ToString());
        Assert.Equal([1.0, 2], SeriesTable.Read(path, new() { Columns = ["v"] }).Columns[0]);
    }

    [Theory]
    [InlineData(1L << 26)]
    [InlineData(1L << 40)]
    [InlineData(-5)]
    public async Task Rows_that_a_Parquet_file_cannot_hold_are_refused_before_memory_is_taken(long claimed)
    {
        const int Rows = 100_003;
        string path = At("claim.parquet");
        var field = new DataField<int>("v");
        await using (FileStream file = File.Create(path))
        {
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(field), file);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync<int>(field, new int[Rows]);
            group.CompleteValidate();
        }
        byte[] bytes = File.ReadAllBytes(path);
        Assert.True(bytes.Length < 500_000);
        // The footer, its length and the mark end the file; counts in the footer are variable in length.
        int length = BitConverter.ToInt32(bytes, bytes.Length - 8);
        byte[] footer = bytes[^(8 + length)..^8], from = ZigZag(Rows), to = ZigZag(claimed);
        var changed = new List<byte>();
        for (int i = 0; i < footer.Length; i++)
        {
            bool isCount = footer.AsSpan(i).StartsWith(from);
            changed.AddRange(isCount ? to : [footer[i]]);
            i += isCount ? from.Length - 1 : 0;
        }
        string wrong = WriteBytes("wrong.parquet",
            [.. bytes[..^(8 + length)], .. changed, .. BitConverter.GetBytes(changed.Count), .. "PAR1"u8]);
        using TableFile table = TableFile.Open(wrong);
        long before = GC.GetAllocatedBytesForCurrentThread();
        TableException error = Assert.Throws<TableException>(() => table.Read());
        Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"claims {claimed:N0} rows"), error.Message,
            StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);

        static byte[] ZigZag(long value)
        {
            var bytes = new List<byte>();
            ulong rest = (ulong)(value << 1 ^ value >> 63);
            for (; rest >= 128; rest >>= 7)
            {
                bytes.Add((byte)(rest | 128));
            }
            return [.. bytes, (byte)rest];
        }
    }

    [Fact]
    public void A_damaged_column_is_named()
    {
        string path = At("damaged.arrow");
        var words = new DictionaryArray(new DictionaryType(Int8Type.Default, StringType.Default, false),
            new Int8Array.Builder().Append(5).Build(), new StringArray.Builder().Append("blue").Build());
        Write(path, false, false, new RecordBatch.Builder().Append("a", false, new Int8Array.Builder().Append(1).Build())
            .Append("word", false, words).Build(), copies: 1);
        using TableFile table = TableFile.Open(path);
        Assert.True(table.Read());
        Assert.Equal(1, table.GetInt64(0));
        TableException error = Assert.Throws<TableException>(() => table.GetText(1).ToString());
        Assert.Equal("word", error.Column);
        Assert.Contains("is damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_of_the_same_name_or_none_are_told_apart()
    {
        string path = At("names.arrow");
        string[] names = ["a", "", "a", "2", ""];
        RecordBatch batch = new(
            new Apache.Arrow.Schema(names.Select(static n => new Apache.Arrow.Field(n, DoubleType.Default, false)), null),
            names.Select(static (_, c) => new DoubleArray.Builder().Append(c).Append(c + 1).Build()), 2);
        Write(path, false, false, batch, copies: 1);
        using TableFile arrow = TableFile.Open(path);
        string[] expected = ["a", "2 (2)", "a (2)", "2", "5"];
        Assert.Equal(expected, arrow.Columns.Select(static c => c.Name));
        Assert.Equal("Two columns are called 'a': the later one is called 'a (2)' here.|Column 2 has no name: it is called '2 (2)' here.|"
            + "Column 5 has no name: it is called '5' here.", string.Join('|', arrow.Notices));
        using TableFile text = TableFile.Open(Write("names.csv", "a,,a,2,\n1,2,3,4,5\n"));
        Assert.Equal(expected, text.Columns.Select(static c => c.Name));
        Assert.Equal(3, text.Notices.Count);
        SeriesTable series = SeriesTable.Read(path, new() { TimeColumn = SeriesOptions.NoTime });
        Assert.Equal(expected, series.Names);
        Assert.Contains("Column 2 has no name: it is called '2 (2)' here.", series.Notices);
    }

    [Fact]
    public void Errors_and_notices_of_series_in_typed_files_name_rows()
    {
        DateTimeOffset start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var times = new TimestampArray.Builder(new TimestampType(TimeUnit.Second, "UTC"));
        var values = new DoubleArray.Builder();
        foreach (int day in (int[])[1, 0, 2, 2])
        {
            times.Append(start.AddDays(day));
            values.Append(day == 1 ? 1e300 : day);
        }
        string path = At("rows.arrow");
        Write(path, false, false, new RecordBatch.Builder().Append("time", false, times.Build()).Append("v", false, values.Build()).Build(),
            copies: 1);
        SeriesTable table = SeriesTable.Read(path, new() { Duplicates = DuplicateTimes.Merge });
        Assert.Contains("row 2 is the first that lies before", table.Notices[0], StringComparison.Ordinal);
        Assert.Contains("the first in row 4;", table.Notices[1], StringComparison.Ordinal);
        TableException error = Assert.Throws<TableException>(() => table.Resample(TimeGrid.Days()));
        Assert.Equal((null, 4, "time"), (error.Line, error.Row, error.Column));
        error = Assert.Throws<TableException>(() => table.Scale(1, 2));
        Assert.Equal((null, 1, "v"), (error.Line, error.Row, error.Column));
    }

    private static void CheckFirst(TableFile table, double expected)
    {
        Assert.Equal(expected, table.GetDouble(0));
        Assert.Equal(2.5, table.GetDouble(table.GetColumn("float")));
        Assert.Equal(-3, table.GetInt64(table.GetColumn("int")));
        Assert.Equal(long.MinValue, table.GetInt64(table.GetColumn("long")));
        Assert.Equal(1.8446744073709552E19, table.GetDouble(table.GetColumn("ulong")));
        Assert.Equal("18446744073709551615", table.GetText(table.GetColumn("ulong")).ToString());
        Assert.Equal(255, table.GetInt64(table.GetColumn("byte")));
        Assert.True(table.GetBoolean(table.GetColumn("bool")));
        Assert.Equal(12.345, table.GetDouble(table.GetColumn("decimal")));
        Assert.Equal(new DateTimeOffset(Moment), table.GetTime(table.GetColumn("utc")));
        // 03:04:05 in Berlin.
        Assert.Equal(new DateTimeOffset(Moment).AddHours(-1), table.GetTime(table.GetColumn("local")));
        Assert.Equal("käse", table.GetText(table.GetColumn("text")).ToString());
    }

    private static void CheckSecond(TableFile table)
    {
        foreach (string name in (string[])["double", "float", "int", "bool", "text"])
        {
            Assert.True(table.IsMissing(table.GetColumn(name)), name);
        }
        Assert.Equal(double.NaN, table.GetDouble(table.GetColumn("double")));
        Assert.Equal(double.NaN, table.GetDouble(table.GetColumn("int")));
        Assert.Equal(7, table.GetInt64(table.GetColumn("ulong")));
        Assert.Equal("", table.GetText(table.GetColumn("text")).ToString());
        Assert.Contains("is empty", Assert.Throws<TableException>(() => table.GetInt64(table.GetColumn("int"))).Message,
            StringComparison.Ordinal);
    }

    private static RecordBatch Batch()
    {
        var first = new DateTimeOffset(Moment);
        var words = new DictionaryArray(
            new DictionaryType(Int8Type.Default, StringType.Default, false), new Int8Array.Builder().Append(1).AppendNull().Build(),
            new StringArray.Builder().Append("blue").Append("red").Build());
        return new RecordBatch.Builder()
            .Append("double", true, new DoubleArray.Builder().Append(1.5).AppendNull().Build())
            .Append("float", true, new FloatArray.Builder().Append(2.5f).AppendNull().Build())
            .Append("int", true, new Int32Array.Builder().Append(-3).AppendNull().Build())
            .Append("long", true, new Int64Array.Builder().Append(long.MinValue).Append(5).Build())
            .Append("ulong", true, new UInt64Array.Builder().Append(ulong.MaxValue).Append(7).Build())
            .Append("byte", true, new UInt8Array.Builder().Append(255).Append(0).Build())
            .Append("bool", true, new BooleanArray.Builder().Append(true).AppendNull().Build())
            .Append("decimal", true, new Decimal128Array.Builder(new Decimal128Type(18, 3)).Append(12.345m).Append(-1m).Build())
            .Append("utc", true, new TimestampArray.Builder(new TimestampType(TimeUnit.Nanosecond, "Europe/Paris")).Append(first)
                .Append(first.AddHours(1)).Build())
            .Append("local", true, new TimestampArray.Builder(new TimestampType(TimeUnit.Millisecond, (string?)null)).Append(first)
                .Append(first.AddHours(1)).Build())
            .Append("text", true, new StringArray.Builder().Append("käse").AppendNull().Build())
            .Append("date", true, new Date32Array.Builder().Append(Moment.Date).Append(Moment.Date).Build())
            .Append("word", true, words)
            .Build();
    }

    private static void Write(string path, bool isStream, bool isCompressed, RecordBatch batch, int copies = 2)
    {
        using FileStream file = File.Create(path);
        var options = new IpcOptions
        {
            CompressionCodec = isCompressed ? CompressionCodecType.Zstd : null,
            CompressionCodecFactory = isCompressed ? new CompressionCodecFactory() : null,
        };
        using ArrowStreamWriter writer = isStream ? new ArrowStreamWriter(file, batch.Schema, false, options)
            : new ArrowFileWriter(file, batch.Schema, false, options);
        for (int copy = 0; copy < copies; copy++)
        {
            writer.WriteRecordBatch(batch);
        }
        writer.WriteEnd();
    }
}
