using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>Models computed in float64 by PyTorch, on a device or what stands in for one: outputs, loss and every gradient by its own name.</summary>
[Collection(Requirements.Device)]
public sealed class GoldenDeviceTests
{
    // Relative L2 errors: float32 has 6e-8 an operation.
    private const double OutputBound = 1e-5, GradientBound = 1e-4;

    // Against the same rounding of the same factors in float64. Those that float32 leaves beside a tie are rounded to the other side: by 2^-8 for
    // bfloat16 and 2^-11 for TF32, one or two of some thousand in a case. The reference itself in float32 had, in 11 seeds of each of these
    // cases, up to 8.4e-4 for outputs and 2.4e-3 for a gradient, both where large scores make most of a softmax of few tokens.
    private const double RoundedOutputBound = 1e-3, RoundedGradientBound = 5e-3;

    [DeviceFact]
    public void Pre_norm() => Check<GoldenPre>("aaren-pre");

    [DeviceFact]
    public void Post_norm() => Check<GoldenPost>("aaren-post");

    [DeviceFact]
    public void Scores_far_beyond_the_exponential() => Check<GoldenOneBlock>("aaren-large-scores");

    [DeviceFact]
    public void One_token() => Check<GoldenPost>("aaren-one-token");

    [DeviceFact]
    public void Odd_shapes() => Check<GoldenOdd>("aaren-odd-shapes");

    [DeviceFact]
    public void Classes() => Check<GoldenClasses>("aaren-cross-entropy");

    [DeviceFact]
    public void Intervals() => Check<GoldenIntervals>("aaren-lognormal-mixture");

    [DeviceFact]
    public void Transformer_pre_norm() => Check<TransformerPre>("transformer-pre");

    [DeviceFact]
    public void Transformer_post_norm() => Check<TransformerPost>("transformer-post");

    [DeviceFact]
    public void Min_gru_pre_norm() => Check<MinGruPre>("mingru-pre");

    [DeviceFact]
    public void Min_gru_post_norm() => Check<MinGruPost>("mingru-post");

    [DeviceFact]
    public void Min_lstm_pre_norm() => Check<MinLstmPre>("minlstm-pre");

    [DeviceFact]
    public void Min_lstm_post_norm() => Check<MinLstmPost>("minlstm-post");

    private static void Check<TModel>(string name) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        Compare<TModel>(name, MatrixPrecision.Float32, OutputBound, GradientBound);
        Compare<TModel>(name + "-tf32", MatrixPrecision.TensorFloat32, RoundedOutputBound, RoundedGradientBound);
        Compare<TModel>(name + "-bf16", MatrixPrecision.BFloat16, RoundedOutputBound, RoundedGradientBound);
    }

    private static void Compare<TModel>(string name, MatrixPrecision products, double outputBound, double gradientBound)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var golden = new GoldenCase<TModel>(name);
        var probe = new DeviceProbe<TModel>(golden.Model, golden.Data, products);
        golden.Compare(probe.Outputs, probe.Loss, probe.TokenGradients, probe.Gradient, outputBound, gradientBound);
        golden.AssertNoErrors();
    }
}
