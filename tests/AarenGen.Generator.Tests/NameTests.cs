using System.Reflection;
using AarenGen.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AarenGen.Generator.Tests;

/// <summary>Any name that a user chooses is rejected at its location or gives code that compiles.</summary>
public sealed class NameTests
{
    private const string Device = "namespace AarenGen.Cuda { internal static class CudaDeviceInfo; }";

    /// <summary>Records for the models with a task.</summary>
    private const string Records = """
        namespace Records
        {
            using System; using AarenGen;
            public class Reading
            {
                [SeriesKey] public int Key { get; set; }
                [Timestamp] public DateTime Time { get; set; }
                [Target] public float Load { get; set; }
                [KnownAhead] public float? Wind { get; set; }
                [Category("a", "b")] public string? Mark { get; set; }
            }
            public class Point
            {
                [SeriesKey] public int Key { get; set; }
                [Observed] public float X { get; set; }
                [Label("a", "b")] public string? Label { get; set; }
            }
            public class Visit
            {
                [Timestamp] public DateTime Time { get; set; }
                [Mark(3)] public int? Mark { get; set; }
            }
            public class Move
            {
                [SeriesKey] public int Key { get; set; }
                [Observed] public float X { get; set; }
                [Action(3)] public int Action { get; set; }
                [Reward] public float Reward { get; set; }
            }
        }
        """;

    private const string KeyAndTime = "[SeriesKey] public string Key__ { get; set; } = \"\"; "
        + "[Timestamp] public global::System.DateTime Time__ { get; set; }";

    /// <summary>
    /// A model with the overload for threads, one with heads and one with a task: together they have every generated member.
    /// </summary>
    private static readonly string[] Models =
    [
        "[SequenceModel, Weights(\"w.safetensors\"), Continuous(4), Dense(8), Aaren(Heads = 2), Dense(4), Gaussian]",
        "[SequenceModel, Weights(\"w.safetensors\"), Continuous(4), Categorical(3), Aaren(Heads = 1), Head(\"Price\"), Dense(2), "
            + "Quantiles(0.1, 0.9), "
            + "Head(\"Kind\"), Dense(3), CrossEntropy]",
        "[SequenceModel, Forecast<global::Records.Reading>(3, \"1h\"), Calendar(CalendarField.HourOfDay), Dense(8)] "
            + "[Aaren(Heads = 2, Forget = true), Huber]",
        "[SequenceModel, Classify<global::Records.Point>, Dense(8)]",
        "[SequenceModel, NextEvent<global::Records.Visit>(\"h\", Components = 2), Dense(8)]",
        "[SequenceModel, Decide<global::Records.Move>(9, Width = 4), Dense(8)]",
    ];

    /// <summary>All names that mean something to C#, the runtime or the generated class.</summary>
    private static readonly string[] Names =
    [
        .. SyntaxFacts.GetKeywordKinds().Concat(SyntaxFacts.GetContextualKeywordKinds()).Select(SyntaxFacts.GetText)
            .Where(static t => t.All(static c => c is '_' or (>= 'a' and <= 'z'))),
        .. Members(typeof(SequenceModel<>)), .. Members(typeof(object)), .. Members(typeof(IModelDefinition<>)),
        .. Members(typeof(IPrefixScan<>)), .. Members(typeof(ForecastModel<,,>)), .. Members(typeof(IForecastDefinition<>)),
        .. Members(typeof(IRecordBinding<>)), .. Members(typeof(ClassificationModel<,,>)),
        .. Members(typeof(NextEventModel<,,>)), .. Members(typeof(EventOutput)), .. Members(typeof(ForecastOutput)),
        .. Members(typeof(DecisionModel<,,>)), .. Members(typeof(IDecisionDefinition<>)), .. Members(typeof(DecisionOutput)),
        "Forecast", "taskDefinition", "Records",
        .. Models.SelectMany(Generated),
        // A method that only wide layers have: its name is taken in every model.
        "Dense0Forward", "get_Trained", "set_Trained", "get_Description", "set_Precision", "get_Precision", "get_CudaSource", "add_X",
        "Main", "Item", "get_Item", "M", "_", "__", "Größe", "naïve", "Ключ", "値",
        "op_Addition", "op_Implicit", "Finalize", "System", "AarenGen", "global", "extension", "field", "rows", "pass",
        "block", "input", "output", "row", "values", "key", "column", "record", "Step", "Runtime", "channel",
        "Deconstruct", "GetAwaiter", "Current",
    ];

