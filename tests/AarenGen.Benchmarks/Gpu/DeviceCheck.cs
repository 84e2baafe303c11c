using System.Globalization;
using AarenGen.Cuda;
using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Benchmarks;

/// <summary>What is compared with a reference: a model, the arithmetic of its products, and the largest relative error of outputs, loss or a gradient.</summary>
internal sealed record DeviceComparison(string What, MatrixPrecision Products, double Error, double Bound);

/// <summary>Before anything is timed: outputs, losses and every gradient on the device against the CPU's, and against golden files where they are at hand.</summary>
internal sealed class DeviceCheck(IReadOnlyList<MatrixPrecision> products, bool isShort) : IModelVisitor<IReadOnlyList<DeviceComparison>>
{
    /// <summary>Relative L2, as the tests have it: two computations in float32 whose sums are taken in another order.</summary>
    private const double OutputBound = 2e-5, GradientBound = 2e-4;

    /// <summary>
    /// Relative L2 of rounded products from the CPU's, which are not: how far rounding carries depends on the weights, so this finds wrong kernels
    /// alone. Golden files of the same rounding say whether the kernels are right to the last digits.
    /// </summary>
    private const double RoundingBound = 0.3;

    /// <summary>Relative L2 from golden files, in float64; where factors of products are rounded, from files of the same rounding, as the tests have it.</summary>
    private const double GoldenBound = 1e-4, RoundedGoldenBound = 5e-3;

    /// <summary>The device beside the CPU, on sequences of unequal lengths.</summary>
    public IReadOnlyList<DeviceComparison> Visit<TModel>(BenchmarkModel<TModel> model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
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
            double gradient = parameters.Select(p => Error(expected.Gradient(p), actual.Gradient(p), 1e-3 * whole)).Append(Error(expected.TokenGradients, actual.TokenGradients, 0)).Max();
            yield return new($"{model.Name} against the CPU: outputs, loss", precision, output, Bound(precision, OutputBound, RoundingBound));
            yield return new($"{model.Name} against the CPU: gradients", precision, gradient, Bound(precision, GradientBound, RoundingBound));
        }
    }

    /// <summary>The device beside PyTorch's float64, as golden files have it; none where the files are not at hand.</summary>
    public IEnumerable<DeviceComparison> Golden()
    {
        if (!GoldenFiles.AreThere)
        {
            return [];
        }
        IEnumerable<DeviceComparison> all = Golden<GoldenPre>("aaren-pre", products);
        // A compilation takes seconds, so that rounded products are looked at once a mixer.
        MatrixPrecision[] float32 = [MatrixPrecision.Float32];
        return isShort ? all : all.Concat(Golden<TransformerPre>("transformer-pre", products)).Concat(Golden<MinGruPre>("mingru-pre", products)).Concat(Golden<MinLstmPre>("minlstm-pre", products))
            .Concat(Golden<GoldenPost>("aaren-post", float32)).Concat(Golden<GoldenPost>("aaren-one-token", float32)).Concat(Golden<GoldenOneBlock>("aaren-large-scores", float32))
            .Concat(Golden<GoldenOdd>("aaren-odd-shapes", float32)).Concat(Golden<GoldenClasses>("aaren-cross-entropy", float32)).Concat(Golden<GoldenIntervals>("aaren-lognormal-mixture", float32))
            .Concat(Golden<TransformerPost>("transformer-post", float32)).Concat(Golden<MinGruPost>("mingru-post", float32)).Concat(Golden<MinLstmPost>("minlstm-post", float32));
    }

    /// <summary>Throws where an error is beyond its bound: times of wrong results are worth nothing.</summary>
    public static void Require(IEnumerable<DeviceComparison> comparisons)
    {
        string[] wrong = [.. comparisons.Where(static c => !(c.Error <= c.Bound)).Select(static c => string.Create(CultureInfo.InvariantCulture, $"{c.What}, products in {c.Products}: relative error {c.Error:G3} > {c.Bound:G3}"))];
        if (wrong.Length > 0)
        {
            throw new InvalidOperationException("The device computes something else:\n" + string.Join('\n', wrong));
        }
    }

    private static IEnumerable<DeviceComparison> Golden<TModel>(string name, IReadOnlyList<MatrixPrecision> products) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        return products.Select(precision =>
        {
            string file = name + precision switch { MatrixPrecision.TensorFloat32 => "-tf32", MatrixPrecision.BFloat16 => "-bf16", _ => "" };
            var golden = new GoldenCase<TModel>(file);
            var probe = new DeviceProbe<TModel>(golden.Model, golden.Data, precision);
            double error = golden.LargestError(probe.Outputs, probe.Loss, probe.TokenGradients, probe.Gradient);
            return new DeviceComparison($"{file}, golden file", precision, error, Bound(precision, GoldenBound, RoundedGoldenBound));
        });
    }

    private static double Bound(MatrixPrecision products, double float32, double rounded) => products == MatrixPrecision.Float32 ? float32 : rounded;

    private static double Error(float[] wanted, float[] got, double least) => Norm(wanted.Zip(got, static (a, b) => a - b)) / Math.Max(Norm(wanted), least);

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(static v => (double)v * v));
}
