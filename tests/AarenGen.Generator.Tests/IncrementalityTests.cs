using AarenGen.Generator.Lowering.Cuda.Passes;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AarenGen.Generator.Tests;

/// <summary>An edit re-runs no more than it must.</summary>
public sealed class IncrementalityTests
{
    private const string Task = "using AarenGen; [SequenceModel, Forecast<Reading>(2, \"1h\"), Calendar(CalendarField.HourOfDay)] "
        + "[Dense(8), Gaussian] public partial class Forecaster;";

    private const string Records = """
        using System; using AarenGen;
        public enum Site { North, South }
        public class Reading
        {
            [SeriesKey] public string Sensor { get; set; } = "";
            [Timestamp] public DateTimeOffset Time { get; set; }
            [Target] public float? Load { get; set; }
            [Observed] public float? Humidity { get; set; }
            [Category] public Site Site { get; set; }
        }
        """;

    /// <summary>A task whose plan has more than columns.</summary>
    private const string Decisions = """
        using AarenGen;
        public class Move
        {
            [SeriesKey] public int Episode { get; set; }
            [Observed] public float X { get; set; }
            [Action(-2, 2)] public float Force { get; set; }
            [Reward] public float Reward { get; set; }
        }
        [SequenceModel, Decide<Move>(9, Width = 8), Dense(8)]
        public partial class Policy;
        """;

    private static readonly string Model = SnapshotTests.Sources["Readme"];

    [Fact]
    public void Editing_an_unrelated_file_reruns_nothing()
    {
        GeneratorRun run = GeneratorRun.Valid(Model, "class Unrelated { public int A = 1; }");
        run.AssertCachedAfter(static c => Replace(c, 1, "class Unrelated { public int B = 2; void M() { } }"));
    }

    [Theory]
    [InlineData("[SequenceModel, Continuous(4), Dense(8), Huber] partial class Load; [SequenceModel, Continuous(4), Dense(8), Huber] "
        + "partial class LOAD;")]
    [InlineData("[Continuous(4), Dense(8), MeanSquaredError] partial class NoModel;")]
    public void Editing_an_unrelated_file_reruns_nothing_for_rare_declarations(string source)
    {
        GeneratorRun run = GeneratorRun.Any("using AarenGen; " + source, "class Unrelated { public int A = 1; }");
        run.AssertCachedAfter(static c => Replace(c, 1, "class Unrelated { public int B = 2; void M() { } }"));
    }

    [Fact]
    public void Moving_the_declaration_plans_nothing_again()
    {
        GeneratorRun run = GeneratorRun.Valid(Model);
        IEnumerable<IncrementalStepRunReason> reasons = run.ReasonsAfter(
            static c => Replace(c, 0, "// a new line\n" + Model), ModelGenerator.PlanStep);
        Assert.All(reasons, static r => Assert.Equal(IncrementalStepRunReason.Cached, r));
    }

    [Fact]
    public void Moving_a_model_that_decides_plans_nothing_again()
    {
        GeneratorRun run = GeneratorRun.Valid(Decisions);
        IEnumerable<IncrementalStepRunReason> reasons = run.ReasonsAfter(
            static c => Replace(c, 0, "// a new line\n" + Decisions), ModelGenerator.PlanStep);
        Assert.All(reasons, static r => Assert.Equal(IncrementalStepRunReason.Cached, r));
    }

    [Fact]
    public void The_fingerprint_of_a_model_that_decides_is_that_of_its_bounds_and_steps()
    {
        string[] models =
        [
            Decisions, Decisions.Replace("(-2, 2)", "(-2, 3)", StringComparison.Ordinal),
            Decisions.Replace("(9, ", "(10, ", StringComparison.Ordinal), Decisions.Replace("[Observed]", "[Category(7)]",
                StringComparison.Ordinal).Replace("float X", "int X", StringComparison.Ordinal),
        ];
        Assert.Equal(models.Length, models.Select(m => GeneratorRun.Valid(m).Plans.Single().Fingerprint).Distinct().Count());
    }

    [Fact]
    public void Moving_the_declaration_lowers_nothing_again()
    {
        GeneratorRun run = GeneratorRun.Valid(Model, SnapshotTests.WithCuda);
        IEnumerable<IncrementalStepRunReason> reasons =
            run.ReasonsAfter(static c => Replace(c, 0, "// a new line\n" + Model), ModelGenerator.CudaPlanStep);
        Assert.Equal([IncrementalStepRunReason.Cached], reasons);
    }