    public static TheoryData<string> NotIdentifiers => new()
    {
        "", " ", "a b", "1a", "a-b", "@class", "a.b", "a\u200db", "\ud83d\ude80", "\ud800", "a\nb", "\"", "a\u2028", "<T>", "M<int>",
    };

    [Fact]
    public void A_head_of_any_name_compiles_or_is_rejected_at_the_name()
    {
        Assert.Contains("Aaren1Forward", Names);
        Assert.Contains("MemberwiseClone", Names);
        (string Name, Diagnostic[] Errors)[] results = Check(static name =>
            $"[SequenceModel, Weights(\"w.safetensors\"), Continuous(4), Dense(8), Aaren(Heads = 2), Head(\"{name}\"), Dense(4), Gaussian] "
            + "partial class M { int mine; static int Own { get; set; } int this[int i] => 0; }");
        foreach ((string name, Diagnostic[] errors) in results.Where(static r => r.Errors.Length > 0))
        {
            Assert.Equal([DiagnosticDescriptors.BadHeadName], errors.Select(static e => e.Id));
            Assert.Equal($"\"{name}\"", errors[0].Location.SourceTree!.GetText().ToString(errors[0].Location.SourceSpan));
        }
        // Some names of every category are accepted.
        string[] usable = [.. results.Where(static r => r.Errors.Length == 0).Select(static r => r.Name)];
        Assert.Superset(new HashSet<string> { "class", "event", "record", "Größe", "値", "extension", "rows" }, usable.ToHashSet());
        Assert.Empty(usable.Intersect([
            "M", "InputWidth", "Trained", "get_Trained", "Description", "Precision", "Step", "Fit", "GetHashCode", "ToString", "Equals",
            "MemberwiseClone", "Item", "Main", "Dense0Forward",
        ]));
    }

    [Fact]
    public void A_member_of_any_name_compiles_or_is_rejected_at_its_location()
    {
        foreach (string model in Models)
        {
            AssertOneEach(Check(name => $"{model} partial class M {{ public static int @{name}() => 0; }}"));
        }
    }

    [Fact]
    public void A_class_of_any_name_compiles_or_is_rejected()
    {
        foreach (string model in Models)
        {
            AssertOneEach(Check(name => $"{model} partial class @{name};"));
        }
    }

    [Fact]
    public void A_target_of_any_name_compiles_or_is_rejected_at_the_name()
    {
        (string Name, Diagnostic[] Errors)[] results = Check(static name =>
            $"class Reading {{ {KeyAndTime} [Target] public float @{name} {{ get; set; }} }} "
            + "[SequenceModel, Forecast<Reading>(2, \"1h\"), Dense(8), Gaussian] partial class M;");
        foreach ((string name, Diagnostic[] errors) in results.Where(static r => r.Errors.Length > 0))
        {
            Assert.Equal([DiagnosticDescriptors.BadTargetName], errors.Select(static e => e.Id));
            Assert.Equal($"@{name}", errors[0].Location.SourceTree!.GetText().ToString(errors[0].Location.SourceSpan));
        }
        string[] usable = [.. results.Where(static r => r.Errors.Length == 0).Select(static r => r.Name)];
        Assert.Superset(
            new HashSet<string> { "class", "record", "Größe", "値", "Step", "Runtime", "Fit", "M", "values", "key", "column" },
            usable.ToHashSet());
        Assert.Empty(usable.Intersect(["Forecast", "Origin", "TimeOf", "output", "GetHashCode", "Finalize"]));
    }

    [Fact]
    public void A_record_of_any_name_compiles()
    {
        (string Name, Diagnostic[] Errors)[] results = Check(static name =>
            $"class @{name} {{ {KeyAndTime} [Target] public float Load__ {{ get; set; }} }} "
            + $"[SequenceModel, Forecast<@{name}>(2, \"1h\"), Dense(8), Gaussian] partial class M__;");
        Assert.All(results, static r => Assert.Empty(r.Errors));
    }

