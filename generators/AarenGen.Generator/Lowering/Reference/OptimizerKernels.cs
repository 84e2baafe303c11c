using AarenGen.Generator.Model;

namespace AarenGen.Generator.Lowering.Reference;

/// <summary>The numbers of one step of AdamW: the scale of gradients, the longest gradient, and those of the formula.</summary>
internal sealed record ReferenceStep(
    double Scale, double Clip, double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, double Correction1,
    double Correction2);

/// <summary>The optimiser's reference kernels: those of optimizer.reference.cu.</summary>
internal static class OptimizerKernels
{
    /// <summary>One step, after the gradients.</summary>
    public static EquatableArray<ReferenceLaunch> Lower(ReferenceProgram program, ReferenceStep step)
    {
        EquatableArray<ReferenceArgument> arguments =
        [
            new BufferArgument(ReferenceBuffer.Weights), new BufferArgument(ReferenceBuffer.WeightGradients),
            new BufferArgument(ReferenceBuffer.FirstMoment), new BufferArgument(ReferenceBuffer.SecondMoment),
            new BufferArgument(ReferenceBuffer.GradientNorm),
            new ConstantsArgument(new(program.DecayRuns.SelectMany(static r => new[] { r.Start, r.Decays ? 1.0 : 0.0 }))),
            program.DecayRuns.Count, program.Parameters, step.Scale, step.Clip, step.LearningRate, step.Beta1, step.Beta2, step.Epsilon,
            step.WeightDecay, step.Correction1, step.Correction2,
        ];
        return [new("gradient_norm", ThreadCount.Of(1), arguments), new("adamw", ThreadCount.Of(program.Parameters), arguments)];
    }
}
