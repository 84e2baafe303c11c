using System.Globalization;
using System.Text.RegularExpressions;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Tests;
using Microsoft.CodeAnalysis;

namespace AarenGen.Generator.Tests;

/// <summary>The generated code itself, reviewed as text.</summary>
public sealed class SnapshotTests
{
    public static readonly Dictionary<string, string> Sources = new()
    {
        ["TrainedModel"] = """
            using AarenGen;

            namespace Example;

            [SequenceModel]
            [Weights("load.safetensors")]
            [Continuous(2)]
            [Dense(2)]
            [MeanSquaredError]
            public sealed partial class TrainedModel;
            """,
        ["Readme"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel]
            [Continuous(7)]
            [Dense(64)]
            [Aaren(Heads = 4, FeedForward = 256, Repeat = 2)]
            [Dense(7)]
            [MeanSquaredError]
            public sealed partial class LoadForecaster;
            """,
        ["Standardized"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(3), Categorical(5), Standardize(Method = Standardization.Robust), InstanceNorm(Columns = 2)]
            [Dense(6)]
            [Head("Energy"), Dense(12), StudentT]
            [Head("Range", Weight = 0.5), Dense(4), Quantiles(0.1, 0.9)]
            internal sealed partial class Measured;
            """,
        ["MissingInputs"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(2, Missing = MissingValues.MeanWithIndicator), Continuous(3, Missing = MissingValues.CarryForward)]
            [Standardize(PerSeries = true), InstanceNorm(Columns = 1), Dense(4), Dense(1), MeanSquaredError]
            internal sealed partial class Sensors;
            """,
        ["PostNormWithDropout"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 2, Norm = Norm.Post, Dropout = 0.25), Dense(5), MeanAbsoluteError]
            internal sealed partial class PostNorm;
            """,
        ["EveryLayerOddWidths"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel]
            [Continuous(1)]
            [Dense(21, Activation = Activation.Tanh)]
            [Aaren(Heads = 3, FeedForward = 10, Norm = Norm.Pre)]
            [LayerNorm]
            [Dense(4, Activation = Activation.Relu, Name = "middle.part")]
            [Dense(2, Activation = Activation.Gelu)]
            [MeanSquaredError]
            public partial class Everything
            {
                public int Mine => InputWidth;
            }
            """,
        ["NestedInGlobalNamespace"] = """
            using AarenGen;

            public static partial class Outer
            {
                internal partial record Middle
                {
                    internal partial struct Inner
                    {
                        [SequenceModel, Continuous(2), Aaren(Heads = 1), MeanSquaredError]
                        private sealed partial class @event;
                    }
                }
            }
            """,
        ["BlockFirstAndLast"] = """
            using AarenGen;
            namespace @class.Deep;

            [SequenceModel, Continuous(8), Aaren(Repeat = 3), Aaren(Norm = Norm.Post, Name = "top"), MeanSquaredError]
            public partial class Blocks;
            """,
        ["Transformer"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(3), Dense(20)]
            [Transformer(Heads = 5, Context = 30, FeedForward = 40, Repeat = 2)]
            [Transformer(Norm = Norm.Post, Dropout = 0.1), MeanSquaredError]
            public partial class Attention;
            """,
        ["MinGru"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(3), Dense(20), MinGru(FeedForward = 40, Repeat = 2)]
            [MinGru(Norm = Norm.Post, Dropout = 0.1), MeanSquaredError]
            public partial class Gru;
            """,
        ["MinLstm"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(3), Dense(20), MinLstm(FeedForward = 40, Repeat = 2)]
            [MinLstm(Norm = Norm.Post, Dropout = 0.1), MeanSquaredError]
            public partial class Lstm;
            """,
        ["Convolution"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(3), CausalConvolution(3), Dense(20), Aaren(FeedForward = 40, Repeat = 2, Convolution = 4)]
            [MinGru(Norm = Norm.Post, Convolution = 2), MeanSquaredError]
            public partial class Convolved;
            """,
        ["Forgetting"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(3), Dense(20), Aaren(FeedForward = 40, Repeat = 2, Forget = true)]
            [Aaren(Heads = 20, Scores = Scores.Direct, Forget = true, ShortestHalfLife = 0.5, LongestHalfLife = 8), MeanSquaredError]
            public partial class Forgetful;
            """,
        ["PatchedChannels"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(3), ChannelIndependent, InstanceNorm(Window = 8), Patch(4, 2), Dense(8)]
            [Positions(PositionKind.Learned, Length = 6), Aaren(Heads = 2, FeedForward = 8), Dense(6), StudentT]
            public sealed partial class Channels;
            """,
        ["SeveralInputsAndHeads"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel]
            [Continuous(2)]
            [TimeEncoding(6, LongestPeriod = 100)]
            [Categorical(5, Width = 4)]
            [Dense(8)]
            [Dropout(0.1)]
            [Aaren(Heads = 2, FeedForward = 8)]
            [Head("Interval")]
            [Dense(9)]
            [LogNormalMixture]
            [Head("Mark", Weight = 0.5)]
            [Dense(5)]
            [CrossEntropy(Smoothing = 0.1)]
            [Head("User")]
            [Pool(Pooling.Mean)]
            [Dense(4)]
            [Quantiles(0.1, 0.9)]
            public sealed partial class Events;
            """,
        ["Summed"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(2, Width = 8), Categorical(5, Width = 8), SumInputs]
            [Positions(PositionKind.Sinusoidal), Aaren(Heads = 2, FeedForward = 8), Pool(Pooling.Last), Dense(2)]
            [Gaussian]
            public sealed partial class Sums;
            """,
        ["InTurn"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(1), Continuous(3), Categorical(4), Interleave(8)]
            [Aaren(Heads = 2, FeedForward = 8), Dense(4), Huber(Delta = 2)]
            public sealed partial class Turns;
            """,
        ["InTurnWithSteps"] = """
            using AarenGen;
            namespace Example;

            [SequenceModel, Continuous(1), Continuous(3), Categorical(9), Interleave(8, Shared = 1), LayerNorm,
             Aaren(Heads = 2, FeedForward = 8), Dense(4, Activation = Activation.Tanh), MeanSquaredError]
            public sealed partial class StepsInTurn;
            """,
        ["Forecast"] = """
            using System;
            using AarenGen;
            namespace Example;

            public enum Site { North, South }

            public sealed record Reading
            {
                [SeriesKey] public required string Sensor { get; init; }
                [Timestamp] public required DateTimeOffset Time { get; init; }
                [Target] public float? Load { get; init; }
                [Observed] public float? Humidity { get; init; }
                [KnownAhead] public float? OutdoorForecast { get; init; }
                [Category] public Site Site { get; init; }
            }

            [SequenceModel, Forecast<Reading>(24, "1h")]
            [Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek)]
            [Standardize, Dense(64), Aaren(Repeat = 2, Forget = true), Quantiles(0.1, 0.5, 0.9)]
            public sealed partial class LoadForecaster;
            """,
        ["Classify"] = """
            using System;
            using AarenGen;
            namespace Example;

            public enum Activity { Rest, Walk = 4, @base = 2 }

            public sealed record Motion
            {
                [SeriesKey] public required long Recording { get; init; }
                [Timestamp] public required DateTime Time { get; init; }
                [Observed] public float? X { get; init; }
                [Observed] public float Y { get; init; }
                [Category] public bool? IsLeft { get; init; }
                [Label] public Activity? Activity { get; init; }
            }

            [SequenceModel, Classify<Motion>, Standardize, Dense(16), Aaren(Heads = 2, FeedForward = 16)]
            public sealed partial class ActivityClassifier;
            """,
        ["ClassifyWithoutTime"] = """
            using AarenGen;

            internal readonly record struct Sound(
                [property: SeriesKey] string Clip, [property: Category(5)] int Tone,
                [property: Label("low", "a \"high\" one")] string? Level);

            [SequenceModel, Classify<Sound>, Dense(4), Pool(Pooling.Last), Dense(4), CrossEntropy(Smoothing = 0.1)]
            internal sealed partial class SoundClassifier;
            """,
        ["NextEvent"] = """
            using System;
            using AarenGen;
            namespace Example;

            public enum Activity { Open, Read, Close }

            public sealed record Visit
            {
                [SeriesKey] public required string Visitor { get; init; }
                [Timestamp] public required DateTimeOffset Time { get; init; }
                [Mark] public Activity? Activity { get; init; }
                [Observed] public float? Amount { get; init; }
                [Category] public bool IsKnown { get; init; }
            }

            [SequenceModel, NextEvent<Visit>("min", Resolution = "1s", Components = 4, TimeEncoding = 8)]
            [Standardize, Dense(16), Aaren(Heads = 2, FeedForward = 16, Forget = true)]
            public sealed partial class VisitModel;
            """,
        ["NextEventWithoutMark"] = """
            using System;
            using AarenGen;

            internal readonly record struct Tick([property: Timestamp] DateTime Time);

            [SequenceModel, NextEvent<Tick>("h", Components = 3), Dense(8)]
            internal sealed partial class TickModel;
            """,
        ["Decide"] = """
            using System;
            using AarenGen;
            namespace Example;

            public enum Ground { Ice, Sand = 5 }

            public sealed record Move
            {
                [SeriesKey] public required int Episode { get; init; }
                [Timestamp] public required DateTimeOffset Time { get; init; }
                [Observed] public float Position { get; init; }
                [Action(0, 2.5)] public double? Throttle { get; init; }
                [Observed] public float? Speed { get; init; }
                [Category] public Ground Ground { get; init; }
                [Action] public float Steering { get; init; }
                [Reward] public float Reward { get; init; }
            }

            [SequenceModel, Decide<Move>(200, Width = 16), Standardize]
            [LayerNorm, Aaren(Heads = 2, FeedForward = 16, Forget = true), LayerNorm]
            public sealed partial class Driver;
            """,
        ["DecideOnCategory"] = """
            using AarenGen;

            internal enum Direction { Left = -1, Stay, @Right }

            internal readonly record struct Turn(
                [property: SeriesKey] string Game, [property: Category(9)] byte Cell, [property: Category] bool? IsOpen,
                [property: Action] Direction @event, [property: Reward] decimal? Points);

            [SequenceModel, Decide<Turn>(9), MinGru(FeedForward = 16), CrossEntropy(Smoothing = 0.1)]
            internal sealed partial class Player;
            """,
        ["ForecastOfStructs"] = """
            using System;
            using AarenGen;
            namespace Example;

            public enum Weather : byte { Sun = 3, Rain = 1, Snow = 9, Drizzle = 1 }

            public readonly record struct Sale(
                [property: SeriesKey(Column = "store no")] int Store, [property: Timestamp] DateTime Day,
                [property: Target(Aggregation = Aggregation.Sum)] decimal Amount, [property: Target] long? @class,
                [property: Observed] bool IsOpen, [property: Category] Weather? Weather,
                [property: Category("low", "a \"high\" one")] string Level, [property: Category(5)] byte? Rank);

            [SequenceModel, Forecast<Sale>(2, " 7 d", TimeZone = "Europe/Berlin", MaxGap = 9)]
            [Calendar(CalendarField.MonthOfYear), InstanceNorm, Dense(8), MinGru, Huber]
            internal sealed partial class SalesForecaster;
            """,
        ["ForecastOfInheritedProperties"] = """
            using System;
            using AarenGen;

            public abstract class Measured<T>(DateTimeOffset time)
            {
                [Timestamp] public DateTimeOffset Time { get; } = time;
                [Target] public abstract double Value { get; set; }
                [Observed] public double Hidden { get; set; }
                public T? Tag { get; set; }
            }

            public static partial class Outer
            {
                private sealed class Measurement<T>(DateTimeOffset time, int mark) : Measured<T>(time)
                {
                    public override double Value { get; set; }
                    [Category] public new bool? Hidden { get; set; }
                    public int Mark => mark;
                }

                [SequenceModel, Forecast<Measurement<int[]>>(3, "15min"), Dense(4), Gaussian]
                private sealed partial class Forecaster;
            }
            """,
    };

