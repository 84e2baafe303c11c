using AarenGen.Onnx.Format;
using AarenGen.Onnx.Translation;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AarenGen.Onnx.Tests;

/// <summary>What a graph says of itself, long streams, and what cannot be exported.</summary>
public sealed class ExportTests
{
    [Fact]
    public void Inputs_and_outputs_are_named_and_typed()
    {
        using OnnxSession step = OnnxSession.Of(SeriesByQuartiles.Create(1), OnnxGraph.Step),
            sequence = OnnxSession.Of(SeriesByQuartiles.Create(1), OnnxGraph.Sequence);
        string[] states =
        [
            "blocks.0.attended.maximum Double 2,1", "blocks.0.attended.sum Double 2,4", "blocks.0.attended.weight Double 2,1",
            "heads.Whole.0.output.sum Double 8", "tokens Int64 ",
        ];
        string[] heads = ["Kind Float 4", "Level Float 6", "Spread Float 2", "Wait Float 6", "Whole Float 3"];
        Assert.Equal(["series Int64 ", .. states.Select(static s => "state." + s), "token Float 5"], Names(step.Inputs, skipped: 1));
        Assert.Equal([.. heads, .. states.Select(static s => "next." + s)], Names(step.Outputs, skipped: 1));
        Assert.Equal(["series Int64 ", "tokens Float -1,5"], Names(sequence.Inputs, skipped: 1));
        IEnumerable<string> ofTokens = heads.Select(static h => h.Replace("Float ", "Float -1,", StringComparison.Ordinal));
        Assert.Equal([.. ofTokens, .. states.Select(static s => "next." + s)], Names(sequence.Outputs, skipped: 1));
        Assert.Equal(["batch", ""], step.Inputs["token"].SymbolicDimensions);
        Assert.Equal(["batch", "time", ""], sequence.Inputs["tokens"].SymbolicDimensions);
    }

    [Fact]
    public void Outputs_of_channels_and_patches_have_dimensions_of_their_own()
    {
        using OnnxSession step = OnnxSession.Of(PatchedChannels.Create(1), OnnxGraph.Step),
            sequence = OnnxSession.Of(PatchedChannels.Create(1), OnnxGraph.Sequence);
        Assert.Equal([-1, 3, 2], step.Outputs["output"].Dimensions);
        Assert.Equal(["batch", "outputs", "", ""], sequence.Outputs["output"].SymbolicDimensions);
        Assert.Equal([-1, 3, 2, 4], step.Inputs["state.blocks.0.attended.sum"].Dimensions);
    }

    [Theory]
    [InlineData(OnnxGraph.Step, "step")]
    [InlineData(OnnxGraph.Sequence, "sequence")]
    public void Metadata_say_which_model_it_is(OnnxGraph graph, string name)
    {
        using OnnxSession session = OnnxSession.Of(SeriesByQuartiles.Create(1), graph);
        Dictionary<string, string> metadata = session.Metadata.CustomMetadataMap;
        ModelDescription description = SeriesByQuartiles.Description;
        Assert.Equal("SeriesByQuartiles", metadata["aarengen.model"]);
        Assert.Equal(description.Fingerprint, metadata["aarengen.fingerprint"]);
        Assert.Equal(ModelTranslator.Version, metadata["aarengen.version"]);
        Assert.Equal(name, metadata["aarengen.graph"]);
        Assert.StartsWith(
            """[{"output":"Level","kind":"Quantiles","loss":"pinball loss at 0.1, 0.5, 0.9","targets":2,"levels":[0.1,0.5,0.9]},""",
            metadata["aarengen.heads"], StringComparison.Ordinal);
        Assert.Equal("[]", metadata["aarengen.series"]);
        Assert.Equal("AarenGen.Onnx", session.Metadata.ProducerName);
        Assert.Equal(description.Card, session.Metadata.Description);
        Assert.Equal("SeriesByQuartiles", session.Metadata.GraphName);
    }

