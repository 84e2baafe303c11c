using System.Globalization;
using System.Reflection;
using System.Text;
using AarenGen.Generator.Planning;
using CsCheck;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AarenGen.Generator.Tests;

/// <summary>
/// Any declaration gives either an AAREN error or code that compiles without a warning, and never an exception of the generator. The
/// attributes are found by reflection, so that a new one is drawn without a change here.
/// </summary>
public sealed class RandomDeclarationTests
{
    /// <summary>How many compilations are drawn at random; without it a few are, always the same.</summary>
    private const string CountVariable = "AARENGEN_RANDOM_DECLARATIONS";

    private const int FixedCount = 6, Batch = 10;

    /// <summary>Stands for the package that trains on a device.</summary>
    private const string Device = "namespace AarenGen.Cuda { internal static class CudaDeviceInfo; }";

    private static readonly Type[] Components = [.. typeof(ModelComponentAttribute).Assembly.GetTypes()
        .Where(static t => t.IsSubclassOf(typeof(ModelComponentAttribute)) && !t.IsAbstract)
        .OrderBy(static t => t.Name, StringComparer.Ordinal)];

    private static readonly Gen<int> ModestInt = OneOf(1, 2, 3, 4, 6, 8, 12);

    private static readonly Gen<int> AnyInt = Gen.Frequency(
        (1, OneOf(int.MinValue, int.MaxValue, -1, 0, 1_023, 1_024, 1_025, 65_535, 65_536, 65_537, 1_000_000, 1_048_576, 1_048_577)),
        (1, (IGen<int>)Gen.Int));

    private static readonly Gen<double> ModestDouble = OneOf(0.1, 0.25, 0.5, 0.9);

    private static readonly Gen<double> AnyDouble = Gen.Frequency(
        (3, OneOf(
            double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue, double.MinValue, -0.0, 0,
            1, -1, 1e300, 1e-300, 1e30,
            1e-30, 1e-45, 3.4028235677973366e38, 0.99999999, 0.9999999999999999)), (1, (IGen<double>)Gen.Double));

    private static readonly Gen<string?> ModestText = OneOf<string?>("Price", "Volume", "Größe", "class", "event", "a", "middle_part");

    private static readonly Gen<string?> AnyText = Gen.Frequency(
        (2, OneOf<string?>(
            null, "", " ", "Fit", "InputWidth", "a b", "a.b", "a..b", "@x", "\"", "\\", "{0}", "\u200d", "a\u2028b",
            "\ud83d\ude80", "\ud800",
            "e\u0301", "1", "*/", "</summary>",
            new string('x', 2000))), (1, (IGen<string?>)Gen.String));

    private static readonly string[] Roles =
    [
        "SeriesKey", "Timestamp", "Target", "Target(Aggregation = Aggregation.Max)", "Observed", "Observed(Column = \"other name\")",
        "KnownAhead", "Category", "Category(3)", "Category(\"a\", \"\\\"b\\\"\")", "Category(\"a\", \"a\")",
    ];

    private static readonly string[] Types =
    [
        "float", "double", "decimal", "sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong", "bool", "System.DayOfWeek",
        "System.DateTime", "System.DateTimeOffset", "string", "System.AttributeTargets", "object", "System.Guid",
    ];

    /// <summary>A property that fits its role more often than chance would have it, of any name.</summary>
    private static readonly Gen<string> Properties = Gen.Select(
        Gen.Frequency(
            (6, (IGen<(string, string)>)Gen.Select(OneOf("Target", "Observed", "KnownAhead"), OneOf(Types[..12]))),
            (1, Gen.Select(OneOf("Category"), OneOf("bool", "System.DayOfWeek"))),
            (1, Gen.Select(OneOf("Category(3)"), OneOf(Types[3..11]))),
            (1, Gen.Const(("Category(\"a\", \"b c\")", "string"))),
            (1, Gen.Select(OneOf(Roles), OneOf(Types)))),
        OneOf("", "?"), OneOf("", "", "required "), OneOf("set", "init", ""),
        Gen.Frequency((9, OneOf("A", "B", "C", "D", "E")), (1, OneOf("class", "Step", "Runtime", "TimeOf", "record", "values", "Größe"))),
        static (column, nullable, required, setter, name) => setter.Length == 0
            ? $"[{column.Item1}] public {column.Item2}{nullable} @{name} {{ get; }} = default!;"
            : $"[{column.Item1}] public {required}{column.Item2}{nullable} @{name} {{ get; {setter}; }}"
                + (required.Length == 0 ? " = default!;" : ""));

