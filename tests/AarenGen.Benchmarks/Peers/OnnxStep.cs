using AarenGen.Onnx;
using AarenGen.Onnx.Format;
using AarenGen.Onnx.Translation;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AarenGen.Benchmarks;

/// <summary>ONNX Runtime with everything bound beforehand: two bindings take turns, each reading the state that the other wrote.</summary>
internal sealed class OnnxStep : IStepPeer
{
    private const string Before = "state.", After = "next.";

    /// <summary>
    /// How the step is written: as AarenGen.Onnx does, which sums over time in double; and with sums in float32, as frameworks export it,
    /// with keys and with the query folded into them.
    /// </summary>
    public static readonly (string Name, TranslationOptions Options)[] Graphs =
    [
        ("as AarenGen.Onnx exports", new()),
        ("as frameworks export", new() { FoldsQueries = false, Sums = ElementType.Float }),
        ("query folded", new() { Sums = ElementType.Float }),
    ];

    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly OrtIoBinding[] bindings;
    private readonly List<OrtValue> values = [];
    private readonly float[] token, output;
    private int turn;

    public OnnxStep(byte[] graph, string name, int threads)
    {
        Name = $"ONNX Runtime, {name}, {threads} thread{(threads > 1 ? "s" : "")}";
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads, InterOpNumThreads = 1, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        session = new(graph, options);
        OrtValue tokenValue = Value(ShapeOf(session.InputMetadata["token"]), out token),
            outputValue = Value(ShapeOf(session.OutputMetadata["output"]), out output);
        bindings = [session.CreateIoBinding(), session.CreateIoBinding()];
        foreach (OrtIoBinding binding in bindings)
        {
            binding.BindInput("token", tokenValue);
            binding.BindOutput("output", outputValue);
        }
        foreach ((string state, NodeMetadata input) in session.InputMetadata
            .Where(static i => i.Key.StartsWith(Before, StringComparison.Ordinal)))
        {
            for (int i = 0; i < bindings.Length; i++)
            {
                OrtValue value = input.ElementDataType switch
                {
                    TensorElementType.Float => Value(ShapeOf(input), out float[] _),
                    TensorElementType.Double => Value(ShapeOf(input), out double[] _),
                    _ => Value(ShapeOf(input), out long[] _),
                };
                bindings[i].BindInput(state, value);
                bindings[1 - i].BindOutput(After + state[Before.Length..], value);
            }
        }
    }

    public string Name { get; }

    /// <summary>A model's step as a graph.</summary>
    public static byte[] Write<TModel>(TModel model, TranslationOptions options)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        using var stream = new MemoryStream();
        OnnxExport.Translate(model, OnnxGraph.Step, options).WriteTo(stream);
        return stream.ToArray();
    }

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

    /// <summary>Of one stream.</summary>
    private static long[] ShapeOf(NodeMetadata value) => [1, .. value.Dimensions.Skip(1).Select(static d => (long)d)];

    private OrtValue Value<T>(long[] shape, out T[] memory) where T : unmanaged
    {
        memory = GC.AllocateArray<T>((int)shape.Aggregate(1L, static (a, b) => a * b), pinned: true);
        var value = OrtValue.CreateTensorValueFromMemory(memory, shape);
        values.Add(value);
        return value;
    }
}