    [Theory]
    [MemberData(nameof(NotIdentifiers))]
    public void A_head_is_named_by_an_identifier(string name)
    {
        string literal = SymbolDisplay.FormatLiteral(name, quote: true);
        GeneratorRun run = GeneratorRun.Any(
            $"using AarenGen; [SequenceModel, Continuous(4), Head({literal}), Dense(4), MeanSquaredError] partial class M;");
        Diagnostic diagnostic = Assert.Single(run.Diagnostics);
        Assert.Equal(DiagnosticDescriptors.BadHeadName, diagnostic.Id);
        Assert.DoesNotContain(diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture), char.IsControl);
    }

    [Fact]
    public void Device_code_is_named_in_ascii()
    {
        GeneratorRun run = GeneratorRun.Valid(
            "using AarenGen; [SequenceModel, Continuous(4), Dense(4), Head(\"Größe\"), Quantiles(0.1, 0.9), Head(\"Preis\"), Huber] "
                + "partial class M;", Device);
        string kernels = run.CudaSource[run.CudaSource.IndexOf(Emission.Cuda.CudaEmitter.KernelsBegin, StringComparison.Ordinal)..];
        Assert.Contains("head_Preis", kernels, StringComparison.Ordinal);
        Assert.DoesNotContain("Größe", kernels, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Price", "Price", 1)]
    [InlineData("Price", "PRICE", 1)]
    [InlineData("é", "e\u0301", 1)]
    [InlineData("Price", "Prices", 0)]
    public void Heads_have_distinct_names(string first, string second, int errors)
    {
        GeneratorRun run = GeneratorRun.Any(
            $"using AarenGen; [SequenceModel, Continuous(4), Dense(4), Head(\"{first}\"), MeanSquaredError, Head(\"{second}\"), "
                + $"MeanSquaredError] partial class M;");
        Assert.Equal(Enumerable.Repeat(DiagnosticDescriptors.BadHeadName, errors), run.Diagnostics.Select(static d => d.Id));
    }

    [Theory]
    [InlineData(255, 0)]
    [InlineData(256, 1)]
    public void A_head_may_have_a_long_name(int length, int errors)
    {
        GeneratorRun run = GeneratorRun.Any(
            $"using AarenGen; [SequenceModel, Continuous(4), Dense(4), Head(\"{new string('x', length)}\"), MeanSquaredError] partial "
                + $"class M;");
        Assert.Equal(Enumerable.Repeat(DiagnosticDescriptors.BadHeadName, errors), run.Diagnostics.Select(static d => d.Id));
    }

    private static void AssertOneEach((string Name, Diagnostic[] Errors)[] results)
    {
        Assert.Contains(results, static r => r.Errors.Length == 0);
        foreach ((_, Diagnostic[] errors) in results.Where(static r => r.Errors.Length > 0))
        {
            Diagnostic error = Assert.Single(errors);
            Assert.True(error.Id is DiagnosticDescriptors.MemberExists or DiagnosticDescriptors.BadHeadName, error.ToString());
        }
    }

    /// <summary>Each name in its own class, all in one compilation; returns the errors that the generator reports for each.</summary>
    private static (string Name, Diagnostic[] Errors)[] Check(Func<string, string> declaration)
    {
        string[] names = [.. Names.Distinct()];
        string source = "using AarenGen;\n" + string.Concat(names.Select((n, i) => $"namespace N{i} {{ {declaration(n)} }}\n"));
        GeneratorRun run = GeneratorRun.Any(source, Records);
        ILookup<int, Diagnostic> errors = run.Diagnostics.ToLookup(static d => d.Location.GetLineSpan().StartLinePosition.Line);
        foreach (Diagnostic complaint in run.Output.GetDiagnostics().Where(static d => d.Severity >= DiagnosticSeverity.Warning))
        {
            bool isGenerated = complaint.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true;
            // Of the user's own half only errors count, and those in classes that nothing was generated for follow from that.
            int line = complaint.Location.GetLineSpan().StartLinePosition.Line;
            bool counts = isGenerated
                || (complaint.Severity == DiagnosticSeverity.Error && !errors.Contains(line) && complaint.Id != "CS0542");
            Assert.False(counts, $"{complaint}\n{source}");
        }
        return [.. names.Select((n, i) => (n, errors[i + 1].ToArray()))];
    }

    private static IEnumerable<string> Members(Type type) => type
        .GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Select(static m => m.Name).Where(SyntaxFacts.IsValidIdentifier);

    /// <summary>The names of all members that are written for a model.</summary>
    private static IEnumerable<string> Generated(string model)
    {
        GeneratorRun run = GeneratorRun.Valid($"using AarenGen; {model} partial class Whole;", Device, Records);
        return run.Result.GeneratedSources
            .SelectMany(static s => s.SyntaxTree.GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>().Single().Members)
            .SelectMany(static m => m switch
            {
                MethodDeclarationSyntax method => [method.Identifier.ValueText],
                PropertyDeclarationSyntax property => [property.Identifier.ValueText],
                FieldDeclarationSyntax field => field.Declaration.Variables.Select(static v => v.Identifier.ValueText),
                StructDeclarationSyntax type => [type.Identifier.ValueText],
                ConstructorDeclarationSyntax => (string[])[],
                _ => throw new NotSupportedException($"Say here what a {m.Kind()} is called."),
            });
    }
}
