using AarenGen.Kernels;
using AarenGen.Memory;

namespace AarenGen.Training;

/// <summary>A thread's memory: a pass's tokens, targets and activations, and the thread's own gradients.</summary>
internal sealed class PassWorkspace<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;
    private static readonly int TokenStride = Layout.Pad(Description.InputWidth);
    private readonly AlignedBuffer tokens, memory;
    private readonly float[] rawTokens, targets, weights;
    private readonly int[] ends;

    public PassWorkspace(int capacity, bool training)
    {
        tokens = new(checked(capacity * TokenStride));
        memory = new(checked(capacity * Description.TrainingFloatsPerToken));
        rawTokens = new float[capacity * Description.InputWidth];
        targets = new float[checked(capacity * Description.OutputWidth)];
        weights = new float[capacity];
        ends = new int[capacity];
        Gradients = new(training ? Description.WeightFloats : 0);
    }

    public AlignedBuffer Gradients { get; }

    /// <summary>Sum of the losses since the last reset.</summary>
    public double Loss { get; private set; }

    /// <summary>Sum of the tokens' weights since the last reset.</summary>
    public double Weight { get; private set; }

    public long Tokens { get; private set; }

    public void Reset()
    {
        Loss = 0;
        Weight = 0;
        Tokens = 0;
        Gradients.Span.Clear();
    }

    /// <summary>Forward and loss only.</summary>
    public void Evaluate(TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed) =>
        Run(model, data, sequences, packed, dropoutSeed: 0, gradients: default);

    /// <summary>Forward and back, adding to the gradients.</summary>
    public void Train(
        TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed, ulong dropoutSeed,
        Span<float> tokenGradients = default, Span<float> outputs = default) =>
        Run(model, data, sequences, packed, dropoutSeed, Gradients.Span, tokenGradients, outputs);

    /// <summary>The pass's padded tokens' gradients and outputs are written to these, where they are not empty.</summary>
    private void Run(
        TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed, ulong dropoutSeed, Span<float> gradients,
        Span<float> tokenGradients = default, Span<float> outputs = default)
    {
        int rows = 0, count = 0;
        foreach (int index in sequences)
        {
            int length = data.LengthOf(index);
            Read(data, index, rows, length);
            rows += length;
            ends[count++] = rows;
        }
        Rows.Pad(rawTokens, rows, Description.InputWidth, tokens.Span);
        foreach (float weight in weights.AsSpan(0, rows))
        {
            Weight += weight;
        }
        Tokens += rows;
        Loss += model.RunTraining(new TrainingPass
        {
            Rows = rows,
            SequenceEnds = ends.AsSpan(0, count),
            Weights = model.Weights,
            Packed = packed,
            Tokens = tokens.Span[..(rows * TokenStride)],
            Targets = targets.AsSpan(0, rows * Description.OutputWidth),
            TokenWeights = weights.AsSpan(0, rows),
            LossScale = 1,
            Memory = memory.Span,
            Gradients = gradients,
            DropoutSeed = dropoutSeed,
            TokenGradients = tokenGradients,
            Outputs = outputs,
        });
    }

    private void Read(SequenceData data, int index, int row, int length)
    {
        Span<float> x = rawTokens.AsSpan(row * Description.InputWidth, length * Description.InputWidth);
        Span<float> y = targets.AsSpan(row * Description.OutputWidth, length * Description.OutputWidth);
        Span<float> w = weights.AsSpan(row, length);
        w.Fill(1);
        data.Read(index, x, y, w);
        for (int t = 0; t < length; t++)
        {
            Check(x.Slice(t * Description.InputWidth, Description.InputWidth), "token", index, t);
            if (w[t] != 0)
            {
                Check(y.Slice(t * Description.OutputWidth, Description.OutputWidth), "target", index, t);
            }
            if (!(w[t] >= 0 && float.IsFinite(w[t])))
            {
                throw new ArgumentException($"Sequence {index}, token {t}: the weight is {w[t]}, but must be 0 or more.");
            }
        }
    }

    private static void Check(ReadOnlySpan<float> values, string what, int sequence, int token)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"Sequence {sequence}, token {token}: the {what} holds {value}; mend the data, or give the token weight 0 if its target is unknown.");
            }
        }
    }
}