    /// <summary>Stands for the package that trains on a device.</summary>
    internal const string WithCuda = "namespace AarenGen.Cuda { internal static class CudaDeviceInfo; }";

    public static TheoryData<string> Names => new(Sources.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void No_line_is_over_140_columns(string name)
    {
        GeneratorRun run = GeneratorRun.Valid(Sources[name], WithCuda);
        Assert.NotEmpty(run.CudaSource);
        Assert.Empty(GeneratedLines.TooLong(run.Source + "\n" + run.CudaSource));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Generated_code_is_as_reviewed(string name) =>
        // The version changes with each commit; in the snapshots it stands as 0.1.0.
        Golden.Matches(
            Regex.Replace(GeneratorRun.Valid(Sources[name]).Source, @"(?<=""AarenGen\.Generator"", "")[^""]+", "0.1.0"), name + ".cs.txt");

    /// <summary>
    /// The device code of all models lies beside the operations; the model's own kernels and their launches are reviewed here.
    /// </summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Generated_cuda_is_as_reviewed(string name)
    {
        string text = GeneratorRun.Valid(Sources[name], WithCuda).CudaSource;
        Golden.Matches(text[text.IndexOf(CudaEmitter.KernelsBegin, StringComparison.Ordinal)..], name + ".cu.txt");
    }

    /// <summary>What kernels there are, what each binds, and when it runs.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void The_plan_of_kernels_is_as_reviewed(string name) =>
        Golden.Matches(CudaPlanText.Of(GeneratorRun.Valid(Sources[name], WithCuda).CudaPlans.Single()), name + ".plan.txt");

    [Fact]
    public void Equal_declarations_give_equal_cuda()
    {
        string own = Sources["Readme"];
        string first = GeneratorRun.Valid(own, WithCuda).CudaSource, second = GeneratorRun.Valid("// moved\n\n" + own, WithCuda).CudaSource;
        Assert.NotEmpty(first);
        Assert.Equal(first, second);
    }

    [Fact]
    public void A_hundred_models_with_cuda_fit_one_assembly()
    {
        string models = "using AarenGen;\n" + string.Concat(Enumerable.Range(0, 100).Select(static i =>
            $"[SequenceModel, Continuous(7), Dense({4 * (i + 4)}), Aaren(Heads = 4, Repeat = 2), Dense(7), MeanSquaredError] public "
                + $"sealed partial class Model{i};\n"));
        GeneratorRun run = GeneratorRun.Any(models, WithCuda);
        Assert.Empty(run.Diagnostics);
        using var image = new MemoryStream();
        Assert.Empty(run.Output.Emit(image).Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error));
    }

    [Fact]
    public void Without_the_package_there_is_no_cuda() => Assert.Empty(GeneratorRun.Valid(Sources["Readme"]).CudaSource);

    [Theory]
    [InlineData("fi-FI")]
    [InlineData("tr-TR")]
    [InlineData("ar-SA")]
    public void Generated_code_is_the_same_in_every_culture(string culture)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        string[] expected = [.. Sources.Values.Select(static s => GeneratorRun.Valid(s, WithCuda))
            .SelectMany(static r => (string[])[r.Source, r.CudaSource])];
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = new CultureInfo(culture);
            Assert.Equal(
                expected, Sources.Values.Select(static s => GeneratorRun.Valid(s, WithCuda))
                    .SelectMany(static r => (string[])[r.Source, r.CudaSource]));
        }
        finally
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = before;
        }
    }
}
