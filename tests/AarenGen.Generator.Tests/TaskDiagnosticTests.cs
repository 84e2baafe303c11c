using System.Globalization;
using AarenGen.Generator.Model;
using AarenGen.Generator.Tasks;
using AarenGen.Tests;
using Microsoft.CodeAnalysis;

namespace AarenGen.Generator.Tests;

/// <summary>Mistakes in tasks and in the types of their records.</summary>
public sealed class TaskDiagnosticTests
{
    private const string Prefix = "using AarenGen; using System; using System.Collections.Generic;\n";

    /// <summary>A record without a mistake.</summary>
    private const string Reading = "record Reading { [SeriesKey] public string Key { get; init; } = \"\"; "
        + "[Timestamp] public DateTimeOffset Time { get; init; } [Target] public float? Load { get; init; } } ";

    private const string Covariates = "record Weather : Reading { [KnownAhead] public float Wind { get; init; } } ";

    private const string Task = "[SequenceModel, Forecast<Reading>(3, \"1h\"), ";

    private const string Rest = "Dense(8), Gaussian] partial class M;";

    /// <summary>A labelled record without a mistake.</summary>
    private const string Stroke = "enum Digit { One, Two } record Point { [SeriesKey] public int Key { get; set; } "
        + "[Observed] public float? X { get; set; } [Label] public Digit? Digit { get; set; } } ";

    /// <summary>An event without a mistake.</summary>
    private const string Visit = "enum Kind { Page, Click } record Visit { [SeriesKey] public int Key { get; set; } "
        + "[Timestamp] public DateTime Time { get; set; } [Mark] public Kind? Kind { get; set; } } ";

    private const string Next = "[SequenceModel, NextEvent<Visit>(\"h\"), ";

    private const string Classify = "[SequenceModel, Classify<Point>, ";

    /// <summary>A step of an episode without a mistake.</summary>
    private const string Move = "enum Turn { Left, Right } record Move { [SeriesKey] public int Key { get; set; } "
        + "[Observed] public float? X { get; set; } [Action(-2, 2)] public float Force { get; set; } "
        + "[Reward] public float Reward { get; set; } } ";

    private const string Decide = "[SequenceModel, Decide<Move>(20), ";