    [Fact]
    public void A_change_that_affects_no_kernel_prints_no_kernel_again()
    {
        // The file of weights is the plan's, and no kernel's.
        string before = Model.Replace("[SequenceModel]", "[SequenceModel, Weights(\"a.safetensors\")]", StringComparison.Ordinal);
        string after = before.Replace("a.safetensors", "b.safetensors", StringComparison.Ordinal);
        GeneratorRun run = GeneratorRun.Valid(before, SnapshotTests.WithCuda);
        Assert.Equal([IncrementalStepRunReason.Modified], run.ReasonsAfter(c => Replace(c, 0, after), ModelGenerator.PlanStep));
        Assert.Equal([IncrementalStepRunReason.Unchanged], run.ReasonsAfter(c => Replace(c, 0, after), ModelGenerator.CudaPlanStep));
        Assert.Equal([IncrementalStepRunReason.Modified], run.ReasonsAfter(c => Replace(c, 0, Wider(before)), ModelGenerator.CudaPlanStep));
    }

    [Fact]
    public void How_numbers_are_standardised_affects_no_kernel()
    {
        string before = Model.Replace("[Dense(64)]", "[Standardize]\n[Dense(64)]", StringComparison.Ordinal);
        Assert.NotEqual(Model, before);
        string after = before.Replace("[Standardize]", "[Standardize(Method = Standardization.MinMax)]", StringComparison.Ordinal);
        GeneratorRun run = GeneratorRun.Valid(before, SnapshotTests.WithCuda);
        Assert.Equal([IncrementalStepRunReason.Modified], run.ReasonsAfter(c => Replace(c, 0, after), ModelGenerator.PlanStep));
        Assert.Equal([IncrementalStepRunReason.Unchanged], run.ReasonsAfter(c => Replace(c, 0, after), ModelGenerator.CudaPlanStep));
        Assert.Equal([IncrementalStepRunReason.Unchanged], run.ReasonsAfter(c => Replace(c, 0, Model), ModelGenerator.CudaPlanStep));
    }

    [Fact]
    public void Editing_another_file_than_that_of_the_records_reruns_nothing()
    {
        GeneratorRun run = GeneratorRun.Valid(Task, Records, "class Unrelated { public int A = 1; }");
        run.AssertCachedAfter(static c => Replace(c, 2, "class Unrelated { public int B = 2; void M() { } }"));
        GeneratorRun wrong = GeneratorRun.Any(
            Task, Records.Replace("float? Load", "string Load", StringComparison.Ordinal), "class Unrelated { public int A = 1; }");
        Assert.NotEmpty(wrong.Diagnostics);
    }

    [Fact]
    public void Moving_the_records_or_adding_a_property_without_a_role_plans_nothing_again()
    {
        GeneratorRun run = GeneratorRun.Valid(Task, Records);
        foreach (string edit in (string[])[
            "// a new line\n" + Records,
            Records.Replace("[Observed]", "public int Other { get; set; } [Observed]", StringComparison.Ordinal)])
        {
            Assert.Equal([IncrementalStepRunReason.Cached], run.ReasonsAfter(c => Replace(c, 1, edit), ModelGenerator.PlanStep));
        }
    }

    [Theory]
    [InlineData("float? Load", "double? Load")]
    [InlineData("[Observed]", "[KnownAhead]")]
    [InlineData("North, South", "North, South, East")]
    [InlineData("North, South", "South, North")]
    [InlineData("[Observed]", "[Observed(Column = \"rh\")]")]
    [InlineData("Sensor { get; set; }", "Sensor { get; }")]
    public void Changing_the_records_plans_again(string before, string after)
    {
        GeneratorRun run = GeneratorRun.Valid(Task, Records);
        Assert.Equal(
            [IncrementalStepRunReason.Modified],
            run.ReasonsAfter(c => Replace(c, 1, Records.Replace(before, after, StringComparison.Ordinal)), ModelGenerator.PlanStep));
    }

    [Theory]
    [InlineData("Forecast<Reading>(2, \"1h\"), Dense(8), Gaussian")]
    [InlineData("Classify<Point>, Dense(8)")]
    [InlineData("NextEvent<Visit>(\"1h\"), Dense(8)")]
    public void Every_task_is_cached(string task)
    {
        const string Other = """
            public class Point
            {
                [SeriesKey] public int Key { get; set; }
                [Observed] public float X { get; set; }
                [Label] public bool Y { get; set; }
            }
            public class Visit { [Timestamp] public DateTime Time { get; set; } [Mark] public Site Site { get; set; } }
            """;
        GeneratorRun run = GeneratorRun.Valid(
            $"using AarenGen; [SequenceModel, {task}] public partial class M;", Records + Other, "class Unrelated { public int A = 1; }");
        run.AssertCachedAfter(static c => Replace(c, 2, "class Unrelated { public int B = 2; void M() { } }"));
        Assert.Equal(
            [IncrementalStepRunReason.Cached],
            run.ReasonsAfter(c => Replace(c, 1, "// a new line\n" + Records + Other), ModelGenerator.PlanStep));
        string edited = (Records + Other).Replace("float? Load", "double? Load", StringComparison.Ordinal)
            .Replace("float X", "double X", StringComparison.Ordinal)
            .Replace("[Mark]", "[Mark(Column = \"kind\")]", StringComparison.Ordinal);
        Assert.Equal([IncrementalStepRunReason.Modified], run.ReasonsAfter(c => Replace(c, 1, edited), ModelGenerator.PlanStep));
    }

