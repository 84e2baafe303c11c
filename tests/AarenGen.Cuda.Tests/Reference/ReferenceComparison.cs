using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests.Reference;

/// <summary>Holds a model's fast kernels against its plain ones, on random weights and data.</summary>
/// <param name="lengths">Of the sequences; those too short for an output are left out.</param>
/// <param name="seed">Of weights, data, dropout and errors.</param>
/// <param name="precision">Of matrix multiplications.</param>
/// <param name="change">Changes the fast kernels' source.</param>
/// <param name="queryScale">Multiplies the learned queries, and so the scores.</param>
internal sealed class ReferenceComparison(
    int[] lengths, int seed, MatrixPrecision precision = MatrixPrecision.Float32, Func<string, string>? change = null,
    float queryScale = 1) : IModelAction
{
    /// <summary>Runs whose results are off as float32 might leave them.</summary>
    public const int RunsWithErrors = 3;

    private readonly BoundedDistances distances = new();

    /// <summary>What is farther off than the arithmetic explains.</summary>
    public IReadOnlyList<string> Errors => distances.Errors;

    public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        SequenceList data = ModelData.Random<TModel>(
            [.. lengths.Where(l => description.Tokens.GetOutputCount(l) > 0)], seed, isWeighted: true);
        TModel model = SequenceModel<TModel>.Create(seed);
        foreach (ParameterDescription query in description.Parameters.Where(
            static p => p.Name.EndsWith("mixer.query", StringComparison.Ordinal)))
        {
            foreach (ref float weight in model.WeightBuffer.Span.Slice(query.Offset, query.Columns))
            {
                weight *= queryScale;
            }
        }
        ReferenceProbe<TModel> exact = Reference(errorSeed: 0);
        ReferenceProbe<TModel>[] off = [.. Enumerable.Range(1, RunsWithErrors).Select(i => Reference((ulong)(seed * RunsWithErrors + i)))];
        DeviceProgram program = model.DeviceProgram!;
        var fast = new DeviceProbe<TModel>(
            model, data, precision, (ulong)seed, change is null ? program : program with { Source = change(program.Source) });

        Compare("loss", [fast.Loss], static p => [p.Loss]);
        Compare("outputs", BoundedDistances.Double(fast.Outputs), static p => p.Outputs);
        Compare("token gradients", BoundedDistances.Double(fast.TokenGradients), static p => p.TokenGradients);
        foreach (ParameterDescription parameter in description.Parameters)
        {
            Compare(parameter.Name, BoundedDistances.Double(fast.Gradient(parameter)), p => p.Gradient(parameter));
        }

        ReferenceProbe<TModel> Reference(ulong errorSeed) => new(model, data, precision, (ulong)seed, errorSeed);

        void Compare(string what, double[] actual, Func<ReferenceProbe<TModel>, double[]> read) =>
            distances.Compare(what, read(exact), actual, off.Select(read));
    }
}