    public static TheoryData<string, string> Mistakes => new()
    {
        { "AAREN050", Stroke + "[SequenceModel, Dense(8), [|Classify<Point>|]] partial class M;" },
        { "AAREN052", Stroke + Classify + "[|Continuous(4)|], Dense(8)] partial class M;" },
        { "AAREN053", Stroke + Classify + "Dense(8), [|Huber|]] partial class M;" },
        { "AAREN053", Stroke + Classify + "Dense(8), CrossEntropy, [|CrossEntropy|]] partial class M;" },
        { "AAREN053", Stroke + Classify + "[|Head(\"A\")|], Dense(8), CrossEntropy] partial class M;" },
        { "AAREN053", Stroke + Classify + "[|Calendar(CalendarField.HourOfDay)|], Dense(8)] partial class M;" },
        { "AAREN053", Stroke + Classify + "[|ChannelIndependent|], Dense(8)] partial class M;" },
        { "AAREN053", Stroke + Classify + "Standardize(PerSeries = [|true|]), Dense(8)] partial class M;" },
        { "AAREN019", Stroke + Classify + "CrossEntropy, [|Dense(8)|]] partial class M;" },
        { "AAREN031", Stroke + Classify + "Dense(8), CrossEntropy(ClassWeights = [|new[] { 1.0 }|])] partial class M;" },
        { "AAREN008", Stroke + Classify + "Dense(8)] partial class M { int [|Classify|]; }" },
        { "AAREN006", Stroke + Classify + "Dense(8)] partial class M : [|ForecastModel<M, Point, Digit>|];" },
        { "AAREN061", Stroke.Replace("enum", "internal enum", StringComparison.Ordinal)
            .Replace("record", "public record", StringComparison.Ordinal)
            .Replace("public Digit? Digit", "internal Digit? [|Digit|]", StringComparison.Ordinal)
            + Classify + "Dense(8)] public partial class M;" },
        { "AAREN066", Stroke.Replace("[SeriesKey]", "", StringComparison.Ordinal)
            + "[SequenceModel, [|Classify<Point>|], Dense(8)] partial class M;" },
        { "AAREN066", Stroke.Replace("[Label]", "", StringComparison.Ordinal)
            + "[SequenceModel, [|Classify<Point>|], Dense(8)] partial class M;" },
        { "AAREN066", Stroke.Replace("[Observed]", "", StringComparison.Ordinal)
            + "[SequenceModel, [|Classify<Point>|], Dense(8)] partial class M;" },
        { "AAREN067", Labelled("[Label] public Digit [|Other|] { get; set; }") },
        { "AAREN064", Stroke.Replace("Digit? Digit", "float [|Digit|]", StringComparison.Ordinal) + Classify
            + "Dense(8)] partial class M;" },
        { "AAREN068", Stroke.Replace("[Label] public Digit?", "[[|Label|]] public int", StringComparison.Ordinal)
            + Classify + "Dense(8)] partial class M;" },
        { "AAREN068", Stroke.Replace("One, Two", "One", StringComparison.Ordinal)
            .Replace("Digit? Digit", "Digit? [|Digit|]", StringComparison.Ordinal) + Classify + "Dense(8)] partial class M;" },
        { "AAREN020", Stroke.Replace("[Label] public Digit?", "[Label([|257|])] public byte", StringComparison.Ordinal)
            + Classify + "Dense(8)] partial class M;" },
        { "AAREN020", Stroke.Replace("[Label] public Digit?", "[Label([|1|])] public byte", StringComparison.Ordinal)
            + Classify + "Dense(8)] partial class M;" },
        { "AAREN071", Labelled("[[|Target|]] public float Y { get; set; }") },
        { "AAREN071", Labelled("[[|KnownAhead|]] public float Y { get; set; }") },
        { "AAREN071", Labelled("[Observed(Aggregation = [|Aggregation.Max|])] public float Y { get; set; }") },
        { "AAREN071", Record("[[|Label|]] public bool X { get; set; }") },
        { "AAREN050", Visit + "[SequenceModel, Dense(8), [|NextEvent<Visit>(\"h\")|]] partial class M;" },
        { "AAREN052", Visit + Next + "[|TimeEncoding(4)|], Dense(8)] partial class M;" },
        { "AAREN053", Visit + Next + "Dense(8), [|CrossEntropy|]] partial class M;" },
        { "AAREN053", Visit + Next + "Dense(8), [|Head(\"A\")|]] partial class M;" },
        { "AAREN053", Visit + Next + "[|Pool(Pooling.Mean)|], Dense(8)] partial class M;" },
        { "AAREN053", Visit + Next + "[|Calendar(CalendarField.HourOfDay)|], Dense(8)] partial class M;" },
        { "AAREN053", Visit + Next + "[|ChannelIndependent|], Dense(8)] partial class M;" },
        { "AAREN017", Visit + Next + "[|Patch(2, 2)|], Dense(8)] partial class M;" },
        { "AAREN054", Visit + "[SequenceModel, NextEvent<Visit>([|\"hour\"|]), Dense(8)] partial class M;" },
        { "AAREN054", Visit + "[SequenceModel, NextEvent<Visit>([|\"1mo\"|]), Dense(8)] partial class M;" },
        { "AAREN054", Visit + "[SequenceModel, NextEvent<Visit>(\"h\", Resolution = [|\"1y\"|]), Dense(8)] partial class M;" },
        { "AAREN020", Visit + "[SequenceModel, NextEvent<Visit>(\"h\", Components = [|0|]), Dense(8)] partial class M;" },
        { "AAREN020", Visit + "[SequenceModel, NextEvent<Visit>(\"h\", Components = [|257|]), Dense(8)] partial class M;" },
        { "AAREN020", Visit + "[SequenceModel, NextEvent<Visit>(\"h\", TimeEncoding = [|-1|]), Dense(8)] partial class M;" },
        { "AAREN020", Visit + "[SequenceModel, NextEvent<Visit>(\"h\", TimeEncoding = [|1025|]), Dense(8)] partial class M;" },
        { "AAREN063", Visited("[Observed, [|Category|]] public bool X { get; set; }") },
        { "AAREN064", Visited("[Observed] public string [|X|] { get; set; }") },
        { "AAREN066", Visit.Replace("[Timestamp]", "", StringComparison.Ordinal)
            + "[SequenceModel, [|NextEvent<Visit>(\"h\")|], Dense(8)] partial class M;" },
        { "AAREN067", Visited("[Mark] public bool [|Other|] { get; set; }") },
        { "AAREN068", Visited("[[|Category|]] public int X { get; set; }") },
        { "AAREN068", Visit.Replace("Page, Click", "Page", StringComparison.Ordinal).Replace("Kind? Kind", "Kind? [|Kind|]",
            StringComparison.Ordinal) + Next + "Dense(8)] partial class M;" },
        { "AAREN071", Visited("[[|Target|]] public float Y { get; set; }") },
        { "AAREN071", Visited("[[|Label|]] public bool Y { get; set; }") },
        { "AAREN071", Visited("[Observed(Aggregation = [|Aggregation.Max|])] public float Y { get; set; }") },
        { "AAREN071", Labelled("[[|Mark|]] public bool Y { get; set; }") },
        { "AAREN008", Visit + Next + "Dense(8)] partial class M { struct [|NextEvent|]; }" },
        { "AAREN032", Visit + "[SequenceModel, [|NextEvent<Visit>(\"h\")|], Dense(8)] partial class M { int Wait; }" },
        { "AAREN006", Visit + Next + "Dense(8)] partial class M : [|ForecastModel<M, Visit, M.NextEvent>|];" },
        { "AAREN050", Move + "[SequenceModel, Dense(8), [|Decide<Move>(20)|]] partial class M;" },
        { "AAREN052", Move + Decide + "[|Continuous(4)|], Dense(8)] partial class M;" },
        { "AAREN052", Move + Decide + "[|Interleave(4)|], Dense(8)] partial class M;" },
        { "AAREN053", Move + Decide + "Dense(8), [|Gaussian|]] partial class M;" },
        { "AAREN053", Move + Decide + "Dense(8), [|CrossEntropy|]] partial class M;" },
        { "AAREN053", Move + Decide + "Dense(8), Huber, [|Huber|]] partial class M;" },
        { "AAREN053", Chosen("", "Dense(8), [|MeanSquaredError|]") },
        { "AAREN053", Move + Decide + "[|Head(\"A\")|], Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN053", Move + Decide + "[|Calendar(CalendarField.HourOfDay)|], Dense(8)] partial class M;" },
        { "AAREN053", Move + Decide + "[|ChannelIndependent|], Dense(8)] partial class M;" },
        { "AAREN053", Move + Decide + "[|Patch(2, 2)|], Dense(8)] partial class M;" },
        { "AAREN053", Move + Decide + "[|InstanceNorm|], Dense(8)] partial class M;" },
        { "AAREN053", Move + Decide + "[|Pool(Pooling.Mean)|], Dense(8)] partial class M;" },
        { "AAREN053", Move + Decide + "Standardize(PerSeries = [|true|]), Dense(8)] partial class M;" },
        { "AAREN040", Move.Replace("[Observed] public float?", "[Category] public bool", StringComparison.Ordinal)
            + Decide + "[|Standardize|], Dense(8)] partial class M;" },
        { "AAREN019", Move + Decide + "MeanSquaredError, [|Dense(8)|]] partial class M;" },
        { "AAREN020", Move + "[SequenceModel, Decide<Move>([|0|]), Dense(8)] partial class M;" },
        { "AAREN020", Move + "[SequenceModel, Decide<Move>([|1048577|]), Dense(8)] partial class M;" },
        { "AAREN020", Move + "[SequenceModel, Decide<Move>(20, Width = [|0|]), Dense(8)] partial class M;" },
        { "AAREN006", Move + Decide + "Dense(8)] partial class M : [|ForecastModel<M, Move, M.Decision>|];" },
        { "AAREN008", Move + Decide + "Dense(8)] partial class M { int [|Decide|]; }" },
        { "AAREN008", Move + Decide + "Dense(8)] partial class M { int [|Decision|]; }" },
        { "AAREN008", Move + Decide + "Dense(8)] partial class [|Decision|];" },
        { "AAREN066", Move.Replace("[SeriesKey]", "", StringComparison.Ordinal)
            + "[SequenceModel, [|Decide<Move>(20)|], Dense(8)] partial class M;" },
        { "AAREN066", Move.Replace("[Reward]", "", StringComparison.Ordinal)
            + "[SequenceModel, [|Decide<Move>(20)|], Dense(8)] partial class M;" },
        { "AAREN066", Move.Replace("[Action(-2, 2)]", "", StringComparison.Ordinal)
            + "[SequenceModel, [|Decide<Move>(20)|], Dense(8)] partial class M;" },
        { "AAREN066", Move.Replace("[Observed]", "", StringComparison.Ordinal)
            + "[SequenceModel, [|Decide<Move>(20)|], Dense(8)] partial class M;" },
        { "AAREN067", Moved("[Reward] public float [|Other|] { get; set; }") },
        { "AAREN064", Moved("[Action] public Guid [|Other|] { get; set; }") },
        { "AAREN064", Move.Replace("float Reward", "string [|Reward|]", StringComparison.Ordinal) + Decide + "Dense(8)] partial class M;" },
        { "AAREN068", Chosen("[[|Action|]] public int Turn { get; set; }", "Dense(8)") },
        { "AAREN068", Chosen("[[|Action|]] public string? Turn { get; set; }", "Dense(8)") },
        { "AAREN068", Chosen("[[|Action(2)|]] public Turn Turn { get; set; }", "Dense(8)") },
        { "AAREN068", Chosen("[Action(\"a\")] public string? [|Turn|] { get; set; }", "Dense(8)") },
        { "AAREN020", Chosen("[Action([|1|])] public int Turn { get; set; }", "Dense(8)") },
        { "AAREN020", Chosen("[Action([|257|])] public byte Turn { get; set; }", "Dense(8)") },
        { "AAREN061", Move.Replace("enum", "internal enum", StringComparison.Ordinal)
            .Replace("record", "public record", StringComparison.Ordinal)
            .Replace("[Action(-2, 2)] public float Force", "[Action] internal Turn [|Force|]", StringComparison.Ordinal)
            + Decide + "Dense(8)] public partial class M;" },
        { "AAREN069", Moved("[Reward(Column = [|\"_ \"|])] public float Other { get; set; }")
            .Replace("[Reward] public", "public", StringComparison.Ordinal) },
        { "AAREN070", Moved("[Action] public float [|Sample|] { get; set; }") },
        { "AAREN070", Moved("[Action] public float [|Decision|] { get; set; }") },
        { "AAREN071", Moved("[[|Target|]] public float Y { get; set; }") },
        { "AAREN071", Moved("[[|Label|]] public bool Y { get; set; }") },
        { "AAREN071", Labelled("[[|Reward|]] public float Y { get; set; }") },
        { "AAREN071", Record("[[|Action|]] public float X { get; set; }") },
        { "AAREN072", Moved("[Action] public Turn [|Turn|] { get; set; }") },
        { "AAREN072", Chosen("[Action] public Turn Turn { get; set; } [Action] public bool [|Other|] { get; set; }", "Dense(8)") },
        { "AAREN072", Chosen("[Action] public Turn Turn { get; set; } [Action] public float [|Other|] { get; set; }", "Dense(8)") },
        { "AAREN072", Chosen("[[|Action(-1, 1)|]] public Turn Turn { get; set; }", "Dense(8)") },
        { "AAREN072", Chosen("[[|Action(3)|]] public float Turn { get; set; }", "Dense(8)") },
        { "AAREN072", Chosen("[[|Action(\"a\", \"b\")|]] public float Turn { get; set; }", "Dense(8)") },
        { "AAREN072", Chosen("[Action(1, [|1|])] public float Turn { get; set; }", "Dense(8)") },
        { "AAREN072", Chosen("[Action(1, [|1.00000001|])] public float Turn { get; set; }", "Dense(8)") },
        { "AAREN072", Chosen("[Action([|double.NaN|], 1)] public float Turn { get; set; }", "Dense(8)") },
        { "AAREN072", Chosen("[Action(-1, [|1e31|])] public float Turn { get; set; }", "Dense(8)") },
        { "AAREN050", Reading + "[SequenceModel, Dense(8), [|Forecast<Reading>(3, \"1h\")|], Gaussian] partial class M;" },
        { "AAREN050", Reading + "[SequenceModel, Calendar(CalendarField.HourOfDay), [|Forecast<Reading>(3, \"1h\")|], " + Rest },
        { "AAREN051", "[SequenceModel, Continuous(4), [|Calendar(CalendarField.HourOfDay)|], " + Rest },
        { "AAREN052", Reading + Task + "[|Continuous(4)|], " + Rest },
        { "AAREN052", Reading + "[SequenceModel, [|Categorical(4)|], Forecast<Reading>(3, \"1h\"), " + Rest },
        { "AAREN052", Reading + Task + "[|SumInputs|], " + Rest },
        { "AAREN052", Reading + Task + "[|Interleave(4)|], " + Rest },
        { "AAREN053", Reading + Task + "Dense(8), [|CrossEntropy|]] partial class M;" },
        { "AAREN053", Reading + Task + "Dense(8), [|LogNormalMixture|]] partial class M;" },
        { "AAREN053", Reading + Task + "Dense(8), Huber, [|Gaussian|]] partial class M;" },
        { "AAREN053", Reading + Task + "[|Head(\"A\")|], " + Rest },
        { "AAREN053", Reading + Task + "[|Pool(Pooling.Mean)|], " + Rest },
        { "AAREN054", Reading + "[SequenceModel, Forecast<Reading>(3, [|\"1 hour\"|]), " + Rest },
        { "AAREN054", Reading + "[SequenceModel, Forecast<Reading>(3, [|null!|]), " + Rest },
        { "AAREN020", Reading + "[SequenceModel, Forecast<Reading>(1, [|\"10000y\"|]), " + Rest },
        { "AAREN020", Reading + "[SequenceModel, Forecast<Reading>(1, [|\"1001y\"|]), " + Rest },
        { "AAREN020", Reading + "[SequenceModel, Forecast<Reading>([|1001|], \"1y\"), " + Rest },
        { "AAREN020", Reading + "[SequenceModel, Forecast<Reading>([|65536|], \"w\"), Dense(8), Huber] partial class M;" },
        { "AAREN055", Reading + "[SequenceModel, Forecast<Reading>(3, \"1d\", TimeZone = [|\"\"|]), " + Rest },
        { "AAREN055", Reading + "[SequenceModel, Forecast<Reading>(3, \"1d\", TimeZone = [|\"\\\"\"|]), " + Rest },
        { "AAREN056", Reading + Task + "Calendar(CalendarField.HourOfDay, "
            + "[|CalendarField.HourOfDay|]), " + Rest },
        { "AAREN056", Reading + Task + "[|Calendar|], " + Rest },
        { "AAREN057", Reading + "[SequenceModel, Forecast<Reading>(3, \"1d\"), Calendar([|CalendarField.HourOfDay|], "
            + "CalendarField.DayOfWeek), " + Rest },
        { "AAREN057", Reading + "[SequenceModel, Forecast<Reading>(3, \"w\"), Calendar(CalendarField.DayOfMonth, "
            + "[|CalendarField.DayOfWeek|]), " + Rest },
        { "AAREN057", Reading + Task + "Calendar([|CalendarField.MinuteOfHour|], CalendarField.HourOfDay), " + Rest },
        { "AAREN022", Stroke + "[SequenceModel, Classify<Point>(Missing = [|MissingValues.Refuse|]), Dense(8)] partial class M;" },
        { "AAREN022", Visit + "[SequenceModel, NextEvent<Visit>(\"h\", Missing = [|(MissingValues)3|]), Dense(8)] partial class M;" },
        { "AAREN022", Reading + "[SequenceModel, Forecast<Reading>(3, \"1h\", Missing = [|MissingValues.Refuse|]), " + Rest },
        { "AAREN022", Reading + Task + "Calendar([|(CalendarField)9|]), " + Rest },
        { "AAREN016", Reading + Task + "Dense(8), [|Calendar(CalendarField.HourOfDay)|], Gaussian] "
            + "partial class M;" },
        { "AAREN058", Reading + Covariates + "[SequenceModel, Forecast<Weather>(3, \"1h\"), [|ChannelIndependent|], " + Rest },
        { "AAREN017", Reading + Task + "Calendar(CalendarField.HourOfDay), [|Patch(2, 1)|], " + Rest },
        { "AAREN017", Reading + Task + "Calendar(CalendarField.HourOfDay), [|ChannelIndependent|], "
            + Rest },
        { "AAREN020", Reading + "[SequenceModel, Forecast<Reading>([|0|], \"1h\"), " + Rest },
        { "AAREN020", Reading + "[SequenceModel, Forecast<Reading>([|65537|], \"1h\"), " + Rest },
        { "AAREN020", Reading + "[SequenceModel, Forecast<Reading>(3, \"1h\", MaxGap = [|0|]), " + Rest },
        { "AAREN020", Reading + "[SequenceModel, Forecast<Reading>(3, \"1h\", MaxGap = [|1048577|]), " + Rest },
        { "AAREN020", Reading + Task + "InstanceNorm(Columns = [|2|]), " + Rest },
        { "AAREN020", Reading + Task + "Dense([|0|]), Gaussian] partial class M;" },
        { "AAREN013", Reading + Task + "Dense(8)] partial class [|M|];" },
        { "AAREN019", Reading + Task + "Gaussian, [|Dense(8)|]] partial class M;" },
        { "AAREN030", Reading + Task + "Dense(8), [|Quantiles(0.5, 0.1)|]] partial class M;" },
        { "AAREN024", Reading + Task + "Dense(8, Name = [|\"head\"|]), Gaussian] partial class M;" },
        { "AAREN025", Reading + "[SequenceModel, Forecast<Reading>([|40000|], \"1h\"), " + Rest },
        { "AAREN025", Reading + Covariates + "[SequenceModel, Forecast<Weather>([|65536|], \"1h\"), Huber] partial class M;" },
        { "AAREN006", Reading + Task + "Dense(8), Gaussian] partial class M : [|SequenceModel<M>|];" },
        { "AAREN006", Reading + Covariates + Task + "Dense(8), Gaussian] partial class M : "
            + "[|ForecastModel<M, Weather, M.Forecast>|];" },
        { "AAREN008", Reading + Task + "Dense(8), Gaussian] partial class M { int [|ReadTable|]; }" },
        { "AAREN008", Reading + Task + "Dense(8), Gaussian] partial class M { struct [|Forecast|]; }" },
        { "AAREN008", Reading + Task + "Dense(8), Gaussian] partial class M { int [|Task|]; }" },
        { "AAREN008", Reading + Task + "Dense(8), Gaussian] partial class [|Forecast|];" },
        { "AAREN060",
            "interface IReading { [Timestamp] DateTime Time { get; } } [SequenceModel, [|Forecast<IReading>(3, \"1h\")|], " + Rest },
        { "AAREN060", Reading.Replace("record", "record struct", StringComparison.Ordinal)
            + "[SequenceModel, [|Forecast<Reading?>(3, \"1h\")|], " + Rest },
        { "AAREN060", Reading + "[SequenceModel, [|Forecast<Reading[]>(3, \"1h\")|], " + Rest },
        { "AAREN061", Reading + "[SequenceModel, [|Forecast<Reading>(3, \"1h\")|], Dense(8), Gaussian] public partial class M;" },
        { "AAREN061", $"partial class Outer {{ private {Reading} [SequenceModel, [|Forecast<Reading>(3, \"1h\")|], "
            + "Dense(8), Gaussian] internal partial class M; }" },
        { "AAREN061", $"file {Reading} [SequenceModel, [|Forecast<Reading>(3, \"1h\")|], " + Rest },
        { "AAREN061", $"public class G<T> {{ public {Reading} }} [SequenceModel, [|Forecast<G<Hidden>.Reading>(3, \"1h\")|], Dense(8), "
            + "Gaussian] public partial class M; class Hidden;" },
        { "AAREN062", Record("[Observed] public float [|X|] { set { } }") },
        { "AAREN062", Record("[Observed] public static float [|X|] { get; set; }") },
        { "AAREN062", Record("[Observed] public float [|this|][int i] => 0;") },
        { "AAREN062", Record("[Observed] public float [|X|] { private get; set; }") },
        { "AAREN062", Record("[Observed] float [|X|] { get; set; }") },
        { "AAREN063", Record("[Observed, [|Target|]] public float X { get; set; }") },
        { "AAREN064", Record("[Observed] public string [|X|] { get; set; } = \"\";") },
        { "AAREN064", Record("[Target] public Reading? [|X|] { get; set; }") },
        { "AAREN064", Record("[KnownAhead] public DateTime [|X|] { get; set; }") },
        { "AAREN064", Record("[Observed] public DayOfWeek [|X|] { get; set; }") },
        { "AAREN064", Record("[Category] public float [|X|] { get; set; }") },
        { "AAREN064", Reading.Replace("string Key { get; init; } = \"\";", "Guid [|Key|] { get; init; }", StringComparison.Ordinal)
            + Task + Rest },
        { "AAREN064", Reading.Replace("DateTimeOffset Time", "string? [|Time|]", StringComparison.Ordinal)
            + Task + Rest },
        { "AAREN065", Reading.Replace("DateTimeOffset Time", "DateTimeOffset? [|Time|]", StringComparison.Ordinal)
            + Task + Rest },
        { "AAREN065", Reading.Replace("string Key", "string? [|Key|]", StringComparison.Ordinal)
            + Task + Rest },
        { "AAREN065", Reading.Replace("string Key { get; init; } = \"\";", "int? [|Key|] { get; init; }", StringComparison.Ordinal)
            + Task + Rest },
        { "AAREN066", Reading.Replace("[Target]", "[Observed]", StringComparison.Ordinal)
            + "[SequenceModel, [|Forecast<Reading>(3, \"1h\")|], " + Rest },
        { "AAREN066", Reading.Replace("[Timestamp]", "", StringComparison.Ordinal)
            + "[SequenceModel, [|Forecast<Reading>(3, \"1h\")|], " + Rest },
        { "AAREN067", Record("[Timestamp] public DateTime [|X|] { get; set; }") },
        { "AAREN067", Record("[SeriesKey] public int [|X|] { get; set; }") },
        { "AAREN068", Record("[[|Category|]] public int X { get; set; }") },
        { "AAREN068", Record("[[|Category|]] public string X { get; set; } = \"\";") },
        { "AAREN068", Record("[[|Category(\"a\")|]] public int X { get; set; }") },
        { "AAREN068", Record("[[|Category(3)|]] public string X { get; set; } = \"\";") },
        { "AAREN068", Record("[[|Category(3)|]] public bool X { get; set; }") },
        { "AAREN068", Record("[[|Category(\"a\")|]] public DayOfWeek X { get; set; }") },
        { "AAREN068", Record("[Category(\"a\", \"b\", [|\"a\"|])] public string? X { get; set; }") },
        { "AAREN068", Record("[Category(\"a\", [|\"\"|])] public string? X { get; set; }") },
        { "AAREN068", Record("[Category(\"a\", [|\" b\"|])] public string? X { get; set; }") },
        { "AAREN068", Record("[Category] public AttributeTargets [|X|] { get; set; }") },
        { "AAREN068", Record("[Category] public E [|X|] { get; set; } public enum E;") },
        { "AAREN068", Record("[Category] public E [|X|] { get; set; } public enum E { " + string.Join(", ", Enumerable.Range(0, 4097)
            .Select(static i => $"V{i}")) + " }") },
        { "AAREN020", Record("[Category([|0|])] public int X { get; set; }") },
        { "AAREN020", Record("[Category([|1048576|])] public int? X { get; set; }") },
        { "AAREN022", Record("[Target(Aggregation = [|(Aggregation)7|])] public float X { get; set; }") },
        { "AAREN069", Record("[Target(Column = [|\"_ \"|])] public float X { get; set; }") },
        { "AAREN070", Record("[Target] public float [|Origin|] { get; set; }") },
        { "AAREN070", Record("[Target] public float [|Forecast|] { get; set; }") },
        { "AAREN070", Record("[Target] public float [|output|] { get; set; }") },
        { "AAREN070", Record("[Target] public float [|get_Origin|] { get; set; }") },
        { "AAREN070", "#pragma warning disable CS0108\n" + Record("[Target] public float [|GetType|] { get; set; }") },
        { "AAREN015", "sealed class MineAttribute : RecordColumnAttribute; " + Record("[[|Mine|]] public float X { get; set; }") },
    };

