using System.Diagnostics;
using System.Globalization;
using AarenGen.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AarenGen.Benchmarks;

/// <summary>
/// What the generator adds to a build: its own time, cold and after an edit elsewhere, the time to compile what it wrote, and whole
/// builds with and without it.
/// </summary>
internal sealed class GeneratorBenchmark : IBenchmark
{
    private static readonly CSharpParseOptions Options = new(LanguageVersion.Latest);
    private static readonly MetadataReference[] References =
    [
        // Without AarenGen.Cuda, which this program refers to: most projects get no CUDA C.
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static p => File.Exists(p) && Path.GetFileName(p) != "AarenGen.Cuda.dll")
            .Select(static p => MetadataReference.CreateFromFile(p)),
    ];

    public string Name => "generator";

    public string Description => "Milliseconds that the generator adds to a build, for 1, 10 and 100 models";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        int[] counts = thoroughness.IsShort ? [1, 10] : [1, 10, 100];
        int rounds = thoroughness.IsShort ? 3 : 15;
        double first = Time(() => Generate(Compile(1)));
        var results = new List<InProcess>();
        foreach (int count in counts)
        {
            cancellation.ThrowIfCancellationRequested();
            results.Add(Measure(count, rounds));
        }
        yield return new(
            "generator", "The generator inside a warm compiler, such as the build server, ms",
            ["models", "generator, cold", "after an unrelated edit", "compiling without it", "compiling its code as well", "it adds"],
            [.. results.Select(static r => (string[])[Number(r.Models), Number(r.Cold), Number(r.Edited), Number(r.Without), Number(r.With),
                Number(r.Cold + r.With - r.Without)])],
            new { FirstEver = first, Results = results })
        {
            Notes = [$"The first run of the generator in a process whose compiler is cold as well took {Number(first)} ms."],
        };
        if (!thoroughness.IsShort)
        {
            yield return Builds(counts, cancellation);
        }
    }

    private static InProcess Measure(int count, int rounds)
    {
        var cold = new List<double>();
        var edited = new List<double>();
        var without = new List<double>();
        var with = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            CSharpCompilation compilation = Compile(count);
            GeneratorDriver driver = CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], parseOptions: Options);
            cold.Add(Time(() => driver = driver.RunGeneratorsAndUpdateCompilation(compilation, out _, out _)));
            CSharpCompilation changed = compilation.AddSyntaxTrees(
                CSharpSyntaxTree.ParseText($"class Unrelated {{ int x = {round}; }}", Options));
            Compilation complete = changed;
            edited.Add(Time(() => driver = driver.RunGeneratorsAndUpdateCompilation(changed, out complete, out _)));
            without.Add(Time(() => Emit(Compile(count))));
            with.Add(Time(() => Emit(complete)));
        }
        return new(count, Statistics.Median(cold), Statistics.Median(edited), Statistics.Median(without), Statistics.Median(with));
    }

    /// <summary>A project in a temporary folder, built again and again by turns with and without the generator.</summary>
    private static Section Builds(int[] counts, CancellationToken cancellation)
    {
        var rows = new List<IReadOnlyList<string>>();
        var data = new List<object>();
        string folder = Directory.CreateTempSubdirectory("aarengen-generator").FullName;
        try
        {
            foreach (int count in counts)
            {
                string[] projects = [.. ((bool[])[true, false]).Select(generates => Project(folder, count, generates))];
                double[][] seconds = [.. projects.Select(static _ => new double[5])];
                for (int round = 0; round < seconds[0].Length; round++)
                {
                    for (int i = 0; i < projects.Length; i++)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        File.WriteAllText(Path.Combine(projects[i], "Unrelated.cs"), $"class Unrelated {{ int x = {round}; }}");
                        seconds[i][round] = Time(() => Build(projects[i], "build --no-restore -c Release"));
                    }
                }
                double with = Statistics.Median(seconds[0]), without = Statistics.Median(seconds[1]);
                rows.Add([Number(count), Number(without), Number(with), Number(with - without)]);
                data.Add(new { Models = count, With = seconds[0], Without = seconds[1] });
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return new(
            "generator-builds", "dotnet build of a project with the given number of models after an edit, ms (median of five)",
            ["models", "without the generator", "with it", "it adds"], rows, data)
        {
            Notes = ["Every build starts MSBuild again and compiles in the build server; its spread is tens of milliseconds."],
        };
    }

    private static string Project(string folder, int count, bool generates)
    {
        string project = Path.Combine(folder, $"{(generates ? "with" : "without")}{count}");
        Directory.CreateDirectory(project);
        string analyzer = generates ? $"<Analyzer Include=\"{typeof(ModelGenerator).Assembly.Location}\" />" : "";
        File.WriteAllText(Path.Combine(project, "Models.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup><Reference Include="{typeof(SequenceModelAttribute).Assembly.Location}" />{analyzer}</ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(project, "Models.cs"), Source(count));
        Build(project, "restore");
        Build(project, "build --no-restore -c Release");
        return project;
    }

    private static void Build(string folder, string arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        // As on a developer's machine, without this machine's settings.
        start.Environment["UseSharedCompilation"] = "true";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"dotnet {arguments} ended with {process.ExitCode}:\n{output}");
        }
    }

    private static void Generate(CSharpCompilation compilation) =>
        CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], parseOptions: Options)
            .RunGeneratorsAndUpdateCompilation(compilation, out _, out _);

    private static CSharpCompilation Compile(int count) => CSharpCompilation.Create(
        "Models", [CSharpSyntaxTree.ParseText(Source(count), Options)], References,
        new(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release,
            nullableContextOptions: NullableContextOptions.Enable));

    private static void Emit(Compilation compilation)
    {
        using var image = new MemoryStream();
        Microsoft.CodeAnalysis.Emit.EmitResult result = compilation.Emit(image);
        if (!result.Success)
        {
            throw new InvalidOperationException(
                $"The generated code does not compile: {result.Diagnostics.First(static d => d.Severity == DiagnosticSeverity.Error)}");
        }
    }

    /// <summary>Models that differ in their widths, two blocks each.</summary>
    private static string Source(int count) => "using AarenGen;\n" + string.Concat(Enumerable.Range(0, count).Select(static i =>
        $"[SequenceModel, Continuous(7), Dense({4 * (i + 4)}), Aaren(Heads = 4, FeedForward = {16 * (i + 4)}, Repeat = 2), Dense(7), "
            + $"MeanSquaredError]\npublic sealed partial class Model{i};\n"));

    private static double Time(Action action)
    {
        long started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static string Number(double value) => value.ToString("N1", CultureInfo.InvariantCulture);

    private sealed record InProcess(int Models, double Cold, double Edited, double Without, double With);
}