    /// <summary>A category that is predicted; ROLE stands for its attribute.</summary>
    private static readonly Gen<string> Predicted = Gen.Select(
        Gen.OneOf(
            Gen.Select(OneOf("ROLE"), OneOf("bool", "System.DayOfWeek")), Gen.Select(OneOf("ROLE(3)"), OneOf(Types[3..11])),
            Gen.Const(("ROLE(\"a\", \"b c\")", "string"))),
        OneOf("", "?"),
        static (column, nullable) => $"[{column.Item1}] public {column.Item2}{nullable} Predicted {{ get; init; }} = default!;");

    /// <summary>A task, the type of its records, which stands before the class, and whether the user writes its loss.</summary>
    private static readonly Gen<(string Record, Drawn Task, bool HasLoss)> Tasks = Gen.OneOf(
        TaskOf(
            typeof(ForecastAttribute<>), OneOf("", "[SeriesKey] public string Key { get; init; } = \"\";"),
            OneOf("float", "float?", "decimal", "long?", "bool").Select(static t => $"[Target] public {t} Load {{ get; init; }}"),
            static p => p),
        TaskOf(
            typeof(ClassifyAttribute<>), OneOf("[SeriesKey] public string Key { get; init; } = \"\";"),
            Predicted.Select(
                static p => "[Observed] public float Load { get; init; } " + p.Replace("ROLE", "Label", StringComparison.Ordinal)),
            NotForecast),
        TaskOf(
            typeof(NextEventAttribute<>), OneOf("", "[SeriesKey] public int Key { get; init; }"),
            Gen.OneOf(Gen.Const(""), Predicted.Select(static p => p.Replace("ROLE", "Mark", StringComparison.Ordinal))), NotForecast),
        TaskOf(
            typeof(DecideAttribute<>), OneOf("[SeriesKey] public int Key { get; init; }"),
            Gen.OneOf(
                Predicted.Select(static p => p.Replace("ROLE", "Action", StringComparison.Ordinal)),
                Gen.Select(
                    OneOf("", "(-2, 2)", "(0, 1e30)"), OneOf("float", "double?"),
                    OneOf("", "[Action] public decimal Other { get; init; }"),
                    static (range, type, other) => $"[Action{range}] public {type} Predicted {{ get; init; }} {other}"))
                .Select(static a => "[Observed] public float Load { get; init; } [Reward] public float Worth { get; init; } " + a),
            NotForecast));

    private static readonly Gen<Class> Classes = Gen.Select(
        Gen.Frequency((9, (IGen<bool>)Gen.Const(true)), (1, Gen.Const(false))),
        Gen.OneOf(Components.Select(Component).ToArray<IGen<Drawn>>()).Array[0, 8],
        Gen.OneOf(Components.Where(static t => Order(t) == 0).Select(Component).ToArray<IGen<Drawn>>()),
        Gen.OneOf(Components.Where(static t => Order(t) == 2).Select(Component).ToArray<IGen<Drawn>>()),
        Gen.OneOf(Components.Where(static t => Order(t) == 4).Select(Component).ToArray<IGen<Drawn>>()),
        Gen.Frequency(
            (12, (IGen<string>)Gen.Const("partial class M;")),
            (1, OneOf(
                "partial class Dense0;", "partial class Größe;", "partial class @class;", "partial class Train;",
                "sealed partial class M { int Price; }",
                "partial class M { public M(int x) { } }", "partial class M { required public int X { get; set; } }",
                "partial record M;", "partial class M<T>;",
                "static partial class M;", "abstract partial class M;", "class M;",
                "partial class M { static M() { } public override string ToString() => \"\"; }",
                $"partial class {new string('M', 300)};"))),
        Gen.Select(Tasks, Gen.Frequency((2, (IGen<bool>)Gen.Const(false)), (1, Gen.Const(true)))),
        static (isOrdered, drawn, input, layer, loss, type, task) =>
        {
            ((string record, Drawn drawnTask, bool hasLoss), bool hasTask) = task;
            // A declaration that nothing is missing from is drawn more often than chance would have it.
            Drawn[] all = isOrdered ? [.. drawn.Append(input).Append(layer).Append(loss).OrderBy(static d => d.Order)] : drawn;
            if (isOrdered && all.Count(static d => d.Order == 4) > 1 && !all.Any(static d => d.Order == 3))
            {
                all = [.. all.Where(d => d.Order != 4), loss];
            }
            if (isOrdered && hasTask)
            {
                // A few layers, and one loss, which is on a real scale as far as chance gives one.
                all =
                [
                    drawnTask,
                    .. all.Where(static d => d.Order is 1 or 2 && d.Name is not ("SumInputs" or "Interleave" or "Pool")).Take(2),
                    .. hasLoss ? [loss] : Array.Empty<Drawn>(),
                ];
            }
            IEnumerable<Drawn> allowed = all.Where((d, i) => !d.IsSingle || Array.FindIndex(all, o => o.Name == d.Name) == i);
            return new Class([.. allowed], type, record);
        });