    [Theory]
    [InlineData("Forecast<Reading>(3, \"1h\"), Dense(8), [|Aaren|], Gaussian")]
    [InlineData("Forecast<Reading>(3, \"1h\"), Patch(4, 2), Dense(8), MinGru, [|Aaren(Heads = 2, Forget = false)|], Gaussian")]
    [InlineData("NextEvent<Visit>(\"1h\"), Dense(8), [|Aaren|]")]
    public void A_layer_that_never_forgets_is_warned_of(string marked)
    {
        int start = marked.IndexOf("[|", StringComparison.Ordinal) + 2;
        string layer = marked[start..marked.IndexOf("|]", StringComparison.Ordinal)];
        string components = marked.Replace("[|", "", StringComparison.Ordinal).Replace("|]", "", StringComparison.Ordinal);
        GeneratorRun run = GeneratorRun.Any(Prefix + Reading + Visit + "[SequenceModel, " + components + "] partial class M;");
        Diagnostic warning = Assert.Single(run.Diagnostics);
        Assert.Equal(("AAREN059", DiagnosticSeverity.Warning), (warning.Id, warning.Severity));
        Assert.Equal(layer, warning.Location.SourceTree!.GetText().ToString(warning.Location.SourceSpan));
        // The model is generated.
        Assert.Single(run.Plans);
        run.AssertCompiles();
    }