    [Fact]
    public void The_fingerprint_of_events_depends_on_what_a_token_means()
    {
        const string Visits = """
            using System; using AarenGen;
            public enum Kind { A, B }
            public class Visit
            {
                [Timestamp] public DateTime Time { get; set; }
                [Mark] public Kind Kind { get; set; }
                [Observed] public float Amount { get; set; }
            }
            """;
        const string Event = "using AarenGen; [SequenceModel, NextEvent<Visit>(\"1h\"), Dense(8)] public partial class M;";
        (string Model, string Records)[] different =
        [
            (Event, Visits), (Event.Replace("1h", "2h", StringComparison.Ordinal), Visits),
            (Event.Replace("\"1h\"", "\"1h\", Resolution = \"1s\"", StringComparison.Ordinal), Visits),
            (Event.Replace("\"1h\"", "\"1h\", TimeEncoding = 2", StringComparison.Ordinal), Visits),
            (Event, Visits.Replace("Amount", "Price", StringComparison.Ordinal)),
            (Event, Visits.Replace("A, B", "A, B, C", StringComparison.Ordinal)),
        ];
        Assert.Equal(
            different.Length,
            different.Select(static d => GeneratorRun.Valid(d.Model, d.Records).Plans.Single().Fingerprint).Distinct().Count());
    }

    [Fact]
    public void The_fingerprint_depends_on_what_a_token_means()
    {
        string[] records =
        [
            Records, Records.Replace("Humidity", "Wind", StringComparison.Ordinal),
            Records.Replace("[Observed]", "[Observed(Aggregation = Aggregation.Sum)]", StringComparison.Ordinal),
            Records.Replace("North, South", "North, South = 5", StringComparison.Ordinal),
        ];
        Assert.Equal(records.Length, records.Select(r => GeneratorRun.Valid(Task, r).Plans.Single().Fingerprint).Distinct().Count());
        string[] tasks =
        [
            Task, Task.Replace("1h", "2h", StringComparison.Ordinal), Task.Replace("(2, ", "(3, ", StringComparison.Ordinal),
            Task.Replace("\"1h\"", "\"1h\", TimeZone = \"Europe/Berlin\"", StringComparison.Ordinal),
            Task.Replace("HourOfDay", "MonthOfYear", StringComparison.Ordinal),
        ];
        Assert.Equal(tasks.Length, tasks.Select(t => GeneratorRun.Valid(t, Records).Plans.Single().Fingerprint).Distinct().Count());
        // How records are read from a table, and how an enum is called, means nothing to weights.
        string[] same =
        [
            Records, Records.Replace("[Observed]", "[Observed(Column = \"rh\")]", StringComparison.Ordinal),
            Records.Replace("float? Humidity", "decimal Humidity", StringComparison.Ordinal),
            Records.Replace("North", "Nord", StringComparison.Ordinal),
        ];
        Assert.Single(same.Select(static r => GeneratorRun.Valid(Task, r).Plans.Single().Fingerprint).Distinct());
    }

    [Fact]
    public void Planning_and_lowering_stop_when_the_compiler_cancels()
    {
        GeneratorRun run = GeneratorRun.Valid(Model);
        Plan plan = run.Plans.Single();
        var declaration = (Declaration)run.Result.TrackedSteps[ModelGenerator.DeclarationStep].Single().Outputs.Single().Value;
        var cancelled = new CancellationToken(canceled: true);
        Assert.Throws<OperationCanceledException>(() => Planner.Plan(declaration, cancelled));
        Assert.Throws<OperationCanceledException>(() => CudaLowering.Lower(plan, cancelled));
        Assert.Equal(plan, Planner.Plan(declaration, CancellationToken.None).Plan);
    }

    [Fact]
    public void Changing_an_argument_plans_again()
    {
        GeneratorRun run = GeneratorRun.Valid(Model);
        IEnumerable<IncrementalStepRunReason> reasons = run.ReasonsAfter(static c => Replace(c, 0, Wider(Model)), ModelGenerator.PlanStep);
        Assert.Equal([IncrementalStepRunReason.Modified], reasons);
    }

    private static string Wider(string model) => model.Replace("Dense(64)", "Dense(96)", StringComparison.Ordinal);

    private static CSharpCompilation Replace(CSharpCompilation compilation, int file, string source)
    {
        SyntaxTree old = compilation.SyntaxTrees[file];
        return compilation.ReplaceSyntaxTree(old, CSharpSyntaxTree.ParseText(source, (CSharpParseOptions)old.Options, old.FilePath));
    }
}
