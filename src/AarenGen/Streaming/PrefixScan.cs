using System.ComponentModel;
using AarenGen.Kernels;
using AarenGen.Memory;
using AarenGen.Training;

namespace AarenGen;

/// <summary>A model whose blocks can be run one by one, and whose states combine: generated code implements it.</summary>
/// <typeparam name="TModel">The model.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IPrefixScan<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>How many blocks the model has, layers without repetition counting one.</summary>
    int Blocks { get; }

    /// <summary>Floats of the widest row between two blocks, padded.</summary>
    int WidestRow { get; }

    /// <summary>Whether a block remembers something of a stream.</summary>
    bool Remembers(int block);

    /// <summary>Runs rows through a block; where there is no output, only as far as brings what the block remembers up to date.</summary>
    void Infer(int number, scoped in InferencePass<TModel> pass, ReadOnlySpan<float> input, Span<float> output);

    /// <summary>Of what a block remembers after two stretches, the later begun from nothing, makes what it remembers after both.</summary>
    void Combine(int number, Span<double> earlier, ReadOnlySpan<double> later);
}

/// <summary>
/// One sequence over several threads, block by block. Where a block remembers, each thread first finds what it would remember of
/// its own stretch alone; these are combined from the left, so that each thread knows what came before it; then all run the block.
/// The first of the two is a small part of the work: for Aaren the values' projection, of four and the feed-forward network's.
/// </summary>
/// <typeparam name="TModel">The model.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class PrefixScan<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>, IPrefixScan<TModel>
{
    /// <summary>Tokens of a thread at a time: rows between blocks take memory, and threads wait for each other at every block.</summary>
    private const int StretchTokens = 2048;

    /// <summary>Runs tokens of one stream; see the generated method of this signature.</summary>
    public static void Run(TModel model, StreamState<TModel> state, ReadOnlySpan<float> tokens, Span<float> outputs, int threads)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        int count = SequenceModel<TModel>.CheckTokens(state, tokens, outputs), inputWidth = SequenceModel<TModel>.Description.InputWidth, outputWidth = SequenceModel<TModel>.Description.OutputWidth;
        if (threads == 1 || count < 2 * threads)
        {
            model.Forward(state, tokens, outputs);
            return;
        }
        using var team = new WorkerTeam(threads);
        int capacity = Math.Min(threads * StretchTokens, count);
        var segment = new Segment(model, threads, capacity);
        for (int first = 0; first < count; first += capacity)
        {
            int rows = Math.Min(capacity, count - first);
            segment.Run(team, state, rows, tokens.Slice(first * inputWidth, rows * inputWidth), outputs.Slice(first * outputWidth, rows * outputWidth));
        }
        state.TokenCount += count;
    }

    /// <summary>Some thousands of rows on their way through the model.</summary>
    private sealed class Segment
    {
        private readonly TModel model;

        /// <summary>Of each stretch: what it would be remembered by alone, and what is remembered as it runs, begun from what came before it.</summary>
        private readonly StreamState<TModel>[] alone, running;
        private readonly Action<int> advance, infer;
        private AlignedBuffer input, output;
        private int block, rows;

        public Segment(TModel model, int threads, int capacity)
        {
            this.model = model;
            alone = [.. Enumerable.Range(0, threads).Select(_ => model.CreateState())];
            running = [.. Enumerable.Range(0, threads).Select(_ => model.CreateState())];
            input = new(checked(capacity * model.WidestRow));
            output = new(input.Length);
            advance = worker => RunStretch(worker, isAdvance: true);
            infer = worker => RunStretch(worker, isAdvance: false);
        }

        public void Run(WorkerTeam team, StreamState<TModel> state, int count, ReadOnlySpan<float> tokens, Span<float> outputs)
        {
            rows = count;
            int inputWidth = SequenceModel<TModel>.Description.InputWidth, outputWidth = SequenceModel<TModel>.Description.OutputWidth;
            foreach ((int first, int length) in Passes())
            {
                Rows.Pad(tokens.Slice(first * inputWidth, length * inputWidth), length, inputWidth, input.Span[(first * model.WidestRow)..]);
            }
            foreach (StreamState<TModel> stretch in alone.Concat(running))
            {
                stretch.Reset();
            }
            state.CopyTo(running[0]);
            for (block = 0; block < model.Blocks; block++)
            {
                if (model.Remembers(block))
                {
                    team.Run(advance);
                    for (int i = 1; i < running.Length; i++)
                    {
                        // What came before the stretch before, joined to nothing, then that stretch.
                        model.Combine(block, running[i].LayerMemory(0), running[i - 1].LayerMemory(0));
                        model.Combine(block, running[i].LayerMemory(0), alone[i - 1].LayerMemory(0));
                    }
                }
                team.Run(infer);
                (input, output) = (output, input);
            }
            running[^1].LayerMemory(0).CopyTo(state.LayerMemory(0));
            foreach ((int first, int length) in Passes())
            {
                Rows.Unpad(input.Span[(first * model.WidestRow)..], length, outputWidth, outputs.Slice(first * outputWidth, length * outputWidth));
            }
        }

        /// <summary>The passes of all stretches. The rows of a pass lie one after the other from first times the widest row on.</summary>
        private IEnumerable<(int First, int Length)> Passes() => Enumerable.Range(0, running.Length).SelectMany(Passes);

        private IEnumerable<(int First, int Length)> Passes(int stretch)
        {
            int end = (int)((long)rows * (stretch + 1) / running.Length), step = SequenceModel<TModel>.Description.Layout.RowsPerPass;
            for (int first = (int)((long)rows * stretch / running.Length); first < end; first += step)
            {
                yield return (first, Math.Min(step, end - first));
            }
        }

        private void RunStretch(int worker, bool isAdvance)
        {
            // The last stretch comes before none.
            if (isAdvance && worker == running.Length - 1)
            {
                return;
            }
            int stride = model.WidestRow;
            foreach ((int first, int count) in Passes(worker))
            {
                InferencePass<TModel> pass = model.Pass(new(ref (isAdvance ? alone : running)[worker]), count, default, default);
                model.Infer(
                    block, pass, input.Span.Slice(first * stride, count * stride), isAdvance ? default : output.Span.Slice(first * stride, count * stride));
            }
        }
    }
}
