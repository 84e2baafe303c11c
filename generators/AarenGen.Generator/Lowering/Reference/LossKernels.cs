using AarenGen.Generator.Model;

namespace AarenGen.Generator.Lowering.Reference;

/// <summary>The reference kernels of losses: those of losses.reference.cu.</summary>
internal static class LossKernels
{
    /// <summary>The kernel of each loss, by the name of its kernel on the CPU.</summary>
    private static readonly Dictionary<string, string> Kernels = new(StringComparer.Ordinal)
    {
        ["PointLosses.SquaredError"] = "squared_error",
        ["PointLosses.AbsoluteError"] = "absolute_error",
        ["PointLosses.Huber"] = "huber_loss",
        ["QuantileLoss.Pinball"] = "pinball_loss",
        ["GaussianLoss.NegativeLogLikelihood"] = "gaussian_likelihood",
        ["StudentTLoss.NegativeLogLikelihood"] = "student_t_likelihood",
        ["CrossEntropy.NegativeLogLikelihood"] = "cross_entropy",
        ["LogNormalMixture.NegativeLogLikelihood"] = "log_normal_mixture",
    };

    /// <summary>Whether a loss has a reference kernel.</summary>
    public static bool Has(Loss loss) => Kernels.ContainsKey(loss.Kernel);

    /// <summary>The loss of each row, and the gradient of its outputs.</summary>
    public static ReferenceLaunch Lower(HeadPlan head, int index, int rowTargetWidth, BufferArgument outputs)
    {
        Loss loss = head.Loss;
        // The constants of a loss are its numbers, as the fast kernel has them: in float32.
        ReferenceArgument[] constants =
            [.. loss.Device!.Constants.Select(static c => new ConstantsArgument(new(c.Values.Select(static v => (double)(float)v))))];
        return new(
            Kernels[loss.Kernel], ThreadCount.OfRows(1),
            [
                outputs, new BufferArgument(ReferenceBuffer.Targets, head.TargetOffset),
                new BufferArgument(head.IsPerSequence ? ReferenceBuffer.SequenceWeights : ReferenceBuffer.TokenWeights),
                (double)head.LossScale,
                ReferenceScope.GradientOf(outputs),
                new BufferArgument(ReferenceBuffer.Losses, index, IsPerRow: true), head.OutputWidth, loss.TargetWidth, rowTargetWidth,
                constants.Length > 0 ? constants[0] : ReferenceArgument.Null, constants.Length > 1 ? constants[1] : ReferenceArgument.Null,
                loss.Device.Constants.Count > 0 ? loss.Device.Constants[0].Values.Count : 0,
            ]);
    }
}