    [Fact]
    public void Any_declaration_compiles_or_is_rejected_at_the_mistake()
    {
        Gen<Class[]> batches = Classes.Array[Batch];
        if (int.TryParse(Environment.GetEnvironmentVariable(CountVariable), NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            batches.Sample(static b => Check(b), iter: count, threads: 1, print: static b => Source(b));
            return;
        }
        int compiled = 0;
        for (uint i = 0; i < FixedCount; i++)
        {
            compiled += Check(batches.Generate(new PCG(i, 20_240_522), null, out _));
        }
        // If every declaration were rejected, no code would have been tested.
        Assert.InRange(compiled, FixedCount * Batch / 10, FixedCount * Batch * 9 / 10);
    }

    /// <summary>Compiles the classes together; returns how many of them have generated code.</summary>
    private static int Check(Class[] classes)
    {
        string source = Source(classes);
        CSharpCompilation compilation = GeneratorRun.Compile(source, Device);
        GeneratorDriver driver = CSharpGeneratorDriver
            .Create([new ModelGenerator().AsSourceGenerator()], parseOptions: (CSharpParseOptions)compilation.SyntaxTrees[0].Options)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        GeneratorRunResult result = driver.GetRunResult().Results.Single();
        Assert.True(result.Exception is null, $"{result.Exception}\n{source}");
        Assert.All(result.Diagnostics, d => Assert.True(d.Location.IsInSource, $"{d}\n{source}"));
        Assert.Empty(result.GeneratedSources.SelectMany(static s => GeneratedLines.TooLong(s.SourceText.ToString()))
            .Select(line => $"{line}\n{source}"));
        HashSet<int> refused = [.. result.Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error).Select(LineOf)];
        int compiled = 0;
        for (int i = 0; i < classes.Length; i++)
        {
            // Line 0 is the using directive.
            string text = $"namespace N{i}\n";
            bool isGenerated = result.GeneratedSources.Any(s => s.SourceText.ToString().Contains(text, StringComparison.Ordinal));
            Assert.True(refused.Contains(i + 1) || isGenerated, $"neither code nor an error: {classes[i].Text(i)}");
            compiled += isGenerated ? 1 : 0;
        }
        IEnumerable<Diagnostic> complaints = output.GetDiagnostics().Where(d => d.Severity != DiagnosticSeverity.Hidden
            && !(d.Location.SourceTree == compilation.SyntaxTrees[0] && (refused.Contains(LineOf(d)) || IsOfUsersCode(d.Id))));
        Assert.Empty(complaints.Select(d => $"{d}\n{source}"));
        return compiled;
    }

    /// <summary>No comment, a field that is never used, and a lower-case type name are the test's own.</summary>
    private static bool IsOfUsersCode(string id) => id is "CS1591" or "CS0169" or "CS0649" or "CS8981";

    private static int LineOf(Diagnostic diagnostic) => diagnostic.Location.GetLineSpan().StartLinePosition.Line;

    private static string Source(Class[] classes) => "using AarenGen;\n" + string.Concat(classes.Select(static (c, i) => c.Text(i) + "\n"));

    /// <summary>Where a component belongs in a declaration.</summary>
    private static int Order(Type component) => Registry.Find(Name(component)) switch
    {
        InputDefinition => 0,
        TaskDefinition => -1,
        LayerDefinition => 2,
        HeadDefinition => 3,
        LossDefinition => 4,
        null => throw new InvalidOperationException($"The generator does not know {component}."),
        _ => 1,
    };

    private static string Name(Type component) => component.Name.Split('`')[0][..^"Attribute".Length];

    /// <summary>A task with records that fit it more often than chance would have it.</summary>
    private static Gen<(string Record, Drawn Task, bool HasLoss)> TaskOf(
        Type task, Gen<string> key, Gen<string> predicted, Func<string, string> fit) => Gen.Select(
            OneOf("class", "record", "struct", "record struct"), key, OneOf("System.DateTime", "System.DateTimeOffset"), predicted,
            Properties.Array[0, 4], Component(task),
            (kind, k, time, p, properties, component) => (
                $"internal {kind} R {{ public R() {{ }} {k} [Timestamp] public {time} Time {{ get; init; }} {p} "
                + $"{string.Join(' ', properties.GroupBy(Named).Select(g => fit(g.First())))} }} ",
                component, task == typeof(ForecastAttribute<>)));

    /// <summary>A property with a role that tasks other than a forecast have, too.</summary>
    private static string NotForecast(string property) => property.Replace("[Target(Aggregation = Aggregation.Max)]", "[Observed]",
        StringComparison.Ordinal).Replace("[Target]", "[Observed]", StringComparison.Ordinal)
        .Replace("[KnownAhead]", "[Observed]", StringComparison.Ordinal);

