using System.Globalization;
using System.Reflection;
using System.Text;
using AarenGen.Generator;
using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AarenGen.Onnx.Tests;

/// <summary>Random models of all features, compiled with the generator while the test runs.</summary>
internal static class RandomModels
{
    private static readonly string[] Activations = Enum.GetNames<Activation>(), Missing = Enum.GetNames<MissingValues>();

    /// <summary>Declarations of a seed; few are no models, such as those whose output instance normalisation cannot undo.</summary>
    public static string[] Declare(int seed, int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var random = new Random(seed * 1_000_003 + i);
        return new Draw(random).Model(string.Create(CultureInfo.InvariantCulture, $"M{i}"));
    })];

    /// <summary>Compiles declarations; those with an error are left out.</summary>
    public static Type[] Compile(IReadOnlyList<string> declarations)
    {
        // Line 0 is the using directive.
        HashSet<int> refused = [.. Run(declarations).Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error)
            .Select(static d => d.Location.GetLineSpan().StartLinePosition.Line - 1)];
        Compilation compilation = Run([.. declarations.Where((_, i) => !refused.Contains(i))]).Compilation;
        using var image = new MemoryStream();
        Microsoft.CodeAnalysis.Emit.EmitResult result = compilation.Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error)));
        return [.. Assembly.Load(image.ToArray()).GetTypes().Where(ModelCases.IsModel)];
    }

    private static (Compilation Compilation, IReadOnlyList<Diagnostic> Diagnostics) Run(IReadOnlyList<string> declarations)
    {
        CSharpParseOptions options = new(LanguageVersion.CSharp13);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Random" + Guid.NewGuid().ToString("N"),
            [CSharpSyntaxTree.ParseText("using AarenGen;\n" + string.Join('\n', declarations), options)],
            [.. Net100.References.All, MetadataReference.CreateFromFile(typeof(SequenceModelAttribute).Assembly.Location)],
            new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], parseOptions: options)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out var diagnostics);
        return (output, diagnostics);
    }

    /// <summary>Draws one declaration.</summary>
    private sealed class Draw(Random random)
    {
        private readonly StringBuilder text = new();

        /// <summary>What a row of layers repeats of its input where it is normalised; 0: nothing.</summary>
        private int normalized;

        public string Model(string name)
        {
            Inputs();
            int width = 4 * random.Next(1, 4);
            Add($"Dense({width}, Activation = Activation.{Activations[Activation()]})");
            width = Layers(width, random.Next(1, 4));
            if (random.Next(3) == 0)
            {
                for (int head = 0; head < random.Next(2, 4); head++)
                {
                    Add($"Head(\"Head{head}\")");
                    Loss(Layers(width, random.Next(0, 3)));
                }
            }
            else
            {
                Loss(width);
            }
            return $"[SequenceModel{text}] public sealed partial class {name};";
        }

        private void Inputs()
        {
            switch (random.Next(4))
            {
                case 0:
                    int features = random.Next(1, 5);
                    Add(Continuous(features, raw: true));
                    bool isSplit = random.Next(3) == 0;
                    Optionally("ChannelIndependent", isSplit);
                    if (random.Next(2) == 0)
                    {
                        normalized = isSplit ? 1 : features;
                        Add(random.Next(2) == 0 ? "InstanceNorm" : $"InstanceNorm(Window = {random.Next(2, 9)})");
                    }
                    Optionally($"Patch({random.Next(1, 6)}, {random.Next(1, 5)})", random.Next(2) == 0);
                    break;
                case 1:
                    int first = random.Next(1, 5), count = random.Next(0, 4);
                    Add(Continuous(first, raw: true));
                    for (int i = 0; i < count; i++)
                    {
                        Add(Any(random.Next(2, 9), raw: true));
                    }
                    if (random.Next(3) == 0)
                    {
                        normalized = random.Next(1, first + 1);
                        Add($"InstanceNorm(Columns = {normalized}{(random.Next(2) == 0 ? ", Window = 4" : "")})");
                    }
                    break;
                case 2:
                    int sum = 4 * random.Next(1, 3);
                    for (int i = 0; i < 3; i++)
                    {
                        Add(Any(sum, raw: false));
                    }
                    Add("SumInputs");
                    break;
                default:
                    int width = 4 * random.Next(1, 3), modalities = random.Next(2, 4), shared = random.Next(0, 2);
                    for (int i = 0; i < modalities + shared; i++)
                    {
                        Add(Any(width, raw: false));
                    }
                    Add($"Interleave({width}, Shared = {shared})");
                    break;
            }
            string method = ((string[])["Mean", "Robust", "MinMax"])[random.Next(3)];
            Optionally(
                $"Standardize(Method = Standardization.{method}, PerSeries = {(random.Next(2) == 0 ? "true" : "false")})",
                random.Next(2) == 0);
        }

        private string Continuous(int features, bool raw, int width = 0) =>
            $"Continuous({features}{(raw ? "" : $", Width = {width}")}, Missing = MissingValues.{Missing[random.Next(3)]})";

        private string Any(int width, bool raw) => random.Next(3) switch
        {
            0 => $"Categorical({random.Next(1, 9)}, Width = {width})",
            1 => $"TimeEncoding({width}, LongestPeriod = {random.Next(10, 1000)})",
            _ => Continuous(random.Next(1, 4), raw && random.Next(2) == 0, width),
        };

        /// <summary>
        /// After equal values instance normalisation makes hundreds of the next one. The hyperbolic tangent of these is 1, or a unit less,
        /// and two layer normalisations make up to 100,000 times a unit of it, which no two programs round alike.
        /// </summary>
        private int Activation() => random.Next(normalized > 0 ? (int)AarenGen.Activation.Tanh : Activations.Length);

        private int Layers(int width, int count)
        {
            for (int i = 0; i < count; i++)
            {
                switch (random.Next(11))
                {
                    case 0:
                        width = 4 * random.Next(1, 4);
                        Add($"Dense({width}, Activation = Activation.{Activations[Activation()]})");
                        break;
                    case 1:
                        Add("LayerNorm");
                        break;
                    case 2:
                        Add(random.Next(2) == 0 ? "Positions(PositionKind.Sinusoidal)" : "Positions(PositionKind.Learned, Length = 11)");
                        break;
                    case 3:
                        Add($"CausalConvolution({random.Next(2, 6)})");
                        break;
                    case 4:
                        Add("Dropout(0.1)");
                        break;
                    case 5 or 6:
                        Add($"Aaren(Heads = {Heads()}, Scores = Scores.{(random.Next(2) == 0 ? "Query" : "Direct")}{Block()})");
                        break;
                    case 7 or 8:
                        Add($"Aaren(Heads = {Heads()}, Forget = true, LongestHalfLife = {random.Next(2, 200)}{Block()})");
                        break;
                    case 9:
                        Add($"Transformer(Heads = {Heads()}, Context = {random.Next(1, 20)}{Block()})");
                        break;
                    default:
                        Add($"{(random.Next(2) == 0 ? "MinGru" : "MinLstm")}(Norm = Norm.Pre{Block()})");
                        break;
                }
            }
            return width;

            int Heads() => ((int[])[1, 2, 4, width])[random.Next(4)];

            string Block() => $", FeedForward = {random.Next(2, 10)}, Repeat = {random.Next(1, 3)}"
                + (random.Next(3) == 0 ? $", Convolution = {random.Next(2, 6)}" : "") + (random.Next(3) == 0 ? ", Dropout = 0.1" : "");
        }

        private void Loss(int width)
        {
            Optionally($"Pool(Pooling.{(random.Next(2) == 0 ? "Last" : "Mean")})", random.Next(4) == 0);
            int values = Math.Max(1, normalized) * random.Next(1, 3);
            (int outputs, string loss) = random.Next(normalized > 0 ? 4 : 6) switch
            {
                0 => (values, ((string[])["MeanSquaredError", "MeanAbsoluteError", "Huber"])[random.Next(3)]),
                1 => (3 * values, "Quantiles(0.1, 0.5, 0.9)"),
                2 => (2 * values, "Gaussian"),
                3 => (3 * values, "StudentT"),
                4 => (random.Next(2, 6), "CrossEntropy"),
                _ => (3 * random.Next(1, 5), "LogNormalMixture"),
            };
            Add($"Dense({outputs})");
            Add(loss);
        }

        private void Optionally(string component, bool isThere)
        {
            if (isThere)
            {
                Add(component);
            }
        }

        private void Add(FormattableString component) => Add(FormattableString.Invariant(component));

        private void Add(string component) => text.Append(", ").Append(component);
    }
}
