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
        var golden = new GoldenCase<TModel>(name);
        ModelDescription description = SequenceModel<TModel>.Description;
        var probe = new GradientProbe<TModel>(golden.Model, golden.Data);
        golden.Compare(probe.Outputs, probe.Loss, probe.TokenGradients, probe.Gradient, OutputBound, GradientBound);

        var streamed = new float[probe.Outputs.Length];
        for (int b = 0; b < golden.Sequences; b++)
        {
            StreamState<TModel> state = golden.Model.CreateState();
            for (int t = b * golden.Length; t < (b + 1) * golden.Length; t++)
            {
                golden.Model.Step(
                    state, golden.Input.AsSpan(t * description.InputWidth, description.InputWidth),
                    streamed.AsSpan(t * description.OutputWidth, description.OutputWidth));
            }
        }
        golden.Compare("streamed outputs", "y:output", streamed, OutputBound);
        golden.AssertNoErrors();
    }
}