    [Theory]
    [InlineData("Forecast<Reading>(3, \"1h\"), Dense(8), Aaren(Forget = true), Gaussian")]
    [InlineData("Forecast<Reading>(3, \"1h\"), Dense(8), MinGru, MinLstm, Transformer(Context = 8), CausalConvolution(2), Gaussian")]
    [InlineData("Continuous(4), Dense(8), Aaren, Dense(4), MeanSquaredError")]
    [InlineData("NextEvent<Visit>(\"1h\"), Dense(8), Aaren(Forget = true)")]
    [InlineData("Classify<Point>, Dense(8), Aaren")]
    public void Layers_that_forget_and_models_without_a_task_are_not_warned_of(string components) =>
        GeneratorRun.Valid(Prefix + Reading + Visit + Stroke + $"[SequenceModel, {components}] partial class M;");

    /// <summary>The generator's grammar is the runtime's, which this test holds it to.</summary>
    public static TheoryData<string> Intervals => new([
        .. from number in (string[])
            ["", "0", "1", "01", "7", "10", "24", "60", "168", "10000", "10001", "99999999999", "-1", "+1", "1.5", "١"]
        from unit in (string[])["", "ms", "s", "sec", "min", "m", "h", "d", "w", "mo", "q", "y", "H", "hour", "ticks", "h "]
        from space in (string[])["", " ", "\t"]
        select $"{space}{number}{space}{unit}",
    ]);

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_reported_at_its_location(string id, string marked) => DiagnosticTests.AssertReported(Prefix, id, marked);

