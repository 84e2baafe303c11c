using System.Globalization;
using AarenGen.Cuda;
using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Benchmarks;

/// <summary>
/// What is compared with a reference: a model, the arithmetic of its products, and the largest relative error of outputs, loss or a
/// gradient.
/// </summary>
internal sealed record DeviceComparison(string What, MatrixPrecision Products, double Error, double Bound);

/// <summary>
/// Before anything is timed: outputs, losses and every gradient on the device against the CPU's, and against golden files where they are at
/// hand.
/// </summary>
internal sealed class DeviceCheck(IReadOnlyList<MatrixPrecision> products, bool isShort) : IModelVisitor<IReadOnlyList<DeviceComparison>>
{
    /// <summary>
    /// Relative L2 of rounded products from the CPU's, which are not: how far rounding carries depends on the weights, so this finds wrong
    /// kernels alone. Golden files of the same rounding say whether the kernels are right to the last digits.
    /// </summary>
    private const double RoundingBound = 0.3;

    /// <summary>The device beside the CPU, on sequences of unequal lengths.</summary>
    public IReadOnlyList<DeviceComparison> Visit<TModel>(BenchmarkModel<TModel> model)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel own = SequenceModel<TModel>.Create(seed: 5);
        SequenceList data = DeviceBatches.Random<TModel>(isShort ? [3, 6] : [3, 130, 1, 64, 65], seed: 6);
        IReadOnlyList<ParameterDescription> parameters = SequenceModel<TModel>.Description.Parameters;
        var expected = new GradientProbe<TModel>(own, data);
        double whole = Norm(parameters.SelectMany(expected.Gradient));
        return [.. products.SelectMany(p => Compare(new DeviceProbe<TModel>(own, data, p), p))];

        IEnumerable<DeviceComparison> Compare(DeviceProbe<TModel> actual, MatrixPrecision precision)
        {
            double output = Math.Max(Error(expected.Outputs, actual.Outputs, 0), Error([(float)expected.Loss], [(float)actual.Loss], 0));
            // Some gradients are 0 but for rounding: held against the whole.
            double gradient = parameters.Select(p => Error(expected.Gradient(p), actual.Gradient(p), 1e-3 * whole))
                .Append(Error(expected.TokenGradients, actual.TokenGradients, 0)).Max();
            yield return new(
                $"{model.Name} against the CPU: outputs, loss", precision, output,
                Bound(precision, Tolerance.BetweenFloat32.Output, RoundingBound));
            yield return new(
                $"{model.Name} against the CPU: gradients", precision, gradient,
                Bound(precision, Tolerance.BetweenFloat32.Gradient, RoundingBound));
        }
    }

    /// <summary>The device beside PyTorch's float64, as golden files have it; none where the files are not at hand.</summary>
    public IReadOnlyList<DeviceComparison> Golden()
    {
        var comparisons = new List<DeviceComparison>();
        if (!GoldenFiles.AreThere)
        {
            return comparisons;
        }
        foreach (ModelCase model in isShort ? GoldenModelCases.All.Take(1) : GoldenModelCases.All)
        {
            // A compilation takes seconds, so rounded operands are looked at for some models alone, among them one of each mixer.
            bool isInAll = model.Kernels is KernelListing.InEveryPrecision or KernelListing.Everywhere;
            IReadOnlyList<MatrixPrecision> own = isInAll ? products : [MatrixPrecision.Float32];
            foreach (string file in model.Golden)
            {
                model.Run(new GoldenComparison(file, own, comparisons));
            }
        }
        return comparisons;
    }

    /// <summary>Throws where an error is beyond its bound: times of wrong results are worth nothing.</summary>
    public static void Require(IEnumerable<DeviceComparison> comparisons)
    {
        string[] wrong = [.. comparisons.Where(static c => !(c.Error <= c.Bound)).Select(static c => string.Create(
            CultureInfo.InvariantCulture, $"{c.What}, products in {c.Products}: relative error {c.Error:G3} > {c.Bound:G3}"))];
        if (wrong.Length > 0)
        {
            throw new InvalidOperationException("The device computes something else:\n" + string.Join('\n', wrong));
        }
    }

    private sealed class GoldenComparison(
        string name, IReadOnlyList<MatrixPrecision> products, List<DeviceComparison> comparisons) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            foreach (MatrixPrecision precision in products)
            {
                string file = name + precision switch
                {
                    MatrixPrecision.TensorFloat32 => "-tf32",
                    MatrixPrecision.BFloat16 => "-bf16",
                    _ => "",
                };
                var golden = new GoldenCase<TModel>(file);
                var probe = new DeviceProbe<TModel>(golden.Model, golden.Data, precision);
                double error = golden.LargestError(probe.Outputs, probe.Loss, probe.TokenGradients, probe.Gradient);
                comparisons.Add(new(
                    $"{file}, golden file", precision, error, Bound(precision, Tolerance.Float32.Gradient, Tolerance.Rounded.Gradient)));
            }
        }
    }

    private static double Bound(MatrixPrecision products, double float32, double rounded) =>
        products == MatrixPrecision.Float32 ? float32 : rounded;

    private static double Error(float[] wanted, float[] got, double least) =>
        Norm(wanted.Zip(got, static (a, b) => a - b)) / Math.Max(Norm(wanted), least);

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(static v => (double)v * v));
}
