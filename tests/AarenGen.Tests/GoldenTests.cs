using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>Models computed in float64 by PyTorch: outputs, loss and every gradient by its own name.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class GoldenTests
{
    public static TheoryData<string> Files => [.. ModelCases.GoldenFiles];

    [Theory]
    [MemberData(nameof(Files))]
    public void Outputs_loss_and_gradients_are_those_of_the_golden_file(string file) => ModelCases.OfGolden(file).Run(new Comparison(file));

    private sealed class Comparison(string file) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            var golden = new GoldenCase<TModel>(file);
            ModelDescription description = SequenceModel<TModel>.Description;
            var probe = new GradientProbe<TModel>(golden.Model, golden.Data);
            golden.Compare(probe.Outputs, probe.Loss, probe.TokenGradients, probe.Gradient, Tolerance.Float32);

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
            golden.Compare("streamed outputs", "y:output", streamed, Tolerance.Float32.Output);
            golden.AssertNoErrors();
        }
    }
}
