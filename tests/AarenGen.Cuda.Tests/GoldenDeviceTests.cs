using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// Models computed in float64 by PyTorch, on a device or what stands in for one: outputs, loss and every gradient by its own name.
/// </summary>
[Collection(Requirements.Device)]
public sealed class GoldenDeviceTests
{
    public static TheoryData<string, ProductPrecision> Files
    {
        get
        {
            var files = new TheoryData<string, ProductPrecision>();
            foreach (string file in ModelCases.GoldenFiles)
            {
                files.Add(file, ProductPrecision.Float32);
                files.Add(file, ProductPrecision.TensorFloat32);
                files.Add(file, ProductPrecision.BFloat16);
            }
            return files;
        }
    }

    [DeviceTheory]
    [MemberData(nameof(Files))]
    public void Outputs_loss_and_gradients_are_those_of_the_golden_file(string file, ProductPrecision products) =>
        ModelCases.OfGolden(file).Run(new Comparison(file, products));

    private sealed class Comparison(string file, ProductPrecision products) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            var golden = new GoldenCase<TModel>(file + products switch
            {
                ProductPrecision.TensorFloat32 => "-tf32",
                ProductPrecision.BFloat16 => "-bf16",
                _ => "",
            });
            var probe = new DeviceProbe<TModel>(golden.Model, golden.Data, products);
            Tolerance tolerance = products == ProductPrecision.Float32 ? Tolerance.Float32 : Tolerance.Rounded;
            golden.Compare(probe.Outputs, probe.Loss, probe.TokenGradients, probe.Gradient, tolerance);
            golden.AssertNoErrors();
        }
    }
}