    [Theory]
    [MemberData(nameof(Intervals))]
    public void Intervals_are_read_as_the_runtime_reads_them(string text)
    {
        TimeGrid? expected = null;
        try
        {
            expected = TimeGrid.Parse(text);
        }
        catch (FormatException)
        {
        }
        var actual = TimeInterval.Parse(text);
        Assert.Equal(expected, actual is null ? null : TimeGrid.Parse(actual.Text));
        if (actual is null || Milliseconds(actual) > 400_000_000_000)
        {
            return;
        }
        // In enough intervals of some centuries each field has two values at least, unless it is constant.
        long intervals = 10_000_000_000_000 / Milliseconds(actual);
        var random = new Random(1);
        long[] indices = [.. Enumerable.Range(0, 2000).Select(_ => random.NextInt64(Math.Max(100, intervals)))];
        foreach (CalendarField field in Enum.GetValues<CalendarField>())
        {
            bool isConstant = indices.Select(i => FieldOf(field, expected!.StartOf(i).UtcDateTime)).Distinct().Count() == 1;
            Assert.Equal(isConstant, actual.IsConstant((Tasks.CalendarField)field, isUtc: true));
        }
    }

    [Theory]
    [InlineData("[SequenceModel, Forecast<Reading>(3, \"1h\"), Dense(8), Gaussian] partial class M : "
        + "ForecastModel<M, Reading, M.Forecast>;")]
    [InlineData("[SequenceModel, Forecast<Reading>(3, \"1h\"), Patch(4, 2), InstanceNorm, Dense(8), Gaussian] partial class M;")]
    [InlineData("[SequenceModel, Forecast<Reading>(3, \"1h\"), ChannelIndependent, InstanceNorm, Dense(8), StudentT] partial class M;")]
    [InlineData("[SequenceModel, Forecast<Reading>(65536, \"1ms\"), Huber] partial class M;")]
    [InlineData("[SequenceModel, Forecast<Reading>(1000, \"y\"), Huber] partial class M;")]
    [InlineData("[SequenceModel, Forecast<Reading>(3, \"1h\", TimeZone = \"Australia/Lord_Howe\"), Calendar(CalendarField.MinuteOfHour), "
        + "Dense(8), Gaussian] partial class M;")]
    [InlineData("[SequenceModel, Forecast<Weather>(1, \"y\"), InstanceNorm(Columns = 1, Window = 4), Dense(8), Huber] partial class M;")]
    [InlineData("partial class Outer { private record Inner : Weather; [SequenceModel, Forecast<Inner>(1, \"y\"), Dense(8), Huber] "
        + "private partial class M; }")]
    [InlineData("partial class Outer { [SequenceModel, Forecast<Outer>(1, \"d\"), Dense(8), Huber] public partial class M; "
        + "[Timestamp] public DateTime Time { get; set; } [Target, Obsolete] public int Count { get; set; } }")]
    [InlineData("[SequenceModel, Classify<Point>, Dense(8)] partial class M : ClassificationModel<M, Point, Digit>;")]
    [InlineData("[SequenceModel, Classify<Point>, Patch(4, 2), Standardize, Pool(Pooling.Last), Dense(8), CrossEntropy] partial class M;")]
    [InlineData("[SequenceModel, Classify<Point>] partial class M;")]
    [InlineData("[SequenceModel, NextEvent<Visit>(\"90s\", Resolution = \"1ms\"), Standardize(PerSeries = true), Dense(8)] "
        + "partial class M;")]
    [InlineData("[SequenceModel, NextEvent<Visit>(\"w\")] partial class M : NextEventModel<M, Visit, M.NextEvent>;")]
    [InlineData("[SequenceModel, Decide<Move>(20), Standardize(Method = Standardization.Robust), Dense(8), Huber(Delta = 0.5)] "
        + "partial class M : DecisionModel<M, Move, M.Decision>;")]
    [InlineData("[SequenceModel, Decide<Move>(1048576, Width = 2)] partial class M;")]
    public void A_task_may_be_refined(string model) => GeneratorRun.Valid(Prefix + Reading + Covariates + Stroke + Visit + Move + model);

