using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AarenGen.Tool.Projects;
using AarenGen.Tool.Schemas;
using AarenGen.Tool.Tables;
using Parquet;
using Parquet.Schema;
using Schema = AarenGen.Tool.Schemas.Schema;

namespace AarenGen.Tool.Tests;

public class SchemaTests : TemporaryFolder
{
    private static readonly DateTime Start = new(2025, 1, 1);

    [Fact]
    public void Columns_become_properties_by_what_they_hold()
    {
        string table = Write("t.csv", Rows(
            "sensor,time,load,humidity,constant,row,site,note,ok", 2 * 24 * 20, static i => FormattableString.Invariant(
                $"{"ab"[i % 2]},{Start.AddHours(i / 2):yyyy-MM-ddTHH:mm}Z,{i % 24 + 0.5},{i % 3 * 10},5,{i},")
                + FormattableString.Invariant($"{(i % 2 == 0 ? "Hamburg" : "Boston")},text {i},{(i % 5 == 0 ? "true" : "false")}")));
        Schema schema = Infer(table, "load");
        Assert.Equal(
            [
                "sensor Key string Sensor", "time Time DateTimeOffset Time", "load Target float? Load", "humidity Observed float? Humidity",
                "constant Ignored  ", "row Ignored  ", "site Category SiteCategory? Site", "note Ignored  ", "ok Category bool? Ok",
            ],
            schema.Columns.Select(static c => $"{c.Header} {c.Role} {c.Type} {c.Property}"));
        Assert.Equal(["Boston", "Hamburg"], schema.Columns[6].Categories);
        Assert.Equal(("1h", false, 2), (schema.Every, schema.IsAggregated, schema.SeriesCount));
        Assert.Equal([CalendarField.HourOfDay, CalendarField.DayOfWeek], schema.Calendar);
        string record = new ProjectText(schema, "1.0.0", null).Files["Reading.cs"];
        Assert.Contains("    [SeriesKey]\n    public required string Sensor { get; init; }\n", record, StringComparison.Ordinal);
        Assert.Contains("public enum SiteCategory\n{\n    Boston = 0,\n    Hamburg = 1,\n}\n", record, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_one_series_have_no_key_whatever_stands_beside_them()
    {
        Schema schema = Infer(Write("t.csv", Rows(
            "time,weather,load", 100, static i => $"{Start.AddHours(i):s},{(i % 3 == 0 ? "rain" : "dry sky")},{i}")), "load");
        Assert.Null(schema.Key);
        Assert.Equal(ColumnRole.Category, schema.Columns[1].Role);
        // "dry sky" is no name.
        Assert.Equal((null, "string?"), (schema.Columns[1].Enum, schema.Columns[1].Type));
        Assert.Contains(
            "[Category(\"dry sky\", \"rain\")]", new ProjectText(schema, "1.0.0", null).Files["Reading.cs"], StringComparison.Ordinal);
        Assert.Contains("[Standardize]", new ProjectText(schema, "1.0.0", null).Files["Model.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_table_sorted_by_series_or_newest_first_has_its_key()
    {
        Schema sorted = Infer(Write("a.csv", Rows(
            "store,date,sales,promo", 200, static i => $"{i / 100},{Start.AddDays(i % 100):yyyy-MM-dd},{i % 7},{i % 2}")), "sales");
        Assert.Equal(("store", "long", "1d"), (sorted.Key?.Header, sorted.Key?.Type, sorted.Every));
        Assert.Equal([CalendarField.DayOfWeek], sorted.Calendar);
        Schema newest = Infer(Write("b.csv", Rows(
            "store,date,sales,promo", 200, static i => $"{i % 2},{Start.AddDays(-i / 2):yyyy-MM-dd},{i % 7},{i % 2}")), "sales");
        Assert.Equal(("store", "1d"), (newest.Key?.Header, newest.Every));
    }

    [Fact]
    public void A_key_is_found_though_clocks_are_set_back_and_rows_are_there_twice()
    {
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        DateTime start = new(2025, 10, 20, 0, 0, 0, DateTimeKind.Utc);
        string table = Write("t.csv", Rows("place,time,load", 2 * 24 * 14, i => string.Create(
            CultureInfo.InvariantCulture, $"{"ab"[i % 2]},{TimeZoneInfo.ConvertTime(start.AddHours(i / 2), zone):s},{i % 9}")));
        var request = new TableRequest(table, ["load"], TimeZone: zone);
        TableScan scan = TableScan.Read(request, default);
        Assert.Equal(("place", 2), (scan.Key?.Name, scan.Series.Count));
        Assert.All(scan.Series, static s => Assert.Equal(13 * 24 + 23, (s[^1] - s[0]) / TimeSpan.TicksPerHour));
        string[] rows = [.. Enumerable.Range(0, 2400).Select(static i => $"{"ab"[i % 2]},{Start.AddHours(i / 2):s},{i % 9}")];
        Assert.Equal("place", Infer(
            Write("u.csv", $"place,time,load\n{string.Join('\n', [.. rows, rows[^1]])}\n"), "load").Key?.Header);
    }

    [Fact]
    public void Rows_that_share_times_without_a_key_are_told()
    {
        string table = Write("t.csv", Rows("time,load", 100, static i => $"{Start.AddHours(i / 2):s},{i}"));
        Assert.Contains("name it by --key", string.Concat(TableScan.Read(new(table, ["load"]), default).Notices), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compressed_tables_and_Parquet_have_the_same_schema()
    {
        string packed = WriteCompressed("t.csv.gz", Rows(
            "meter,time,load,on", 200,
            static i => $"{i % 2},{Start.AddHours(i / 2):s}Z,{i % 5}.5,{(i % 3 == 0 ? "true" : "false")}"));
        string parquet = At("t.parquet");
        var fields = new DataField[]
        {
            new DataField<long>("meter"), new DateTimeDataField("time", DateTimeFormat.Timestamp, true, DateTimeTimeUnit.Micros),
            new DataField<double>("load"), new DataField<bool>("on"),
        };
        await using (FileStream file = File.Create(parquet))
        {
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            int[] rows = [.. Enumerable.Range(0, 200)];
            await group.WriteAsync<long>(fields[0], rows.Select(static i => (long)(i % 2)).ToArray());
            await group.WriteAsync<DateTime>(
                fields[1], rows.Select(static i => DateTime.SpecifyKind(Start.AddHours(i / 2), DateTimeKind.Utc)).ToArray());
            await group.WriteAsync<double>(fields[2], rows.Select(static i => i % 5 + 0.5).ToArray());
            await group.WriteAsync<bool>(fields[3], rows.Select(static i => i % 3 == 0).ToArray());
        }
        Assert.All(
            (Schema[])[Infer(packed, "load"), Infer(parquet, "load")],
            static s => Assert.Equal(
                "Key long Meter, Time DateTimeOffset Time, Target float? Load, Category bool? On, 1h",
                string.Join(", ", s.Columns.Select(static c => $"{c.Role} {c.Type} {c.Property}")) + $", {s.Every}"));
    }

    [Fact]
    public void Rows_within_an_interval_are_aggregated()
    {
        Schema schema = Infer(Write("t.csv", Rows("time,load", 400, static i => $"{Start.AddMinutes(20 * i):s},{i}")), "load", every: "1h");
        Assert.True(schema.IsAggregated);
        Assert.Contains("[Target(Aggregation = Aggregation.Mean)]",
            new ProjectText(schema, "1.0.0", null).Files["Reading.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Headers_of_any_kind_become_distinct_properties_that_find_their_columns()
    {
        Schema schema = Infer(Write("my table (1).csv", Rows(
            "time,class,Load (kW),load_kw,origin,2nd,\"a\"\"b\",größe", 100,
            static i => $"{Start.AddHours(i):s},{i % 4},{i + 1},{i + 2},{i % 5},{i % 6},{i % 7},{i % 8}")), "Load (kW)");
        Assert.Equal(
            ["Time", "Class", "LoadKW", "LoadKw", "Origin2", "Column2nd", "AB", "Größe"], schema.Columns.Select(static c => c.Property));
        Assert.Equal("LoadKWForecaster", schema.Model);
        string record = new ProjectText(schema, "1.0.0", null).Files["Reading.cs"];
        Assert.Contains("[Target(Column = \"Load (kW)\")]", record, StringComparison.Ordinal);
        Assert.Contains("[Observed(Column = \"a\\\"b\")]", record, StringComparison.Ordinal);
        Assert.Contains("    [Observed]\n    public float? Class ", record, StringComparison.Ordinal);
        Assert.DoesNotContain("__", string.Concat(new ProjectText(schema, "1.0.0", null).Files.Values), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AarenGen")]
    [InlineData("System")]
    [InlineData("target")]
    [InlineData("task")]
    [InlineData("onnxGraph")]
    [InlineData("BacktestHtml")]
    [InlineData("JsonSerializer")]
    public void A_project_hides_no_type(string name)
    {
        string table = Write("t.csv", Rows("time,load", 100, static i => $"{Start.AddHours(i):s},{i}"));
        var request = new TableRequest(table, ["load"]);
        string project = SchemaInference.Infer(TableScan.Read(request, default), request, 5, null, name).Project;
        Assert.Equal(char.ToUpperInvariant(name[0]) + name[1..] + "2", project);
    }

    [Fact]
    public void Targets_take_no_name_of_a_forecast_or_of_its_line()
    {
        string table = Write("t.csv", Rows(
            "time,forecast,origin,row,row_,times", 100,
            static i => $"{Start.AddHours(i):s},{i % 7},{i % 5},{i % 9},{i % 11},{i % 4}"));
        var request = new TableRequest(table, ["forecast", "origin", "row", "row_", "times"]);
        Schema schema = SchemaInference.Infer(TableScan.Read(request, default), request, 5, null, "p");
        // The generator's names of a view: a target of such a name is an error.
        string plan = File.ReadAllText(Path.Combine(Repository.Root, "generators/AarenGen.Generator/Model/TaskPlan.cs"));
        Match declared = Regex.Match(
            plan, "record ForecastPlan.*? ViewName = \"(\\w+)\".*? ViewMembers = \\[ViewName, ViewField((?:, \"\\w+\")+)\\];",
            RegexOptions.Singleline);
        string[] members =
            [declared.Groups[1].Value, .. Regex.Matches(declared.Groups[2].Value, "\\w+").Select(static m => m.Value)];
        Assert.Equal(["Forecast", "Origin", "TimeOf"], members);
        string wide = Write("wide.csv", Rows(
            "time,load," + string.Join(',', members), 100,
            i => $"{Start.AddHours(i):s},{i % 7}" + string.Concat(members.Select((_, m) => $",{i % (m + 2)}"))));
        Assert.Empty(Infer(wide, "load").Columns.Select(static c => c.Property).Intersect(members));
        Assert.Empty(schema.Columns.Select(static c => c.Property).Intersect(members));
        string live = new ProjectText(schema, "1.0.0", null).Files["Live.cs"];
        Assert.Equal(
            ["forecast", "origin_", "row__", "row_", "times_"],
            Regex.Matches(live, "Write\\(json, \"(\\w+)\"").Select(static m => m.Groups[1].Value));
    }

    [Fact]
    public void Values_known_ahead_are_told_by_rows_without_a_target()
    {
        string table = Write("t.csv", Rows("time,load,plan", 100, static i => $"{Start.AddHours(i):s},{i},{i % 3}"));
        var request = new TableRequest(table, ["load"], KnownAhead: ["PLAN"]);
        Schema schema = SchemaInference.Infer(TableScan.Read(request, default), request, 5, null, "p");
        Assert.Equal(ColumnRole.KnownAhead, schema.Columns[2].Role);
        Assert.Contains("record is { Load: null }", new ProjectText(schema, "1.0.0", null).Files["Live.cs"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("laod", "did you mean 'load'?")]
    [InlineData("nothing alike", "The columns are 'time', 'load', 'site'.")]
    [InlineData("site", "column 'site': it holds texts, and no numbers")]
    public void A_wrong_column_is_told(string target, string expected)
    {
        string table = Write("t.csv", Rows("time,load,site", 100, static i => $"{Start.AddHours(i):s},{i},{"ab"[i % 2]}"));
        Assert.Contains(expected, Assert.Throws<UserException>(() => Infer(table, target)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_table_is_told()
    {
        string table = Write("t.csv", Rows("time,load", 40, static i => $"{Start.AddHours(i):s},{i}"));
        Assert.Equal(40, Infer(table, "load", horizon: 13).LongestSeries);
        string message = Assert.Throws<UserException>(() => Infer(table, "load", horizon: 14)).Message;
        Assert.Contains("has 40 intervals of 1h, but needs 42", message, StringComparison.Ordinal);
    }

    private static Schema Infer(string table, string target, int horizon = 5, string? every = null)
    {
        var request = new TableRequest(table, [target]);
        return SchemaInference.Infer(
            TableScan.Read(request, default), request, horizon, every, Path.GetFileNameWithoutExtension(table));
    }

    private static string Rows(string header, int count, Func<int, string> row)
    {
        var text = new StringBuilder(header).Append('\n');
        for (int i = 0; i < count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{row(i)}\n");
        }
        return text.ToString();
    }
}
