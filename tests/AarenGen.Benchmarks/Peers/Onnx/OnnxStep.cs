using Microsoft.ML.OnnxRuntime;

namespace AarenGen.Benchmarks;

/// <summary>ONNX Runtime with everything bound beforehand: two bindings take turns, each reading the state that the other wrote.</summary>
internal sealed class OnnxStep : IStepPeer
{
    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly OrtIoBinding[] bindings;
    private readonly List<OrtValue> values = [];
    private readonly float[] token, output;
    private int turn;

    public OnnxStep(ModelWeights weights, StepGraphOptions graph, int threads)
    {
        Name = $"ONNX Runtime, {(graph.FoldsQuery ? "query folded" : "as exported")}, {(graph.UsesGemm ? "Gemm" : "MatMul")}, {threads} "
            + $"thread{(threads > 1 ? "s" : "")}";
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads, InterOpNumThreads = 1, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        session = new(AarenStepGraph.Write(weights, graph), options);
        OrtValue tokenValue = Value([1, weights["embed.weight"].Shape[1]], 0, out token),
            outputValue = Value([1, weights["head.weight"].Shape[0]], 0, out output);
        bindings = [session.CreateIoBinding(), session.CreateIoBinding()];
        foreach (OrtIoBinding binding in bindings)
        {
            binding.BindInput("token", tokenValue);
            binding.BindOutput("output", outputValue);
        }
        foreach ((string name, long[] shape) in AarenStepGraph.State(weights))
        {
            for (int i = 0; i < bindings.Length; i++)
            {
                OrtValue value = Value(shape, name[0] == 'm' ? AarenStepGraph.NothingSeen : 0, out _);
                bindings[i].BindInput(name, value);
                bindings[1 - i].BindOutput("r" + name, value);
            }
        }
    }

    public string Name { get; }

    public ReadOnlySpan<float> Step(ReadOnlySpan<float> next)
    {
        next.CopyTo(token);
        session.RunWithBinding(run, bindings[turn]);
        turn = 1 - turn;
        return output;
    }

    public void Dispose()
    {
        foreach (OrtIoBinding binding in bindings)
        {
            binding.Dispose();
        }
        values.ForEach(static v => v.Dispose());
        run.Dispose();
        session.Dispose();
    }

    private OrtValue Value(long[] shape, float start, out float[] memory)
    {
        memory = GC.AllocateArray<float>((int)shape.Aggregate(1L, static (a, b) => a * b), pinned: true);
        Array.Fill(memory, start);
        var value = OrtValue.CreateTensorValueFromMemory(memory, shape);
        values.Add(value);
        return value;
    }
}