    /// <summary>What the task derives is what examples/Control writes by hand.</summary>
    [Theory]
    [InlineData(
        "", "Continuous(1), Continuous(2, Missing = MissingValues.CarryForward), Continuous(2), Categorical(20)",
        "Interleave(16, Shared = 1)", "Dense(2, Activation = Activation.Tanh), MeanSquaredError")]
    [InlineData(
        "[Category] public Turn Turn { get; set; } [Category(5)] public int? Cell { get; set; }",
        "Continuous(1), Continuous(2, Missing = MissingValues.CarryForward), Continuous(2), Categorical(2), Categorical(6), "
            + "Categorical(20)",
        "Interleave(16, Shared = 3)", "Dense(2, Activation = Activation.Tanh), MeanSquaredError")]
    public void A_decision_model_is_that_which_is_written_by_hand(string more, string inputs, string interleave, string end)
    {
        const string Layers = "LayerNorm, Aaren(Heads = 2, Forget = true, Convolution = 4, Repeat = 2, Dropout = 0.1), LayerNorm";
        string record = Move.Replace(
            "} } ", $"}} [Observed] public double Y {{ get; set; }} [Action] public double Side {{ get; set; }} {more} }} ",
            StringComparison.Ordinal);
        Plan derived = GeneratorRun.Valid($"{Prefix}{record} [SequenceModel, Decide<Move>(20, Width = 16), {Layers}] partial class M;")
            .Plans.Single();
        Plan written = GeneratorRun.Valid($"{Prefix}[SequenceModel, {inputs}, {interleave}, {Layers}, {end}] partial class M;")
            .Plans.Single();
        Assert.NotNull(derived.Task);
        Assert.Equal(
            written,
            derived with { Task = null, Card = written.Card, Fingerprint = written.Fingerprint, TakenAliases = written.TakenAliases });
    }

