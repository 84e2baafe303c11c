using System.Globalization;
using System.Text.RegularExpressions;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Lowering.Cuda.Passes;
using AarenGen.Generator.Model;
using AarenGen.Tests;
using Microsoft.CodeAnalysis;

namespace AarenGen.Generator.Tests;

/// <summary>Every mistake is reported, at the offending text, which the sources mark by [|…|].</summary>
public sealed class DiagnosticTests
{
    private const string Components = "Continuous(4), Dense(8), MeanSquaredError";

    public static TheoryData<string, string> Mistakes => new()
    {
        { "AAREN001", $"[SequenceModel, {Components}] class [|M|];" },
        { "AAREN002", $"[SequenceModel, {Components}] abstract partial class [|M|];" },
        { "AAREN002", $"[SequenceModel, {Components}] static partial class [|M|];" },
        { "AAREN002", $"[SequenceModel, {Components}] partial record [|M|];" },
        { "AAREN003", $"[SequenceModel, {Components}] partial class [|M|]<T>;" },
        { "AAREN003", $"partial class Outer<T> {{ [SequenceModel, {Components}] partial class [|M|]; }}" },
        { "AAREN004", $"[SequenceModel, {Components}] file partial class [|M|];" },
        { "AAREN005", $"class [|Outer|] {{ [SequenceModel, {Components}] partial class M; }}" },
        { "AAREN006", $"class Base; [SequenceModel, {Components}] partial class M : [|Base|];" },
        { "AAREN007", $"[SequenceModel, Continuous(4), Dense(8)] partial class M; [[|MeanSquaredError|]] partial class M;" },
        { "AAREN008", $"[SequenceModel, {Components}] partial class M {{ public int [|InputWidth|] => 1; }}" },
        { "AAREN008", $"[SequenceModel, {Components}] partial class M {{ public void [|Fit|]() {{ }} }}" },
        { "AAREN008", $"[SequenceModel, {Components}] partial class M {{ private void [|Dense0Backward|]() {{ }} }}" },
        { "AAREN008", $"[SequenceModel, {Components}] partial class M {{ public [|M|](int x) {{ }} }}" },
        { "AAREN008", $"[SequenceModel, {Components}] partial class [|M|](int x) {{ public int X => x; }}" },
        { "AAREN010", "[SequenceModel, Dense(8), MeanSquaredError] partial class [|M|];" },
        { "AAREN011", "[SequenceModel, Dense(8), [|Continuous(4)|], MeanSquaredError] partial class M;" },
        { "AAREN011", "[SequenceModel, Continuous(4), Dense(8), Dense(8), [|Continuous(4)|], MeanSquaredError] partial class M;" },
        { "AAREN012", "[SequenceModel, Continuous(4), MeanSquaredError] partial class [|M|];" },
        { "AAREN013", "[SequenceModel, Continuous(4), Dense(8)] partial class [|M|];" },
        { "AAREN014", "[SequenceModel, Continuous(4), Dense(8), MeanSquaredError, [|MeanAbsoluteError|]] partial class M;" },
        { "AAREN014", "[SequenceModel, Continuous(4), Dense(8), Head(\"A\"), MeanSquaredError, [|MeanAbsoluteError|]] partial class M;" },
        { "AAREN015",
            "class MineAttribute : LayerAttribute; [SequenceModel, Continuous(4), Dense(8), [|Mine|], MeanSquaredError] partial class M;" },
        { "AAREN011", "[SequenceModel, Continuous(4), Patch(2, 1), [|Continuous(4)|], Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN016", "[SequenceModel, Continuous(4), Dense(8), [|Patch(2, 1)|], MeanSquaredError] partial class M;" },
        { "AAREN016", "[SequenceModel, Continuous(4), Dense(8), [|SumInputs|], MeanSquaredError] partial class M;" },
        { "AAREN016", "[SequenceModel, Continuous(4), Dense(8), [|Interleave(8)|], MeanSquaredError] partial class M;" },
        { "AAREN016",
            "[SequenceModel, Continuous(4), Continuous(4), Interleave(8), [|Interleave(8)|], Dense(8), MeanSquaredError] partial "
                + "class M;" },
        { "AAREN016",
            "[SequenceModel, Continuous(4, Width = 8), Continuous(4, Width = 8), SumInputs, [|Interleave(8)|], Dense(8), MeanSquaredError] "
                + "partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Interleave([|0|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN026",
            "[SequenceModel, Continuous(4), Categorical(3, Width = [|5|]), Interleave(8), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN017", "[SequenceModel, Categorical(4), [|Patch(2, 1)|], Dense(4), MeanSquaredError] partial class M;" },
        { "AAREN017", "[SequenceModel, Continuous(4), TimeEncoding(4), [|InstanceNorm|], Dense(4), MeanSquaredError] partial class M;" },
        { "AAREN017", "[SequenceModel, Continuous(4, Width = 3), [|ChannelIndependent|], Dense(4), MeanSquaredError] partial class M;" },
        { "AAREN017",
            "[SequenceModel, TimeEncoding(4), Continuous(2), [|InstanceNorm(Columns = 2)|], Dense(4), MeanSquaredError] partial class M;" },
        { "AAREN017",
            "[SequenceModel, Continuous(2), TimeEncoding(4), InstanceNorm(Columns = 2), [|Patch(2, 1)|], Dense(4), MeanSquaredError] "
                + "partial class M;" },
        { "AAREN017",
            "[SequenceModel, Continuous(2), Continuous(4), Interleave(8), [|InstanceNorm(Columns = 2)|], Dense(4), MeanSquaredError] "
                + "partial class M;" },
        { "AAREN018", "[SequenceModel, Continuous(4), Dense(8), [|Head(\"A\")|], Head(\"B\"), MeanSquaredError] partial class M;" },
        { "AAREN018",
            "[SequenceModel, Continuous(4), Dense(8), Head(\"A\"), MeanSquaredError, [|Head(\"B\")|], Dense(3)] partial class M;" },
        { "AAREN019", "[SequenceModel, Continuous(4), Dense(8), MeanSquaredError, [|Dense(8)|]] partial class M;" },
        { "AAREN020",
            "[SequenceModel, Continuous(4), Continuous(2), Interleave(8, Shared = [|2|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dense(8), Huber(Delta = [|0|])] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dense(8), Head(\"A\", Weight = [|-1|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dense(8), CrossEntropy(Smoothing = [|1|])] partial class M;" },
        { "AAREN020", "[SequenceModel, Categorical([|0|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Categorical(3, Width = [|0|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, TimeEncoding([|0|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, TimeEncoding(4, LongestPeriod = [|0|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Patch(4, [|0|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), InstanceNorm(Window = [|1|]), Dense(4), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Positions(PositionKind.Learned, Length = [|0|]), Dense(4), MeanSquaredError] "
            + "partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dropout([|1|]), Dense(4), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), InstanceNorm(Columns = [|0|]), Dense(4), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), InstanceNorm(Columns = [|5|]), Dense(5), MeanSquaredError] partial class M;" },
        { "AAREN020",
            "[SequenceModel, Continuous(4), InstanceNorm(Columns = [|2|]), ChannelIndependent, Dense(2), MeanSquaredError] "
                + "partial class M;" },
        { "AAREN020",
            "[SequenceModel, Continuous(2), Continuous(1), TimeEncoding(4), InstanceNorm(Columns = [|4|]), Dense(4), MeanSquaredError] "
                + "partial class M;" },
        { "AAREN022",
            "[SequenceModel, Continuous(4), Standardize(Method = [|(Standardization)3|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN022", "[SequenceModel, Continuous(4, Missing = [|(MissingValues)3|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN022", "[SequenceModel, Continuous(4), Pool([|(Pooling)2|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN026",
            "[SequenceModel, Categorical(4, Width = 3), TimeEncoding([|4|]), SumInputs, Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN027", "[SequenceModel, Continuous(4), Dense(5), [|Gaussian|]] partial class M;" },
        { "AAREN027", "[SequenceModel, Continuous(4), Dense(5), [|StudentT|]] partial class M;" },
        { "AAREN027", "[SequenceModel, Continuous(4), Dense(5), [|LogNormalMixture|]] partial class M;" },
        { "AAREN027", "[SequenceModel, Continuous(4), Dense(5), [|Quantiles(0.1, 0.9)|]] partial class M;" },
        { "AAREN027", "[SequenceModel, Continuous(4), Dense(1), [|CrossEntropy|]] partial class M;" },
        { "AAREN011", "[SequenceModel, Continuous(4), Standardize, [|Continuous(4)|], Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN016", "[SequenceModel, Continuous(4), Dense(8), [|Standardize|], MeanSquaredError] partial class M;" },
        { "AAREN016",
            "[SequenceModel, Continuous(4), Standardize, [|Standardize(Method = Standardization.MinMax)|], Dense(8), MeanSquaredError] "
                + "partial class M;" },
        { "AAREN040", "[SequenceModel, Categorical(4), TimeEncoding(4), [|Standardize|], Dense(8), CrossEntropy] partial class M;" },
        { "AAREN040", "[SequenceModel, Categorical(4), [|Standardize|], Dense(9), LogNormalMixture] partial class M;" },
        { "AAREN028", "[SequenceModel, Continuous(4), InstanceNorm(Columns = 3), Dense(4), [|MeanSquaredError|]] partial class M;" },
        { "AAREN028", "[SequenceModel, Continuous(4), InstanceNorm, Dense(6), [|MeanSquaredError|]] partial class M;" },
        { "AAREN029", "[SequenceModel, Continuous(4), InstanceNorm, Dense(6), [|CrossEntropy|]] partial class M;" },
        { "AAREN030", "[SequenceModel, Continuous(4), Dense(6), [|Quantiles|]] partial class M;" },
        { "AAREN030", "[SequenceModel, Continuous(4), Dense(6), [|Quantiles(0.5, 0.1)|]] partial class M;" },
        { "AAREN031", "[SequenceModel, Continuous(4), Dense(3), CrossEntropy(ClassWeights = [|new double[] { 1, 2 }|])] partial class M;" },
        { "AAREN033",
            "[SequenceModel, [|Weights(\"folder/load.safetensors\")|], Continuous(4), Dense(3), MeanSquaredError] partial class M;" },
        { "AAREN033", "[SequenceModel, [|Weights(\" \")|], Continuous(4), Dense(3), MeanSquaredError] partial class M;" },
        { "AAREN032", "[SequenceModel, Continuous(4), Dense(3), Head([|\"a b\"|]), MeanSquaredError] partial class M;" },
        { "AAREN032",
            "[SequenceModel, Continuous(4), Dense(3), Head(\"A\"), MeanSquaredError, Head([|\"a\"|]), MeanSquaredError] partial class M;" },
        { "AAREN032", "[SequenceModel, Continuous(4), Dense(3), Head([|\"Load\"|]), MeanSquaredError] partial class M;" },
        { "AAREN032", "[SequenceModel, Continuous(4), Dense(3), Head([|\"M\"|]), MeanSquaredError] partial class M;" },
        { "AAREN032",
            "[SequenceModel, Continuous(4), Dense(3), Head([|\"Price\"|]), MeanSquaredError] partial class M { int Price() => 1; }" },
        { "AAREN032", "[SequenceModel, Continuous(4), Dense(3), Head(name: [|null!|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dense(3), Head(\"A\", Weight = [|1e300|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dense(3), Huber(Delta = [|1e-46|])] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dropout([|0.99999999|]), Dense(3), MeanSquaredError] partial class M;" },
        { "AAREN020",
            "[SequenceModel, TimeEncoding(4, LongestPeriod = [|double.PositiveInfinity|]), Dense(3), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Categorical([|int.MaxValue|]), Dense(3), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dense([|int.MaxValue|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Patch([|int.MaxValue|], 1), Dense(3), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Aaren(Repeat = [|1000000|]), Dense(3), MeanSquaredError] partial class M;" },
        { "AAREN025", "[SequenceModel, Categorical(1048576, Width = 65536), Dense(3), MeanSquaredError] partial class [|M|];" },
        { "AAREN025", "[SequenceModel, Continuous(65536), Positions(PositionKind.Learned, Length = 65536), Dense(3), MeanSquaredError] "
            + "partial class [|M|];" },
        { "AAREN030", "[SequenceModel, Continuous(4), Dense(6), [|Quantiles(0.1, 0.1000000001)|]] partial class M;" },
        { "AAREN030", "[SequenceModel, Continuous(4), Dense(6), [|Quantiles(1e-50, 0.5)|]] partial class M;" },
        { "AAREN031",
            "[SequenceModel, Continuous(4), Dense(2), CrossEntropy(ClassWeights = [|new double[] { 1, 1e300 }|])] partial class M;" },
        { "AAREN033", "[SequenceModel, [|Weights(\"a\\u2028b\")|], Continuous(4), Dense(3), MeanSquaredError] partial class M;" },
        { "AAREN038", $"[SequenceModel, Continuous(4), Dense(3), MeanSquaredError] partial class [|{new string('M', 901)}|];" },
        { "AAREN020", "[SequenceModel, Continuous([|0|]), Dense(8), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dense([|70000|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Dense(units: [|-1|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Aaren(Heads = [|0|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Aaren(FeedForward = [|0|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Aaren(Repeat = [|2000|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Aaren(Dropout = [|1.0|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Aaren(Dropout = [|double.NaN|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Transformer(Heads = [|-4|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Transformer(Context = [|0|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Transformer(Context = [|65537|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), MinGru(Repeat = [|0|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), MinGru(Convolution = [|1|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Aaren(Convolution = [|-4|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Transformer(Convolution = [|17|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), CausalConvolution([|1|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), CausalConvolution([|17|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), MinLstm(Dropout = [|-0.1|]), MeanSquaredError] partial class M;" },
        { "AAREN020", "[SequenceModel, Continuous(4), Aaren(Forget = true, ShortestHalfLife = [|0|]), MeanSquaredError] partial class M;" },
        { "AAREN020",
            "[SequenceModel, Continuous(4), Aaren(Forget = true, ShortestHalfLife = [|double.NaN|]), MeanSquaredError] partial class M;" },
        { "AAREN020",
            "[SequenceModel, Continuous(4), Aaren(Forget = true, ShortestHalfLife = 9, LongestHalfLife = [|8|]), MeanSquaredError] partial "
                + "class M;" },
        { "AAREN020",
            "[SequenceModel, Continuous(4), Aaren(Forget = true, LongestHalfLife = [|2e9|]), MeanSquaredError] partial class M;" },
        { "AAREN022", "[SequenceModel, Continuous(4), Aaren(Scores = [|(Scores)2|]), MeanSquaredError] partial class M;" },
        { "AAREN039", "[SequenceModel, Continuous(4), Aaren(ShortestHalfLife = [|2|]), MeanSquaredError] partial class M;" },
        { "AAREN039", "[SequenceModel, Continuous(4), Aaren(Forget = false, LongestHalfLife = [|2|]), MeanSquaredError] partial class M;" },
        { "AAREN021", "[SequenceModel, Continuous(4), Dense(10), Aaren(Heads = [|3|]), MeanSquaredError] partial class M;" },
        { "AAREN021", "[SequenceModel, Continuous(6), [|Aaren|], MeanSquaredError] partial class M;" },
        { "AAREN021", "[SequenceModel, Continuous(4), Dense(10), Transformer(Heads = [|3|]), MeanSquaredError] partial class M;" },
        { "AAREN021", "[SequenceModel, Continuous(6), [|Transformer|], MeanSquaredError] partial class M;" },
        { "AAREN022", "[SequenceModel, Continuous(4), Dense(8, Activation = [|(Activation)9|]), MeanSquaredError] partial class M;" },
        { "AAREN022", "[SequenceModel, Continuous(4), Aaren(Norm = [|(Norm)(-1)|]), MeanSquaredError] partial class M;" },
        { "AAREN023", "[SequenceModel, Continuous(4), Dense(8, Name = [|\"a..b\"|]), MeanSquaredError] partial class M;" },
        { "AAREN023", "[SequenceModel, Continuous(4), Dense(8, Name = [|\"a\\n\\\"\"|]), MeanSquaredError] partial class M;" },
        { "AAREN024",
            "[SequenceModel, Continuous(4), Dense(8, Name = \"a\"), Dense(8, Name = [|\"a\"|]), MeanSquaredError] partial class M;" },
        { "AAREN024",
            "[SequenceModel, Continuous(4), MinGru, Dense(8, Name = \"a\"), Dense(8, Name = [|\"a\"|]), Dense(2), MinGru, Dense(1), "
                + "MeanSquaredError] partial class M;" },
        { "AAREN022", "[SequenceModel, Continuous(4), MinGru(Norm = [|(Norm)2|]), MeanSquaredError] partial class M;" },
        { "AAREN025",
            "[SequenceModel, Continuous(64), Transformer(Context = 65536, Repeat = 128), MeanSquaredError] partial class [|M|];" },
        { "AAREN025",
            "[SequenceModel, Continuous(32768), Transformer(Context = 65536, FeedForward = 1), MeanSquaredError] partial class [|M|];" },
        { "AAREN025", "[SequenceModel, Continuous(4), Dense(65536), Dense(65536), MeanSquaredError] partial class [|M|];" },
        { "AAREN025",
            "[SequenceModel, Continuous(65536), ChannelIndependent, Dense(64), Transformer(Context = 64), Dense(1), MeanSquaredError] "
                + "partial class [|M|];" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_reported_at_its_location(string id, string marked)
    {
        AssertReported("using AarenGen;\n", id, marked);
    }

    /// <summary>Asserts that the only mistake is the marked one.</summary>
    internal static void AssertReported(string prefix, string id, string marked)
    {
        Match mark = Regex.Match(marked, @"\[\|(.*?)\|\]");
        string source = prefix + marked.Replace("[|", "", StringComparison.Ordinal)
            .Replace("|]", "", StringComparison.Ordinal);
        GeneratorRun run = GeneratorRun.Any(source);

        Diagnostic diagnostic = Assert.Single(run.Diagnostics);
        Assert.Equal(id, diagnostic.Id);
        Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity);
        Assert.Equal(mark.Groups[1].Value, source.Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length));
        Assert.True(diagnostic.Location.IsInSource);
        Assert.Empty(run.Result.GeneratedSources);
        Assert.DoesNotContain("{", diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Continuous(1), Dense(1)")]
    [InlineData("Continuous(65536), Dense(1)")]
    [InlineData("Continuous(1), Patch(1, 1), Dense(1)")]
    [InlineData("Continuous(1), InstanceNorm(Window = 2), Dense(1)")]
    [InlineData("Continuous(1), CausalConvolution(2), Dense(1)")]
    [InlineData("Continuous(1), CausalConvolution(16), Dense(1)")]
    [InlineData("Continuous(4), Aaren(Heads = 1, FeedForward = 1, Repeat = 1), Dense(1)")]
    [InlineData("Continuous(4), Aaren(Heads = 4, Forget = true, ShortestHalfLife = 0.01, LongestHalfLife = 1e9), Dense(1)")]
    [InlineData("Continuous(3), Head(\"A\"), Dense(2), MeanSquaredError, Head(\"B\"), Pool(Pooling.Mean)")]
    public void Arguments_at_their_limits_are_accepted(string components) =>
        GeneratorRun.Valid($"using AarenGen; [SequenceModel, {components}, MeanSquaredError] partial class M;");

    [Theory]
    [InlineData(10, 3, "1, 2, 5, 10")]
    [InlineData(128, 3, "1, 2, 4, 8, 16, 32, 64")]
    [InlineData(70, 4, "1, 2, 5, 7, 10, 14, 35")]
    public void Numbers_of_heads_that_fit_are_listed(int width, int heads, string expected)
    {
        GeneratorRun run = GeneratorRun.Any(
            $"using AarenGen; [SequenceModel, Continuous(4), Dense({width}), Aaren(Heads = {heads}), MeanSquaredError] partial class M;");
        Assert.EndsWith(
            $"choose one of {expected}", Assert.Single(run.Diagnostics).GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("azAZ_09.x", true)]
    [InlineData("0", true)]
    [InlineData("", false)]
    [InlineData("a.", false)]
    [InlineData("a/b", false)]
    [InlineData("a:b", false)]
    [InlineData("a@b", false)]
    [InlineData("a[b", false)]
    [InlineData("a`b", false)]
    [InlineData("a{b", false)]
    [InlineData("ä", false)]
    public void Names_of_layers_have_letters_digits_and_underscores(string name, bool isAccepted) => Assert.Equal(
        isAccepted ? [] : [DiagnosticDescriptors.BadName],
        GeneratorRun.Any(
            $"using AarenGen; [SequenceModel, Continuous(4), Dense(8, Name = \"{name}\"), MeanSquaredError] partial class M;")
            .Diagnostics.Select(static d => d.Id));

    [Theory]
    [InlineData("MinGru, MinGru(Repeat = 2)", "blocks.0 blocks.1 blocks.2")]
    [InlineData("MinGru(Name = \"a\", Repeat = 2), MinGru", "a.0 a.1 blocks.0")]
    [InlineData("MinGru(Name = \"blocks\", Repeat = 2)", "blocks.0 blocks.1")]
    [InlineData("MinGru(Name = \"blocks\")", "blocks")]
    [InlineData("Dense(8, Name = \"blocks\"), MinGru", "blocks.0")]
    public void Blocks_are_numbered(string layers, string expected)
    {
        Plan plan = GeneratorRun.Valid($"using AarenGen; [SequenceModel, Continuous(4), {layers}, MeanSquaredError] partial class M;")
            .Plans.Single();
        const string end = ".norm1.weight";
        Assert.Equal(
            expected.Split(' '),
            plan.Parameters.Where(static p => p.Name.EndsWith(end, StringComparison.Ordinal)).Select(static p => p.Name[..^end.Length]));
    }

    [Fact]
    public void A_name_may_be_as_long_as_the_limit() =>
        GeneratorRun.Valid($"using AarenGen; [SequenceModel, {Components}] partial class {new string('M', 900)};");

    [Fact]
    public void All_mistakes_are_reported_in_one_build()
    {
        GeneratorRun run = GeneratorRun.Any("""
            using AarenGen;
            [SequenceModel]
            [Continuous(-1)]
            [Dense(0)]
            [Aaren(Heads = 3, Dropout = 2, Norm = (Norm)7)]
            class M { public int Train; }
            """);
        Assert.Equal(
            ["AAREN001", "AAREN008", "AAREN013", "AAREN020", "AAREN020", "AAREN020", "AAREN021", "AAREN022"],
            run.Diagnostics.Select(static d => d.Id).Order());
    }

    /// <summary>The largest that each limit allows: printed for the CPU and a device, or rejected for its size.</summary>
    [Theory]
    [InlineData("Categorical(1048576, Width = 64), Dense(65536), Dense(1), MeanSquaredError")]
    [InlineData("Continuous(65536), Dense(8192), Dense(8192), Dense(65536), CrossEntropy")]
    [InlineData("Continuous(4), Dense(64), Aaren(Heads = 64, Repeat = 1024), MinGru(Repeat = 1024), Transformer(Repeat = 1024, Context = "
        + "64), MeanSquaredError")]
    [InlineData("Continuous(4), Dense(1), Transformer(Heads = 1, Context = 65536, FeedForward = 65536), MeanSquaredError")]
    [InlineData("Continuous(65536), CausalConvolution(16), Dense(64), MinGru(Convolution = 16, Repeat = 1024), MeanSquaredError")]
    [InlineData("Continuous(65536), ChannelIndependent, Dense(1), MeanSquaredError")]
    [InlineData("Continuous(1), Patch(65536, 65536), InstanceNorm(Window = 65536), Dense(3), MeanSquaredError")]
    [InlineData("TimeEncoding(65536), Positions(PositionKind.Learned, Length = 16384), Dense(3), MeanSquaredError")]
    [InlineData("Continuous(65536), Continuous(65536), Categorical(1048576), Interleave(1024, Shared = 1), Dense(3), MeanSquaredError")]
    public void The_largest_arguments_give_code_or_an_error(string components)
    {
        GeneratorRun run = GeneratorRun.Any(
            $"using AarenGen; [SequenceModel, {components}] partial class M;",
            "namespace AarenGen.Cuda { internal static class CudaDeviceInfo; }");
        if (run.Diagnostics.Length == 0)
        {
            Assert.Equal(2, run.Result.GeneratedSources.Length);
            run.AssertCompiles();
        }
        else
        {
            Assert.Equal(DiagnosticDescriptors.TooLarge, Assert.Single(run.Diagnostics).Id);
        }
    }

    [Fact]
    public void The_card_says_why_threads_do_not_share_a_sequence()
    {
        Assert.Contains(
            "a sequence passes only in order through layers.0 (Positions, sinusoidal), blocks (minGRU, feed-forward 16, pre-norm)",
            Card("Positions(PositionKind.Sinusoidal), MinGru, Dense(1)"), StringComparison.Ordinal);
        Assert.Contains("no layer keeps a state", Card("Dense(1)"), StringComparison.Ordinal);
        Assert.Contains("heads branch off", Card("Aaren(Heads = 1), Head(\"A\"), Dense(1)"), StringComparison.Ordinal);
        Assert.DoesNotContain("no Forward", Card("Aaren(Heads = 1), Dense(1)"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("InstanceNorm, Dense(4)", "normalised by the prefix")]
    [InlineData("InstanceNorm(Window = 64), Dense(4)", "normalised by 64 samples")]
    [InlineData("InstanceNorm(Columns = 2), Dense(4)", "normalised by the prefix (columns 0-1)")]
    [InlineData("InstanceNorm(Columns = 1, Window = 8), Dense(4)", "normalised by 8 samples (columns 0)")]
    [InlineData("InstanceNorm(Columns = 4), Dense(4)", "normalised by the prefix")]
    [InlineData("ChannelIndependent, Dense(1)", "4 channels by themselves")]
    [InlineData("Patch(1, 2), Dense(4)", "patches of 1 every 2")]
    [InlineData("Patch(2, 1), Dense(4)", "patches of 2 every 1")]
    [InlineData(
        "ChannelIndependent, InstanceNorm(Window = 64), Patch(4, 2), Dense(1)",
        "4 channels by themselves, normalised by 64 samples, patches of 4 every 2")]
    public void The_card_says_how_tokens_are_made(string layers, string expected) =>
        // The row after the input's.
        Assert.Equal(expected, Card(layers).Split('\n')[4].Split("  ")[0]);

    [Theory]
    [InlineData("Continuous(4), Standardize, Dense(3), MeanSquaredError", "mean and deviation: columns 0-3, targets 0-2")]
    [InlineData(
        "Categorical(3), Continuous(2), TimeEncoding(4), Continuous(1), Standardize(Method = Standardization.Robust), Dense(1), "
            + "Head(\"A\"), Dense(4), Gaussian, Head(\"B\"), Dense(3), CrossEntropy",
        "median and quartiles: columns 1-2, columns 4, targets 0-1")]
    [InlineData(
        "Continuous(3), Standardize(Method = Standardization.MinMax), ChannelIndependent, Dense(2), MeanSquaredError",
        "smallest and largest value: columns 0-2, targets 0-1 of each channel")]
    [InlineData(
        "Continuous(1), Continuous(3), Continuous(2), Interleave(8, Shared = 1), Standardize, Dense(3), CrossEntropy",
        "mean and deviation: columns 0 of modality 0, columns 0-2 of modality 1, columns 3-4")]
    public void The_card_says_what_is_standardised(string components, string expected)
    {
        string card = GeneratorRun.Valid($"using AarenGen; [SequenceModel, {components}] partial class M;").Plans.Single().Card;
        Assert.Contains("\nstandardised by " + expected, card + "\n", StringComparison.Ordinal);
        Assert.Single(card.Split('\n'), static line => line.StartsWith("standardised by", StringComparison.Ordinal));
    }

    [Fact]
    public void The_fingerprint_depends_on_what_is_standardised()
    {
        string[] models =
        [
            "Continuous(4), Dense(2), MeanSquaredError", "Continuous(4), Standardize, Dense(2), MeanSquaredError",
            "Continuous(4), Standardize(Method = Standardization.Robust), Dense(2), MeanSquaredError",
            "Continuous(4), InstanceNorm(Columns = 1), Dense(2), MeanSquaredError",
            "Continuous(4), InstanceNorm(Columns = 2), Dense(2), MeanSquaredError",
        ];
        Assert.Equal(models.Length, models.Select(Fingerprint).Distinct().Count());
        // The method's default and all columns are what they are without the argument.
        Assert.Equal(
            Fingerprint(models[1]), Fingerprint("Continuous(4), Standardize(Method = Standardization.Mean), Dense(2), MeanSquaredError"));
        Assert.Equal(
            Fingerprint("Continuous(2), InstanceNorm, Dense(2), MeanSquaredError"),
            Fingerprint("Continuous(2), InstanceNorm(Columns = 2), Dense(2), MeanSquaredError"));

        static string Fingerprint(string components) =>
            GeneratorRun.Valid($"using AarenGen; [SequenceModel, {components}] partial class M;").Plans.Single().Fingerprint;
    }

    private static string Card(string layers) =>
        GeneratorRun.Valid($"using AarenGen; [SequenceModel, Continuous(4), {layers}, MeanSquaredError] partial class M;")
            .Plans.Single().Card;

    [Fact]
    public void An_argument_that_the_compiler_rejects_is_left_to_the_compiler()
    {
        GeneratorRun run = GeneratorRun.Any(
            "using AarenGen; [SequenceModel, Continuous(missing), Dense(8), MeanSquaredError] partial class M;");
        Assert.Empty(run.Diagnostics);
    }

    [Fact]
    public void Every_diagnostic_is_tested_and_documented()
    {
        string documentation = File.ReadAllText(Path.Combine(Repository.Root, "docs", "diagnostics.md"));
        Assert.All(DiagnosticDescriptors.Descriptions, d =>
        {
            // Every component has a CUDA implementation: see the test below. The others depend on more than a declaration and
            // have tests of their own.
            bool isElsewhere = d.Id is DiagnosticDescriptors.NoDeviceCode or DiagnosticDescriptors.ComponentsWithoutModel
                or DiagnosticDescriptors.LanguageTooOld or DiagnosticDescriptors.NeverForgets
                or DiagnosticDescriptors.MissingRuntime;
            Assert.True(isElsewhere || Mistakes.Concat(TaskDiagnosticTests.Mistakes).Any(m => ((object[])m)[0].Equals(d.Id)), d.Id);
            string heading = DiagnosticDescriptors.Heading(d.Id, d.Title.ToString(CultureInfo.InvariantCulture));
            Assert.Contains($"\n## {heading}\n", documentation, StringComparison.Ordinal);
            // Only where the sources have a public host.
            Assert.True(d.HelpLinkUri.Length == 0 || d.HelpLinkUri == DiagnosticDescriptors.LinkTo(d.HelpLinkUri.Split('#')[0], heading));
        });
    }

    [Fact]
    public void A_diagnostic_links_to_its_heading()
    {
        Assert.Null(DiagnosticDescriptors.LinkTo(null, "AAREN001: a heading"));
        Assert.Equal(
            "https://host/page.md#aaren059-it-does-not-follow-streams-half-life-n1",
            DiagnosticDescriptors.LinkTo("https://host/page.md", "AAREN059: it does 'not' follow streams, (half-life n=1)"));
    }

    /// <summary>
    /// The lists tell users of each version which diagnostics are new in it. The compiler checks such lists for analyzers, not for
    /// generators.
    /// </summary>
    [Fact]
    public void Every_diagnostic_is_in_a_release()
    {
        string folder = Path.Combine(Repository.Root, "generators", "AarenGen.Generator");
        string shipped = File.ReadAllText(Path.Combine(folder, "AnalyzerReleases.Shipped.md"));
        IEnumerable<string> rules = DiagnosticDescriptors.Descriptions
            .Where(d => !shipped.Contains($"\n{d.Id} |", StringComparison.Ordinal)).OrderBy(static d => d.Id, StringComparer.Ordinal)
            .Select(static d => FormattableString.Invariant($"{d.Id} | {d.Category} | {d.DefaultSeverity} | {d.Title}"));
        Golden.Matches(
            string.Join('\n', ["; Diagnostics of no release yet", "", "### New Rules", "", "Rule ID | Category | Severity | Notes",
                "--------|----------|----------|------", .. rules, ""]),
            Path.Combine(folder, "AnalyzerReleases.Unshipped.md"));
    }

    [Fact]
    public void An_operation_that_no_device_can_run_is_named()
    {
        GeneratorRun run = GeneratorRun.Valid($"using AarenGen; [SequenceModel, {Components}] partial class M;");
        Plan plan = run.Plans.Single();
        Assert.Null(CudaLowering.ObstacleOf(plan));
        LayerPlan layer = plan.Trunk[0];
        plan = plan with { Trunk = new([layer with { Operations = new([new OperationStep(new HostOnly(), new([]))]) }]) };
        Assert.Equal("head (HostOnly)", CudaLowering.ObstacleOf(plan));
        Assert.Equal(DiagnosticSeverity.Warning, DiagnosticDescriptors.Get(DiagnosticDescriptors.NoDeviceCode).DefaultSeverity);
    }

    private sealed record HostOnly : Operation
    {
        public override EquatableArray<Value> Inputs => new([]);

        public override long Flops => 0;

        public override OperationDescription? Description => null;
    }
}
