using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AarenGen.Benchmarks;

/// <summary>
/// ONNX Runtime with the states of streams in a dictionary: the states of a request's streams are gathered, stepped in one run with a batch
/// dimension, and scattered. Requests run side by side; each holds its streams.
/// </summary>
internal sealed class OnnxBatches : IDisposable
{
    private const string Before = "state.", After = "next.";

    private readonly InferenceSession session;
    private readonly (string Name, NodeMetadata Input, int Bytes)[] states;
    private readonly int stateBytes, inputWidth, outputWidth;
    private readonly ConcurrentDictionary<string, StreamState> streams = [];
    private readonly ConcurrentBag<Worker> workers = [];
    private int created;

    public OnnxBatches(byte[] graph, int inputWidth, int outputWidth)
    {
        (this.inputWidth, this.outputWidth) = (inputWidth, outputWidth);
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1, InterOpNumThreads = 1, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        session = new(graph, options);
        states = [.. session.InputMetadata.Where(static i => i.Key.StartsWith(Before, StringComparison.Ordinal))
            .Select(static i => (i.Key, i.Value, BytesOf(i.Value)))];
        stateBytes = states.Sum(static s => s.Bytes);
    }

    /// <summary>Steps a token of each stream; ids are different.</summary>
    public void Step(string[] ids, ReadOnlySpan<float> tokens, Span<float> outputs)
    {
        if (!workers.TryTake(out Worker? worker) || worker.Count != ids.Length)
        {
            worker?.Dispose();
            worker = new(this, ids.Length);
        }
        StreamState[] rows = [.. ids.Select(id => streams.GetOrAdd(
            id, static (_, owner) => new(Interlocked.Increment(ref owner.created), new byte[owner.stateBytes]), this))];
        // In the same order everywhere, so that no two requests wait for each other.
        StreamState[] held = [.. rows.OrderBy(static r => r.Number)];
        foreach (StreamState state in held)
        {
            Monitor.Enter(state);
        }
        try
        {
            worker.Run(rows, tokens, outputs);
        }
        finally
        {
            foreach (StreamState state in held)
            {
                Monitor.Exit(state);
            }
        }
        workers.Add(worker);
    }

    public void Dispose()
    {
        while (workers.TryTake(out Worker? worker))
        {
            worker.Dispose();
        }
        session.Dispose();
    }

    private static int BytesOf(NodeMetadata value) =>
        value.Dimensions.Skip(1).Aggregate(1, static (a, b) => a * b) * (value.ElementDataType == TensorElementType.Float ? 4 : 8);

    private sealed record StreamState(int Number, byte[] Data);

    /// <summary>Memory of a run, bound beforehand.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly OnnxBatches owner;
        private readonly OrtIoBinding binding;
        private readonly RunOptions options = new();
        private readonly List<OrtValue> values = [];
        private readonly byte[][] before, after;
        private readonly byte[] token, output;

        public Worker(OnnxBatches owner, int count)
        {
            (this.owner, Count) = (owner, count);
            binding = owner.session.CreateIoBinding();
            token = Bind("token", TensorElementType.Float, [count, owner.inputWidth], isInput: true);
            output = Bind("output", TensorElementType.Float, [count, owner.outputWidth], isInput: false);
            before = [.. owner.states.Select(s => Bind(s.Name, s.Input.ElementDataType, ShapeOf(s.Input), isInput: true))];
            after = [.. owner.states.Select(
                s => Bind(After + s.Name[Before.Length..], s.Input.ElementDataType, ShapeOf(s.Input), isInput: false))];
        }

        public int Count { get; }

        public void Run(StreamState[] rows, ReadOnlySpan<float> tokens, Span<float> outputs)
        {
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(tokens).CopyTo(token);
            for (int s = 0, at = 0; s < before.Length; at += owner.states[s++].Bytes)
            {
                int bytes = owner.states[s].Bytes;
                for (int i = 0; i < rows.Length; i++)
                {
                    rows[i].Data.AsSpan(at, bytes).CopyTo(before[s].AsSpan(i * bytes));
                }
            }
            owner.session.RunWithBinding(options, binding);
            for (int s = 0, at = 0; s < after.Length; at += owner.states[s++].Bytes)
            {
                int bytes = owner.states[s].Bytes;
                for (int i = 0; i < rows.Length; i++)
                {
                    after[s].AsSpan(i * bytes, bytes).CopyTo(rows[i].Data.AsSpan(at));
                }
            }
            output.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(outputs));
        }

        public void Dispose()
        {
            binding.Dispose();
            values.ForEach(static v => v.Dispose());
            options.Dispose();
        }

        private long[] ShapeOf(NodeMetadata value) => [Count, .. value.Dimensions.Skip(1).Select(static d => (long)d)];

        private unsafe byte[] Bind(string name, TensorElementType type, long[] shape, bool isInput)
        {
            byte[] memory = GC.AllocateArray<byte>(
                (int)shape.Aggregate(1L, static (a, b) => a * b) * (type == TensorElementType.Float ? 4 : 8), pinned: true);
            fixed (byte* start = memory)
            {
                // The array never moves.
                var value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, (nint)start, memory.Length);
                values.Add(value);
                if (isInput)
                {
                    binding.BindInput(name, value);
                }
                else
                {
                    binding.BindOutput(name, value);
                }
            }
            return memory;
        }
    }
}
