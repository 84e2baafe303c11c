using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>From a model to the message of an ONNX file.</summary>
internal static class ModelTranslator
{
    /// <summary>A message of protocol buffers, and so an ONNX file, is shorter.</summary>
    public const long MaxBytes = int.MaxValue;

    private const string Producer = "AarenGen.Onnx";

    /// <summary>The package's version, without the revision of its sources.</summary>
    public static readonly string Version = typeof(ModelTranslator).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <param name="description">The model.</param>
    /// <param name="layers">What its layers compute.</param>
    /// <param name="weights">Its weights as they lie in memory, which must not change.</param>
    /// <param name="statistics">What it standardises with; null: nothing.</param>
    /// <param name="graph">Which graph.</param>
    /// <param name="options">How it is written.</param>
    public static ProtobufWriter Translate(
        ModelDescription description, IReadOnlyList<LayerDescription> layers, float[] weights, StandardizationStatistics? statistics,
        OnnxGraph graph, TranslationOptions options)
    {
        CheckSize(description);
        var g = new GraphBuilder { Scope = "tokens" };
        KeyValuePair<string, StandardizationStatistics>[] series =
            statistics is null ? [] : [.. statistics.Series.OrderBy(static s => s.Key, StringComparer.Ordinal)];
        TimeForm form = graph == OnnxGraph.Step ? new StepForm(g, description) : new SequenceForm(g, description);
        var modalities = new Modalities(g, description.ModalityCount);
        var standardization = new StandardizationTranslator(
            form, description, statistics is null ? [] : [statistics, .. series.Select(static s => s.Value)]);
        Tensor tokens = standardization.Standardize(form.Tokens, modalities, modalities.At(form.SamplePositions));
        SampleRows samples = new SampleTranslator(form, description, modalities).Translate(tokens);
        var model = new ModelContext(form, description, new(description, weights), modalities, samples, options);
        Tensor trunk = Chain(-1, samples.Rows);
        for (int i = 0; i < description.Heads.Count; i++)
        {
            HeadDescription head = description.Heads[i];
            Tensor outputs = Chain(i, trunk);
            g.Scope = head.Name;
            form.Output(OutputOf(head), standardization.Restore(head, outputs), Documentation(head), form.OfRows(head.OutputWidth));
        }
        ProtobufWriter file = new ProtobufWriter().Number(1, GraphBuilder.IrVersion).Text(2, Producer).Text(3, Version)
            .Text(6, description.Card).Message(7, g.Complete(description.Name, description.Card))
            .Message(8, new ProtobufWriter().Text(1, "").Number(2, GraphBuilder.Opset));
        foreach ((string key, string value) in Metadata(description, graph, series.Select(static s => s.Key)))
        {
            file.Message(14, new ProtobufWriter().Text(1, key).Text(2, value));
        }
        return file.Length <= MaxBytes ? file : throw TooLarge(description, file.Length);

        Tensor Chain(int head, Tensor input) =>
            layers.Where(l => l.Head == head).Aggregate(input, (x, layer) => LayerTranslator.Translate(model, layer, x));
    }

    /// <summary>The output of a head: its name, unless an input has it.</summary>
    private static string OutputOf(HeadDescription head) =>
        head.Name is "token" or "tokens" or StandardizationTranslator.Input ? "head." + head.Name : head.Name;

    private static string Documentation(HeadDescription head) => head.LossKind switch
    {
        LossKind.Quantiles =>
            $"all targets at each of the levels {string.Join(", ", head.Levels.Select(static l => l.ToString(null, Invariant)))}",
        LossKind.Gaussian => "means of all targets, then their standard deviations",
        LossKind.StudentT => "locations of all targets, then their scales, then their degrees of freedom",
        LossKind.CrossEntropy => "the logit of each class",
        LossKind.LogNormalMixture => "log-weights of the components, then their means, then their raw deviations",
        _ => "a value for each target",
    };

    private static CultureInfo Invariant => CultureInfo.InvariantCulture;

    private static IEnumerable<(string Key, string Value)> Metadata(
        ModelDescription description, OnnxGraph graph, IEnumerable<string> series)
    {
        yield return ("aarengen.model", description.Name);
        yield return ("aarengen.fingerprint", description.Fingerprint);
        yield return ("aarengen.version", Version);
        yield return ("aarengen.graph", graph == OnnxGraph.Step ? "step" : "sequence");
        var heads = new JsonArray();
        foreach (HeadDescription head in description.Heads)
        {
            var one = new JsonObject
            {
                ["output"] = OutputOf(head), ["kind"] = head.LossKind.ToString(), ["loss"] = head.Loss, ["targets"] = head.TargetWidth,
            };
            if (head.Levels.Count > 0)
            {
                one["levels"] = new JsonArray([.. head.Levels.Select(static l => (JsonNode)JsonValue.Create(l))]);
            }
            heads.Add((JsonNode)one);
        }
        yield return ("aarengen.heads", heads.ToJsonString());
        if (description.IsPerSeries)
        {
            yield return (
                "aarengen.series", new JsonArray([.. series.Select(static s => (JsonNode)JsonValue.Create(s))]).ToJsonString());
        }
    }

    private static void CheckSize(ModelDescription description)
    {
        long bytes = description.ParameterCount * sizeof(float);
        if (bytes > MaxBytes)
        {
            throw TooLarge(description, bytes);
        }
    }

    private static NotSupportedException TooLarge(ModelDescription description, long bytes) => new(string.Create(
        Invariant,
        $"'{description.Name}' cannot be exported: its file would have {bytes:N0} bytes, and an ONNX file has at most {MaxBytes:N0}. "
        + $"Declare narrower or fewer layers."));
}