    /// <summary>The name of a property as drawn.</summary>
    private static string Named(string property) => property.Split('@')[1].Split(' ')[0];

    private static Gen<Drawn> Component(Type component)
    {
        ConstructorInfo constructor = component.GetConstructors().Single();
        PropertyInfo[] settable = [.. component.GetProperties().Where(static p => p.SetMethod is { IsPublic: true })];
        bool isSingle = !component.GetCustomAttribute<AttributeUsageAttribute>()!.AllowMultiple;
        int order = Order(component);
        IEnumerable<Gen<string>> required = constructor.GetParameters().Select(static p => Literal(p.ParameterType, p.Name!));
        IEnumerable<Gen<string>> optional = settable.Select(static p => Gen.Frequency(
            (3, (IGen<string>)Gen.Const("")), (1, Literal(p.PropertyType, p.Name).Select(v => $"{p.Name} = {v}"))));
        return All(required.Concat(optional)).Select(
            arguments =>
                new Drawn(
                    order, Name(component), isSingle,
                    $"{Name(component)}{(component.IsGenericType ? "<R>" : "")}"
                    + $"({string.Join(", ", arguments.Where(static a => a.Length > 0))})"));
    }

    private static Gen<string[]> All(IEnumerable<Gen<string>> gens) =>
        gens.Aggregate(
            Gen.Const(Array.Empty<string>()), static (all, next) => Gen.Select(all, next, static (a, n) => a.Append(n).ToArray()));

    /// <summary>A value as C# text: mostly modest, sometimes any.</summary>
    private static Gen<string> Literal(Type type, string name)
    {
        if (name is "every" or "TimeZone")
        {
            return Mostly(
                name == "TimeZone" ? OneOf("UTC", "Europe/Berlin").Select(Text) : OneOf("15min", "1h", "h", "7 d", "d", "mo").Select(Text),
                AnyText.Select(Text));
        }
        if (type.IsEnum)
        {
            return Mostly(OneOf(Enum.GetNames(type)).Select(n => $"{type.Name}.{n}"), AnyInt.Select(v => $"({type.Name})({Text(v)})"));
        }
        return type switch
        {
            _ when type == typeof(int) => Mostly(ModestInt, AnyInt).Select(Text),
            _ when type == typeof(double) => Mostly(ModestDouble, AnyDouble).Select(Text),
            _ when type == typeof(bool) => OneOf("true", "false"),
            _ when type == typeof(CalendarField[]) => OneOf(Enum.GetNames<CalendarField>()).Array[0, 3]
                .Select(static f => string.Join(", ", f.Select(static n => $"CalendarField.{n}"))),
            _ when type == typeof(string) => Mostly(ModestText, AnyText).Select(Text),
            _ when type == typeof(double[]) => Mostly(OneOf("new double[] { 0.1, 0.9 }", "new[] { 0.1, 0.5, 0.9 }"), Gen.Frequency(
                (1, (IGen<string>)OneOf("null", "new double[0]")),
                (2, AnyDouble.Array[1, 4].Select(static a => $"new double[] {{ {string.Join(", ", a.Select(Text))} }}")))),
            _ => throw new NotSupportedException($"Say here how a {type} is drawn."),
        };
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<T> Mostly<T>(Gen<T> modest, Gen<T> any) => Gen.Frequency((19, (IGen<T>)modest), (1, any));

    private static string Text(int value) => value == int.MinValue ? "int.MinValue" : value.ToString(CultureInfo.InvariantCulture);

    private static string Text(double value) => value switch
    {
        double.NaN => "double.NaN",
        double.PositiveInfinity => "double.PositiveInfinity",
        double.NegativeInfinity => "double.NegativeInfinity",
        _ => value.ToString("R", CultureInfo.InvariantCulture) + "d",
    };

    private static string Text(string? value)
    {
        if (value is null)
        {
            return "null";
        }
        var text = new StringBuilder("\"");
        foreach (char c in value)
        {
            text.Append(c is >= ' ' and <= '~' and not ('"' or '\\') ? c.ToString() : FormattableString.Invariant($"\\u{(int)c:x4}"));
        }
        return text.Append('"').ToString();
    }

    /// <summary>An attribute as drawn.</summary>
    private sealed record Drawn(int Order, string Name, bool IsSingle, string Code);

    /// <summary>A class as drawn: its components, and the declaration behind them.</summary>
    private sealed record Class(Drawn[] Components, string Declaration, string Record)
    {
        public string Text(int number) =>
            $"namespace N{number} {{ {(Components.Any(static c => c.Order < 0) ? Record : "")}"
            + $"[SequenceModel{string.Concat(Components.Select(static p => ", " + p.Code))}] {Declaration} }}";
    }
}
