using System.Runtime.InteropServices;
using AarenGen.Serialization;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>Models computed in float64 by PyTorch: outputs, loss and every gradient by its own name.</summary>
public sealed class GoldenTests
{
    // Relative L2 errors: float32 has 6e-8 an operation, some hundred of which follow each other, and gradients pass twice.
    private const double OutputBound = 1e-5, GradientBound = 1e-4;

    [Fact]
    public void Pre_norm() => Check<GoldenPre>("aaren-pre");

    [Fact]
    public void Post_norm() => Check<GoldenPost>("aaren-post");

    [Fact]
    public void Scores_far_beyond_the_exponential() => Check<GoldenOneBlock>("aaren-large-scores");

    [Fact]
    public void One_token() => Check<GoldenPost>("aaren-one-token");

    [Fact]
    public void Odd_shapes() => Check<GoldenOdd>("aaren-odd-shapes");

    [Fact]
    public void Classes() => Check<GoldenClasses>("aaren-cross-entropy");

    [Fact]
    public void Intervals() => Check<GoldenIntervals>("aaren-lognormal-mixture");

    [Fact]
    public void Transformer_pre_norm() => Check<TransformerPre>("transformer-pre");

    [Fact]
    public void Transformer_post_norm() => Check<TransformerPost>("transformer-post");

    [Fact]
    public void Min_gru_pre_norm() => Check<MinGruPre>("mingru-pre");

    [Fact]
    public void Min_gru_post_norm() => Check<MinGruPost>("mingru-post");

    [Fact]
    public void Min_lstm_pre_norm() => Check<MinLstmPre>("minlstm-pre");

    [Fact]
    public void Min_lstm_post_norm() => Check<MinLstmPost>("minlstm-post");

    private static void Check<TModel>(string name) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        Dictionary<string, double[]> golden = Read(name);
        TModel model = SequenceModel<TModel>.Allocated();
        ModelDescription description = SequenceModel<TModel>.Description;
        foreach (ParameterDescription p in description.Parameters)
        {
            double[] values = golden["p:" + p.Name];
            for (int i = 0; i < values.Length; i++)
            {
                model.Weights[p.Offset + i / p.Columns * p.RowStride + i % p.Columns] = (float)values[i];
            }
        }
        model.WeightsChanged();
        Assert.Equal(golden.Keys.Count(static k => k.StartsWith("p:", StringComparison.Ordinal)), description.Parameters.Count);

        float[] input = [.. golden["x:input"].Select(static v => (float)v)], target = [.. golden["x:target"].Select(static v => (float)v)];
        int rows = input.Length / description.InputWidth;
        int batch = name == "aaren-odd-shapes" ? 3 : 2, length = rows / batch;
        var data = new SequenceList(description.InputWidth, description.TargetWidth);
        for (int b = 0; b < batch; b++)
        {
            data.Add(
                input[(b * length * description.InputWidth)..((b + 1) * length * description.InputWidth)],
                target[(b * length * description.TargetWidth)..((b + 1) * length * description.TargetWidth)]);
        }
        var probe = new GradientProbe<TModel>(model, data);
        var errors = new List<string>();
        double whole = Math.Sqrt(description.Parameters.Sum(p => golden["g:" + p.Name].Sum(static g => g * g)));
        Compare("outputs", golden["y:output"], probe.Outputs, OutputBound);
        Compare("loss", golden["loss"], [(float)probe.Loss], OutputBound);
        Compare("input gradient", golden["g:input"], probe.TokenGradients, GradientBound);
        foreach (ParameterDescription p in description.Parameters)
        {
            Compare(p.Name, golden["g:" + p.Name], probe.Gradient(p), GradientBound);
        }

        var streamed = new float[probe.Outputs.Length];
        for (int b = 0; b < batch; b++)
        {
            StreamState<TModel> state = model.CreateState();
            for (int t = b * length; t < (b + 1) * length; t++)
            {
                model.Step(
                    state, input.AsSpan(t * description.InputWidth, description.InputWidth),
                    streamed.AsSpan(t * description.OutputWidth, description.OutputWidth));
            }
        }
        Compare("streamed outputs", golden["y:output"], streamed, OutputBound);
        Assert.True(errors.Count == 0, string.Join("\n", errors));

        void Compare(string what, double[] expected, float[] actual, double bound)
        {
            double difference = Math.Sqrt(expected.Zip(actual, static (e, a) => (e - a) * (e - a)).Sum());
            double size = Math.Sqrt(expected.Sum(static e => e * e));
            // Some gradients are 0 but for rounding (softmax does not see a key's bias): those are held against the whole gradient.
            if (!(difference <= bound * (size < 1e-12 * whole ? whole : size)))
            {
                errors.Add($"{what}: {difference:G3} of {size:G3}, relative {difference / size:G3} > {bound:G3}");
            }
        }
    }

    private static Dictionary<string, double[]> Read(string name)
    {
        using FileStream stream = File.OpenRead(Path.Combine(Repository.Root, "tests", "AarenGen.Tests", "Golden", name + ".safetensors"));
        (Dictionary<string, TensorEntry> tensors, _) = Safetensors.ReadHeader(stream);
        return tensors.Values.ToDictionary(static t => t.Name, t =>
        {
            var bytes = new byte[t.End - t.Start];
            stream.Position = t.Start;
            stream.ReadExactly(bytes);
            return t.Type == "I64"
                ? [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(static v => (double)v)]
                : MemoryMarshal.Cast<byte, double>(bytes).ToArray();
        });
    }
}
