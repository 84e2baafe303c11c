using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Driver;
using AarenGen.Generator.Lowering.Reference;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests.Reference;

/// <summary>
/// Loss, outputs and all gradients of one sequence set as a single batch, computed by the plain kernels in double: what DeviceProbe's are
/// held against.
/// </summary>
internal sealed class ReferenceProbe<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;

    private readonly double[] gradients;
    private readonly double scale;

    /// <param name="model">The model.</param>
    /// <param name="data">The batch.</param>
    /// <param name="precision">Rounds the operands of matrix multiplications.</param>
    /// <param name="dropoutSeed">Decides what dropout drops.</param>
    /// <param name="errorSeed">
    /// 0: results are exact. Otherwise each is off by a random part of the bound of float32's errors in it, which this decides.
    /// </param>
    /// <param name="step">A step of AdamW from the gradients; its scale is that of the batch.</param>
    /// <param name="tensors">The moments that it begins with.</param>
    public ReferenceProbe(
        TModel model, SequenceData data, MatrixPrecision precision = MatrixPrecision.Float32, ulong dropoutSeed = 0, ulong errorSeed = 0,
        ReferenceStep? step = null, TrainingTensors? tensors = null)
    {
        ReferenceProgram program = ReferencePrograms.Of<TModel>();
        int[] all = [.. Enumerable.Range(0, data.Count)];
        int rows = all.Sum(i => BatchReader<TModel>.RowsOf(data.GetLength(i))), stride = BatchReader<TModel>.TokenStride;
        float[] tokens = new float[rows * stride], statistics = new float[rows * Description.RowStatistics],
            targets = new float[rows * Description.RowTargetWidth], tokenWeights = new float[rows], sequenceWeights = new float[rows];
        var ends = new int[data.Count * Description.Tokens.Channels];
        BatchExtent extent = new BatchReader<TModel>(all.Max(data.GetLength)) { Standardizer = model.Standardizer }.Read(data, all, new()
        {
            Tokens = tokens, Statistics = statistics, Targets = targets, TokenWeights = tokenWeights, SequenceWeights = sequenceWeights,
            Ends = ends,
        });
        scale = (float)(1 / extent.Weight);
        int width = Description.RowInputWidth;

        using var run = new ReferenceRun(ends, Double(statistics));
        run.Add(ReferenceBuffer.Weights, Double(model.WeightBuffer.Span));
        run.Add(ReferenceBuffer.WeightGradients, new double[Description.Layout.WeightFloats]);
        run.Add(ReferenceBuffer.Values, new double[rows * program.RowDoubles]);
        run.Add(ReferenceBuffer.ValueGradients, new double[rows * program.RowDoubles]);
        run.Add(ReferenceBuffer.Tokens, [.. Enumerable.Range(0, rows * width).Select(i => (double)tokens[i / width * stride + i % width])]);
        run.Add(ReferenceBuffer.TokenGradients, new double[rows * width]);
        run.Add(ReferenceBuffer.Work, new double[program.WorkDoubles]);
        run.Add(ReferenceBuffer.Targets, Double(targets));
        run.Add(ReferenceBuffer.TokenWeights, Double(tokenWeights));
        run.Add(ReferenceBuffer.SequenceWeights, Double(sequenceWeights));
        run.Add(ReferenceBuffer.Losses, new double[rows * program.Outputs.Count]);
        run.Launch(program.Launches, rows, precision, dropoutSeed, errorSeed);
        if (step is not null)
        {
            run.Add(ReferenceBuffer.FirstMoment, Double(tensors!.FirstMoment.Span));
            run.Add(ReferenceBuffer.SecondMoment, Double(tensors.SecondMoment.Span));
            run.Add(ReferenceBuffer.GradientNorm, new double[1]);
            run.Launch(OptimizerKernels.Lower(program, step with { Scale = scale }), rows, precision, dropoutSeed, errorSeed);
            Weights = run.Read(ReferenceBuffer.Weights);
            FirstMoment = run.Read(ReferenceBuffer.FirstMoment);
            SecondMoment = run.Read(ReferenceBuffer.SecondMoment);
        }

        Loss = run.Read(ReferenceBuffer.Losses).Sum() * scale;
        gradients = run.Read(ReferenceBuffer.WeightGradients);
        TokenGradients = [.. run.Read(ReferenceBuffer.TokenGradients).Select(g => g * scale)];
        double[] values = run.Read(ReferenceBuffer.Values);
        Outputs = new double[rows * Description.RowOutputWidth];
        foreach ((HeadDescription head, long memory) in Description.Heads.Zip(program.Outputs))
        {
            for (int row = 0; row < rows; row++)
            {
                values.AsSpan(checked((int)memory * rows + row * head.OutputWidth), head.OutputWidth)
                    .CopyTo(Outputs.AsSpan(row * Description.RowOutputWidth + head.OutputOffset));
            }
        }

        static double[] Double(ReadOnlySpan<float> values)
        {
            var result = new double[values.Length];
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = values[i];
            }
            return result;
        }
    }

    public double Loss { get; }

    public double[] Outputs { get; }

    public double[] TokenGradients { get; }

    /// <summary>All weights after a step.</summary>
    public double[] Weights { get; } = [];

    public double[] FirstMoment { get; } = [];

    public double[] SecondMoment { get; } = [];

    public double[] Gradient(ParameterDescription parameter) =>
    [
        .. Enumerable.Range(0, parameter.Rows * parameter.Columns).Select(i =>
            gradients[parameter.Offset + i / parameter.Columns * parameter.RowStride + i % parameter.Columns] * scale),
    ];
}