    [Fact]
    public void The_series_of_the_metadata_are_in_the_order_of_the_input()
    {
        SeriesByMean model = SeriesByMean.Create(1);
        string[] names = Comparison.UseStatistics(model);
        using OnnxSession step = OnnxSession.Of(model, OnnxGraph.Step);
        Assert.Equal(names, System.Text.Json.JsonSerializer.Deserialize<string[]>(step.Metadata.CustomMetadataMap["aarengen.series"])!);
        Assert.Equal("first", names[0]);
        float[] token = [1, 2, 3], expected = new float[2];
        model.Step(model.CreateState("first"), token, expected);
        float[] actual = step.Run([.. step.NewStates(1), new("token", OnnxTensor.Of(token, 1, 3)), new("series", OnnxTensor.Of([1L], 1))])[
            "output"].Floats;
        Assert.Equal(expected[0], actual[0], 1e-5f);
        // Neither a series that there is not, nor one that would count from the end.
        foreach (long series in (long[])[3, -1, -3])
        {
            Assert.ThrowsAny<Exception>(() => step.Run(
                [.. step.NewStates(1), new("token", OnnxTensor.Of(token, 1, 3)), new("series", OnnxTensor.Of([series], 1))]));
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(-1)]
    [InlineData(2.5f)]
    [InlineData(float.NaN)]
    public void A_category_that_there_is_not_is_an_error(float category)
    {
        using OnnxSession step = OnnxSession.Of(SummedInputs.Create(1), OnnxGraph.Step);
        KeyValuePair<string, OnnxTensor>[] Inputs(float c) => [.. step.NewStates(1), new("token", OnnxTensor.Of([c, 1, 1, 1, 1], 1, 5))];
        Assert.All(step.Run(Inputs(6))["output"].Floats, static v => Assert.True(float.IsFinite(v)));
        Assert.Contains("Gather", Assert.ThrowsAny<Exception>(() => step.Run(Inputs(category))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_streams_stay_exact()
    {
        Check<CarriedTokens>();
        Check<Convolutions>();
        Check<ScannedForgetting>();
        Check<Recurrences>();

        // 6e-8 an operation, some hundred of which follow each other; what sums over time is in double.
        static void Check<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            const int Length = 5_000;
            TModel model = SequenceModel<TModel>.Create(3);
            ModelDescription description = SequenceModel<TModel>.Description;
            HeadDescription head = description.Heads[0];
            int width = description.InputWidth, outputWidth = description.OutputWidth;
            float[] tokens = new float[Length * width], expected = new float[Length * outputWidth];
            ModelData.Random<TModel>([Length], seed: 5).ReadTokens(0, tokens);
            model.Forward(model.CreateState(), tokens, expected);
            using OnnxSession step = OnnxSession.Of(model, OnnxGraph.Step);
            Dictionary<string, OnnxTensor> states = step.NewStates(1);
            for (int t = 0; t < Length; t++)
            {
                Dictionary<string, OnnxTensor> results = step.Run(
                    [.. states, new("token", OnnxTensor.Of(tokens.AsSpan(t * width, width).ToArray(), 1, width))]);
                states = OnnxSession.StatesOf(results);
                if (t >= Length - 100)
                {
                    float[] actual = results[head.Name].Floats;
                    double size = expected.Max(Math.Abs);
                    for (int i = 0; i < head.OutputWidth; i++)
                    {
                        Assert.Equal(expected[t * outputWidth + head.OutputOffset + i], actual[i], Tolerance.Float32.Output * size);
                    }
                }
            }
        }
    }

    [Fact]
    public void Large_units_cost_no_digits()
    {
        StandardizedTargets model = StandardizedTargets.Create(1);
        ModelDescription description = StandardizedTargets.Description;
        ColumnScale[] tokens = Scales(StandardizationStatistics.StandardizedTokens(description), new(1 << 20, 0.5)),
            targets = Scales(StandardizationStatistics.StandardizedTargets(description), new(1 << 10, 1.0 / 64));
        StandardizationStatistics.RepeatTokens(description, tokens, targets);
        model.UseStatistics(new(isFitted: true, tokens, targets));
        using OnnxSession step = OnnxSession.Of(model, OnnxGraph.Step);
        // A float of this size has digits of an eighth: standardised, of a quarter.
        float[] token = [.. tokens.Select(static (c, i) => c == ColumnScale.None ? 1f : (1 << 20) + 0.125f * (i + 1))],
            expected = new float[StandardizedTargets.OutputWidth];
        model.Step(model.CreateState(), token, expected);
        float[] actual = step.Run([.. step.NewStates(1), new("token", OnnxTensor.Of(token, 1, token.Length))])["output"].Floats;
        for (int i = 0; i < expected.Length; i++)
        {
            // A float of the outputs' size, and what the scale makes of the layers' rounding.
            Assert.Equal(expected[i], actual[i], 1.3e-4);
        }

        static ColumnScale[] Scales(bool[] standardized, ColumnScale scale) => [.. standardized.Select(s => s ? scale : ColumnScale.None)];
    }

    [Fact]
    public void Other_ways_to_write_a_graph_compute_the_same()
    {
        ScannedConvolutions model = ScannedConvolutions.Create(1);
        float[] token = ModelData.Uniform(new(1), ScannedConvolutions.InputWidth), expected = new float[ScannedConvolutions.OutputWidth];
        model.Step(model.CreateState(), token, expected);
        foreach (bool folds in (bool[])[true, false])
        {
            foreach (ElementType sums in (ElementType[])[ElementType.Float, ElementType.Double])
            {
                using var stream = new MemoryStream();
                OnnxExport.Translate(model, OnnxGraph.Step, new() { FoldsQueries = folds, Sums = sums }).WriteTo(stream);
                using var step = new OnnxSession(stream.ToArray());
                Assert.Equal(sums == ElementType.Float ? TensorElementType.Float : TensorElementType.Double, step.Inputs.First(
                    static i => i.Key.EndsWith(".maximum", StringComparison.Ordinal)).Value.ElementDataType);
                float[] actual = step.Run([.. step.NewStates(1), new("token", OnnxTensor.Of(token, 1, token.Length))])["output"].Floats;
                double size = expected.Max(Math.Abs);
                Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Tolerance.Float32.Output * size));
            }
        }
    }

    [Fact]
    public void A_narrower_precision_of_inference_is_exported_as_float()
    {
        Wide model = Wide.Create(1);
        byte[] exact = OnnxSession.Export(model, OnnxGraph.Step);
        model.UsePrecision(WeightPrecision.Int8);
        Assert.Equal(exact, OnnxSession.Export(model, OnnxGraph.Step));
    }

    [Fact]
    public void A_file_holds_what_a_stream_holds_and_replaces_another_whole()
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-onnx-").FullName, path = Path.Combine(folder, "model.onnx");
        try
        {
            Tiny model = Tiny.Create(1);
            File.WriteAllText(path, "before");
            model.ExportOnnx(path, OnnxGraph.Sequence);
            Assert.Equal(OnnxSession.Export(model, OnnxGraph.Sequence), File.ReadAllBytes(path));
            Assert.Single(Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        Tiny model = Tiny.Create(1);
        Assert.Equal("path", Assert.Throws<ArgumentNullException>(() => model.ExportOnnx((string)null!, OnnxGraph.Step)).ParamName);
        Assert.Equal("path", Assert.Throws<ArgumentException>(() => model.ExportOnnx("", OnnxGraph.Step)).ParamName);
        Assert.Equal("stream", Assert.Throws<ArgumentNullException>(() => model.ExportOnnx((Stream)null!, OnnxGraph.Step)).ParamName);
        using var closed = new MemoryStream([], writable: false);
        Assert.Equal("stream", Assert.Throws<ArgumentException>(() => model.ExportOnnx(closed, OnnxGraph.Step)).ParamName);
        Assert.Equal("model", Assert.Throws<ArgumentNullException>(() => ((Tiny)null!).ExportOnnx("x.onnx", OnnxGraph.Step)).ParamName);
        var wrong = Assert.Throws<ArgumentOutOfRangeException>(() => model.ExportOnnx("x.onnx", (OnnxGraph)2));
        Assert.Equal("graph", wrong.ParamName);
        Assert.Contains("choose Step or Sequence", wrong.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("x.onnx"));
        Assert.Throws<DirectoryNotFoundException>(() => model.ExportOnnx("/nowhere/x.onnx", OnnxGraph.Step));
    }

    [Fact]
    public void Weights_that_are_not_finite_are_refused()
    {
        Tiny model = Tiny.Create(1);
        model.Weights[0] = float.NaN;
        using var stream = new MemoryStream();
        var e = Assert.Throws<InvalidOperationException>(() => model.ExportOnnx(stream, OnnxGraph.Step));
        Assert.Contains("NaN", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void An_operation_that_is_not_known_is_named_with_its_layer()
    {
        LayerDescription layer = new("blocks", 3, 1, -1, "Copy output 1 input - -\nFourier output 1 output - -");
        var e = Assert.Throws<NotSupportedException>(() => ModelTranslator.Translate(
            LinearPlain.Description, [layer], new float[LinearPlain.Description.Layout.WeightFloats], null, OnnxGraph.Step, new()));
        Assert.Equal(
            "'LinearPlain' cannot be exported: its layer 'blocks.3' has the operation 'Fourier', which this version of AarenGen.Onnx does "
            + "not know. Use the versions of AarenGen and AarenGen.Onnx that belong together.", e.Message);
    }

    [Fact]
    public void A_model_that_is_too_large_for_a_file_is_refused_before_any_work()
    {
        // Gigabytes of parameters, which nobody has to hold: the description says so.
        ModelDescription huge = LinearPlain.Description with
        {
            Layout = new([new("huge", null, 1, 0, "weight 40000x40000 0 Zeros 0 decays")], 1, 1, 1, 1, 1, 1, 1, 1, 0),
        };
        Assert.Equal(
            "'LinearPlain' cannot be exported: its file would have 6,400,000,000 bytes, and an ONNX file has at most 2,147,483,647. "
            + "Declare narrower or fewer layers.",
            Assert.Throws<NotSupportedException>(() => ModelTranslator.Translate(huge, [], [], null, OnnxGraph.Step, new())).Message);
    }

    private static string[] Names(IReadOnlyDictionary<string, Microsoft.ML.OnnxRuntime.NodeMetadata> values, int skipped) =>
    [
        .. values.Select(v => $"{v.Key} {v.Value.ElementDataType} {string.Join(',', v.Value.Dimensions.Skip(skipped))}")
            .Order(StringComparer.Ordinal),
    ];

}
