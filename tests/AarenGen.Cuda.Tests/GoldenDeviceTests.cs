using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>Models computed in float64 by PyTorch, on a device or what stands in for one: outputs, loss and every gradient by its own name.</summary>
[Collection(Requirements.Device)]
public sealed class GoldenDeviceTests
{
    // Relative L2 errors: float32 has 6e-8 an operation, TF32 5e-4 and bfloat16 4e-3 a factor of a product, of which errors are independent.
    private const double OutputBound = 1e-5, GradientBound = 1e-4, TensorFloat32Bound = 2e-3, BFloat16Bound = 2e-2;

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
        var golden = new GoldenCase<TModel>(name);
        Compare(golden, ProductPrecision.Float32, OutputBound, GradientBound);
        // There the query's and keys' gradients are what is left of far larger terms that cancel, so that rounded factors leave few digits.
        golden.AgainstWhole = name == "aaren-large-scores" ? [".mixer.query", ".mixer.q_proj", ".mixer.k_proj"] : [];
        Compare(golden, ProductPrecision.TensorFloat32, TensorFloat32Bound, TensorFloat32Bound);
        Compare(golden, ProductPrecision.BFloat16, BFloat16Bound, BFloat16Bound);
        golden.AssertNoErrors();
    }

    private static void Compare<TModel>(GoldenCase<TModel> golden, ProductPrecision products, double outputBound, double gradientBound)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var probe = new DeviceProbe<TModel>(golden.Model, golden.Data, products);
        golden.Compare(probe.Outputs, probe.Loss, probe.TokenGradients, probe.Gradient, outputBound, gradientBound);
    }
}