    [Fact]
    public void Standardize_scales_what_a_decision_observes_alone()
    {
        Plan plan = GeneratorRun.Valid($"{Prefix}{Move}{Decide}Standardize, Dense(8)] partial class M;").Plans.Single();
        Model.StandardizedColumns columns = Assert.Single(plan.Standardization!.Columns);
        Assert.Equal((0, 1, 1, 3), (columns.First, columns.Count, columns.Kind, columns.Kinds));
        Assert.Empty(Assert.Single(plan.Heads).Scaling);
    }

    [Theory]
    [InlineData("abstract class R { [Timestamp] public DateTime Time { get; set; } [Target] public float Load { get; set; } }",
        "it is abstract")]
    [InlineData("class R { [Timestamp] public DateTime Time { get; } [Target] public float Load { get; set; } }",
        "its property 'Time' can neither be set nor passed to its constructor")]
    [InlineData("class R { [Timestamp] public DateTime T { get; set; } [Target] public float L { get; set; } "
        + "public required int X { get; set; } }",
        "its member 'X' is required, but has no role")]
    [InlineData("class R(int x) { [Timestamp] public DateTime Time { get; set; } [Target] public float Load { get; set; } int X => x; }",
        "no property with a role gives the parameter 'x' of its constructor")]
    [InlineData("class R { R() { } [Timestamp] public DateTime Time { get; set; } [Target] public float Load { get; set; } }",
        "the model cannot access its constructor")]
    public void The_card_says_why_tables_are_not_read(string record, string reason)
    {
        GeneratorRun run = GeneratorRun.Valid(Prefix + record + " [SequenceModel, Forecast<R>(3, \"1h\"), " + Rest);
        Assert.Contains($"no ReadTable, since code cannot make a R: {reason}", run.Plans.Single().Card, StringComparison.Ordinal);
        Assert.DoesNotContain("ReadTable(", run.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_read_where_the_project_references_the_package()
    {
        const string package = """
            namespace AarenGen.Data
            {
                public record TableOptions { public string? SeriesKey { get; init; } }
                public abstract class TableFile : AarenGen.ITableReader
                {
                    public static TableFile Open(string path, TableOptions? options = null) => throw new System.NotSupportedException();
                    public abstract string Path { get; }
                    public abstract System.Collections.Generic.IReadOnlyList<AarenGen.ColumnDescription> Columns { get; }
                    public abstract long Line { get; }
                    public abstract bool Read();
                    public abstract bool IsMissing(int column);
                    public abstract double GetDouble(int column);
                    public abstract long GetInt64(int column);
                    public abstract bool GetBoolean(int column);
                    public abstract System.ReadOnlySpan<char> GetText(int column);
                    public abstract System.DateTimeOffset GetTime(int column);
                    public abstract AarenGen.TableException ErrorAt(int? column, string problem, System.Exception? cause = null);
                    public abstract void Dispose();
                }
            }
            """;
        string source = Prefix + Reading + Task + Rest;
        Assert.DoesNotContain("string path", GeneratorRun.Valid(source).Source, StringComparison.Ordinal);
        Assert.Contains(
            "string path, global::AarenGen.Data.TableOptions? options", GeneratorRun.Valid(source, package).Source,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_of_the_calendar_have_the_names_of_the_runtime() =>
        Assert.Equal(Enum.GetNames<CalendarField>(), Enum.GetNames<Tasks.CalendarField>());

    [Fact]
    public void All_mistakes_of_a_record_are_reported_in_one_build()
    {
        GeneratorRun run = GeneratorRun.Any(Prefix + """
            class Reading
            {
                [SeriesKey] public int? Key { get; set; }
                [Timestamp] public string Time { get; set; } = "";
                [Target] public float? Load { set { } }
                [Category] public int Mark { get; set; }
            }
            [SequenceModel, Forecast<Reading>(0, "1x"), Calendar(CalendarField.HourOfDay, CalendarField.HourOfDay), Dense(0), CrossEntropy]
            partial class M;
            """);
        Assert.Equal(
            ["AAREN020", "AAREN020", "AAREN053", "AAREN054", "AAREN056", "AAREN062", "AAREN064", "AAREN065", "AAREN068"],
            run.Diagnostics.Select(static d => d.Id).Order());
    }

    [Fact]
    public void A_mistake_in_a_record_of_a_library_stands_at_the_task()
    {
        const string library = """
            namespace Library;
            public class Reading
            {
                [AarenGen.Timestamp] public System.DateTime Time { get; set; }
                [AarenGen.Target] public string Load { get; set; } = "";
            }
            """;
        const string source = "using AarenGen; [SequenceModel, Forecast<Library.Reading>(3, \"1h\"), Dense(8), Gaussian] partial class M;";
        GeneratorRun compiled = GeneratorRun.Any(library);
        MetadataReference[] references = [compiled.Output.ToMetadataReference(), MetadataReference.CreateFromImage(Image(compiled.Output))];
        foreach (MetadataReference reference in references)
        {
            GeneratorRun run = GeneratorRun.Over(GeneratorRun.Compile(source).AddReferences(reference));
            Diagnostic diagnostic = Assert.Single(run.Diagnostics);
            Assert.Equal("AAREN064", diagnostic.Id);
            Assert.Equal(
                "Forecast<Library.Reading>(3, \"1h\")",
                diagnostic.Location.SourceTree!.GetText().ToString(diagnostic.Location.SourceSpan));
        }
    }

    [Theory]
    [InlineData("Forecast<Missing>(3, \"1h\")")]
    [InlineData("Forecast<List<Missing>>(3, \"1h\")")]
    [InlineData("Forecast<Reading>(missing, \"1h\")")]
    [InlineData("Forecast<Reading>(3)")]
    [InlineData("Forecast<Reading>(3, \"1h\"), Forecast<Broken>(3, \"1h\")")]
    [InlineData("Forecast<Broken>(3, \"1h\")")]
    public void What_the_compiler_rejects_is_left_to_the_compiler(string task)
    {
        GeneratorRun run = GeneratorRun.Any(
            Prefix + Reading + "class Broken { [Timestamp] public DateTime Time { get; set; } [Target] public Missing Load { get; set; } "
            + $"[Category(missing)] public int Mark {{ get; set; }} }} [SequenceModel, {task}, Dense(8), Gaussian] partial class M;");
        Assert.DoesNotContain(run.Diagnostics, static d => d.Id != "AAREN050");
        Assert.Contains(run.Output.GetDiagnostics(), static d => d.Severity == DiagnosticSeverity.Error);
    }

    private static byte[] Image(Compilation compilation)
    {
        using var image = new MemoryStream();
        Assert.True(compilation.Emit(image).Success);
        return image.ToArray();
    }

    private static long Milliseconds(TimeInterval interval) => interval.Count * interval.Unit switch
    {
        TimeUnit.Milliseconds => 1,
        TimeUnit.Days => 86_400_000L,
        _ => 2_629_746_000L,
    };

    private static int FieldOf(CalendarField field, DateTime time) => field switch
    {
        CalendarField.MinuteOfHour => time.Minute,
        CalendarField.HourOfDay => time.Hour,
        CalendarField.DayOfWeek => (int)time.DayOfWeek,
        CalendarField.DayOfMonth => time.Day,
        CalendarField.MonthOfYear => time.Month,
        _ => ISOWeek.GetWeekOfYear(time),
    };

    /// <summary>A labelled record with one more property, and a model of it.</summary>
    private static string Labelled(string property) => Stroke.Replace("} } ", $"}} {property} }} ", StringComparison.Ordinal)
        + Classify + "Dense(8)] partial class M;";

    /// <summary>An event with one more property, and a model of it.</summary>
    private static string Visited(string property) => Visit.Replace("} } ", $"}} {property} }} ", StringComparison.Ordinal)
        + Next + "Dense(8)] partial class M;";

    /// <summary>A step with one more property, and a model of it.</summary>
    private static string Moved(string property) => Move.Replace("} } ", $"}} {property} }} ", StringComparison.Ordinal)
        + Decide + "Dense(8)] partial class M;";

    /// <summary>A step with other actions than a force, by default a category, and a model of it.</summary>
    private static string Chosen(string actions, string components) => Move.Replace(
            "[Action(-2, 2)] public float Force { get; set; }",
            actions.Length == 0 ? "[Action] public Turn Turn { get; set; }" : actions, StringComparison.Ordinal)
        + $"{Decide}{components}] partial class M;";

    /// <summary>A record with one more property, and a model of it.</summary>
    private static string Record(string property) => Reading.Replace("} } ", $"}} {property} }} ", StringComparison.Ordinal)
        + Task + Rest;
}
