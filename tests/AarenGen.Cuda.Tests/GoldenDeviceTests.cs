using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// Models computed in float64 by PyTorch, on a device or what stands in for one: outputs, loss and every gradient by its own name.
/// </summary>
[Collection(Requirements.Device)]
public sealed class GoldenDeviceTests
{
    public static TheoryData<string, MatrixPrecision> Files
    {
        get
        {
            var files = new TheoryData<string, MatrixPrecision>();
            foreach (string file in ModelCases.GoldenFiles)
            {
                files.Add(file, MatrixPrecision.Float32);
                files.Add(file, MatrixPrecision.TensorFloat32);
                files.Add(file, MatrixPrecision.BFloat16);
            }
            return files;
        }
    }

    [DeviceTheory]
    [MemberData(nameof(Files))]
    public void Outputs_loss_and_gradients_are_those_of_the_golden_file(string file, MatrixPrecision products) =>
        ModelCases.OfGolden(file).Run(new Comparison(file, products));

    /// <summary>The file of a case whose matrix multiplications round their operands.</summary>
    internal static string FileOf(string file, MatrixPrecision products) => file + products switch
    {
        MatrixPrecision.TensorFloat32 => "-tf32",
        MatrixPrecision.BFloat16 => "-bf16",
        _ => "",
    };

    private sealed class Comparison(string file, MatrixPrecision products) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            var golden = new GoldenCase<TModel>(FileOf(file, products));
            var probe = new DeviceProbe<TModel>(golden.Model, golden.Data, products);
            Tolerance tolerance = products == MatrixPrecision.Float32 ? Tolerance.Float32 : Tolerance.Rounded;
            golden.Compare(probe.Outputs, probe.Loss, probe.TokenGradients, probe.Gradient, tolerance);
            golden.AssertNoErrors();
        }
    }
}
