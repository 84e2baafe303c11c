using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AarenGen.Onnx.Tests;

/// <summary>A tensor of any type: its numbers as bytes, and its sizes.</summary>
internal sealed record OnnxTensor(TensorElementType Type, byte[] Bytes, long[] Shape)
{
    public float[] Floats => MemoryMarshal.Cast<byte, float>(Bytes).ToArray();

    public static OnnxTensor Of(float[] values, params long[] shape) =>
        new(TensorElementType.Float, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), shape);

    public static OnnxTensor Of(long[] values, params long[] shape) =>
        new(TensorElementType.Int64, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), shape);
}

/// <summary>An exported graph in ONNX Runtime.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions run = new();

    public OnnxSession(byte[] model)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        session = new(model, options);
    }

    /// <summary>A graph of a model.</summary>
    public static OnnxSession Of<TModel>(TModel model, OnnxGraph graph) where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        new(Export(model, graph));

    /// <summary>A graph of a model as bytes.</summary>
    public static byte[] Export<TModel>(TModel model, OnnxGraph graph) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        using var stream = new MemoryStream();
        model.ExportOnnx(stream, graph);
        return stream.ToArray();
    }

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => session.OutputMetadata;

    public ModelMetadata Metadata => session.ModelMetadata;

    /// <summary>The states of new streams.</summary>
    public Dictionary<string, OnnxTensor> NewStates(int streams)
    {
        var states = new Dictionary<string, OnnxTensor>(StringComparer.Ordinal);
        foreach ((string name, NodeMetadata input) in Inputs.Where(static i => i.Key.StartsWith("state.", StringComparison.Ordinal)))
        {
            long[] shape = [streams, .. input.Dimensions.Skip(1).Select(static d => (long)d)];
            int size = input.ElementDataType switch
            {
                TensorElementType.Bool => 1,
                TensorElementType.Float => sizeof(float),
                _ => sizeof(double),
            };
            states.Add(name, new(input.ElementDataType, new byte[shape.Aggregate(1L, static (a, b) => a * b) * size], shape));
        }
        return states;
    }

    /// <summary>The states that a run left, as inputs of the next one.</summary>
    public static Dictionary<string, OnnxTensor> StatesOf(IReadOnlyDictionary<string, OnnxTensor> outputs) =>
        outputs.Where(static o => o.Key.StartsWith("next.", StringComparison.Ordinal))
            .ToDictionary(static o => "state." + o.Key["next.".Length..], static o => o.Value);

    public Dictionary<string, OnnxTensor> Run(IEnumerable<KeyValuePair<string, OnnxTensor>> inputs)
    {
        string[] outputNames = [.. session.OutputNames];
        Dictionary<string, OrtValue> values = inputs.ToDictionary(static i => i.Key, static i => Value(i.Value));
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, values, outputNames);
            return outputNames.Zip(results).ToDictionary(static o => o.First, static o => Tensor(o.Second));
        }
        finally
        {
            foreach (OrtValue value in values.Values)
            {
                value.Dispose();
            }
        }
    }

    public void Dispose()
    {
        run.Dispose();
        session.Dispose();
    }

    private static OrtValue Value(OnnxTensor tensor)
    {
        OrtValue value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, tensor.Type, tensor.Shape);
        tensor.Bytes.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static OnnxTensor Tensor(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        return new(info.ElementDataType, value.GetTensorMutableRawData().ToArray(), info.Shape);
    }
}
