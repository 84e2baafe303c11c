using System.ComponentModel;
using AarenGen.Kernels;
using AarenGen.Memory;
using AarenGen.Training;

namespace AarenGen;

/// <summary>A model whose blocks run one by one and whose states combine. Generated code implements it; the library calls it.</summary>
/// <typeparam name="TModel">The model.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IPrefixScan<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Number of blocks; a layer without repetition counts as one.</summary>
    int Blocks { get; }

    /// <summary>Floats of the widest row between two blocks, padded.</summary>
    int WidestRow { get; }

    /// <summary>Number of a block's recurrences; 0 where it has no state.</summary>
    int Recurrences(int block);

    /// <summary>Runs rows through a block, or up to its recurrence <see cref="InferencePass{TModel}.LastRecurrence"/>.</summary>
    void Infer(int block, scoped in InferencePass<TModel> pass, ReadOnlySpan<float> input, Span<float> output);

    /// <summary>
    /// Combines a recurrence's states of two consecutive chunks of time, the later one started from the zero state.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="recurrence">The number of the recurrence in the block.</param>
    /// <param name="earlier">The state of the earlier chunk; overwritten with the state of both.</param>
    /// <param name="later">The state of the later chunk.</param>
    void Combine(int block, int recurrence, Span<double> earlier, ReadOnlySpan<double> later);
}

/// <summary>
/// Runs one sequence on several threads, block by block. Each thread has a chunk of the sequence. For each recurrence of the block, each
/// thread first computes the state of only its own chunk. These states are combined from the left, so that each thread knows the state
/// before its chunk, and with it the inputs of the next recurrence. Then all threads run the block. Computing the states is a small part
/// of the work: for Aaren, the projection of the values.
/// </summary>
/// <typeparam name="TModel">The model.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class PrefixScan<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>, IPrefixScan<TModel>
{
    /// <summary>Tokens of a chunk. More take more memory between blocks; fewer make threads wait for each other more often.</summary>
    private const int ChunkTokens = 2048;

    /// <summary>Runs tokens of one stream; see the generated method of this signature.</summary>
    public static void Run(TModel model, StreamState<TModel> state, ReadOnlySpan<float> tokens, Span<float> outputs, int threads)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        int count = model.CheckTokens(state, tokens, outputs);
        int inputWidth = SequenceModel<TModel>.Description.InputWidth, outputWidth = SequenceModel<TModel>.Description.OutputWidth;
        if (threads == 1 || count < 2 * threads)
        {
            model.Forward(state, tokens, outputs);
            return;
        }
        model.Adopt(new ReadOnlySpan<StreamState<TModel>>(ref state));
        using var team = new WorkerTeam(threads);
        int capacity = Math.Min(threads * ChunkTokens, count);
        var segment = new Segment(model, threads, capacity);
        for (int first = 0; first < count; first += capacity)
        {
            int rows = Math.Min(capacity, count - first);
            segment.Run(
                team, state, rows, tokens.Slice(first * inputWidth, rows * inputWidth),
                outputs.Slice(first * outputWidth, rows * outputWidth));
            state.TokenCount += rows;
        }
    }

    /// <summary>A segment of the sequence, with a chunk for each thread.</summary>
    private sealed class Segment
    {
        private readonly TModel model;

        /// <summary>For each chunk: the state of only the chunk, and the state that includes the chunks before it.</summary>
        private readonly StreamState<TModel>[] alone, running;
        private readonly Action<int> advance, infer;
        private readonly float[] standardized = new float[SequenceModel<TModel>.Description.InputWidth];
        private AlignedBuffer input, output;
        private int block, recurrence, rows;

        public Segment(TModel model, int threads, int capacity)
        {
            this.model = model;
            alone = [.. Enumerable.Range(0, threads).Select(_ => model.CreateState())];
            running = [.. Enumerable.Range(0, threads).Select(_ => model.CreateState())];
            input = new(checked(capacity * model.WidestRow));
            output = new(input.Length);
            advance = worker => RunChunk(worker, isAdvance: true);
            infer = worker => RunChunk(worker, isAdvance: false);
        }

        public void Run(WorkerTeam team, StreamState<TModel> state, int count, ReadOnlySpan<float> tokens, Span<float> outputs)
        {
            rows = count;
            int inputWidth = standardized.Length, outputWidth = SequenceModel<TModel>.Description.OutputWidth;
            foreach ((int first, int length) in Passes())
            {
                Pad(state, first, tokens.Slice(first * inputWidth, length * inputWidth), input.Span[(first * model.WidestRow)..]);
            }
            foreach (StreamState<TModel> chunk in alone.Concat(running))
            {
                chunk.Reset();
            }
            state.CopyTo(running[0]);
            for (block = 0; block < model.Blocks; block++)
            {
                for (recurrence = 0; recurrence < model.Recurrences(block); recurrence++)
                {
                    team.Run(advance);
                    for (int i = 1; i < running.Length; i++)
                    {
                        // The zero state takes the state before the previous chunk, then that chunk's own.
                        model.Combine(block, recurrence, running[i].LayerMemory(0), running[i - 1].LayerMemory(0));
                        model.Combine(block, recurrence, running[i].LayerMemory(0), alone[i - 1].LayerMemory(0));
                    }
                }
                team.Run(infer);
                (input, output) = (output, input);
            }
            running[^1].LayerMemory(0).CopyTo(state.LayerMemory(0));
            foreach ((int first, int length) in Passes())
            {
                Rows.Unpad(
                    input.Span[(first * model.WidestRow)..], length, outputWidth,
                    outputs.Slice(first * outputWidth, length * outputWidth));
            }
            model.ScalesOf(state)?.RestoreOutputs(outputs);
        }

        /// <summary>Writes tokens as the padded rows of a pass, the first of which has a position in the segment.</summary>
        private void Pad(StreamState<TModel> state, int first, ReadOnlySpan<float> tokens, Span<float> padded)
        {
            ModelDescription description = SequenceModel<TModel>.Description;
            Standardizer? scales = model.ScalesOf(state);
            int width = description.InputWidth, rowWidth = description.RowInputWidth, stride = Layout.Pad(rowWidth);
            for (int row = 0; row * width < tokens.Length; row++)
            {
                ReadOnlySpan<float> token = tokens.Slice(row * width, width);
                Span<float> own = padded.Slice(row * stride, stride);
                own[rowWidth..].Clear();
                if (scales is not null)
                {
                    scales.StandardizeTokens(token, state.TokenCount + first + row, standardized);
                    token = standardized;
                }
                SequenceModel<TModel>.Preprocessor.Add(state.SampleMemory, token, own[..rowWidth], statistics: default);
            }
        }

        /// <summary>The passes of all chunks. The rows of a pass are contiguous, from its first row times the widest row.</summary>
        private IEnumerable<(int First, int Length)> Passes() => Enumerable.Range(0, running.Length).SelectMany(Passes);

        private IEnumerable<(int First, int Length)> Passes(int chunk)
        {
            int end = (int)((long)rows * (chunk + 1) / running.Length), capacity = SequenceModel<TModel>.Description.Layout.RowsPerPass;
            for (int first = (int)((long)rows * chunk / running.Length); first < end; first += capacity)
            {
                yield return (first, Math.Min(capacity, end - first));
            }
        }

        private void RunChunk(int worker, bool isAdvance)
        {
            // Nothing follows the last chunk.
            if (isAdvance && worker == running.Length - 1)
            {
                return;
            }
            if (isAdvance && recurrence > 0)
            {
                // The recurrences before this one go on from the state before the chunk.
                alone[worker].Reset();
                for (int i = 0; i < recurrence; i++)
                {
                    model.Combine(block, i, alone[worker].LayerMemory(0), running[worker].LayerMemory(0));
                }
            }
            int stride = model.WidestRow;
            foreach ((int first, int count) in Passes(worker))
            {
                InferencePass<TModel> pass = model.Pass(new(ref (isAdvance ? alone : running)[worker]), count, default, default) with
                {
                    LastRecurrence = isAdvance ? recurrence : null,
                };
                int from = first * stride, length = count * stride;
                model.Infer(block, pass, input.Span.Slice(from, length), output.Span.Slice(from, length));
            }
        }
    }
}
