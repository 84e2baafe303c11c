using AarenGen.Onnx.Format;
using AarenGen.Onnx.Translation;
using AarenGen.Serialization;

namespace AarenGen.Onnx;

/// <summary>
/// Exports models as ONNX, for ONNX Runtime and other programs that run such files: raw units in, raw units out, whatever the model is
/// declared of. Thread-safe.
/// </summary>
/// <remarks>
/// The operators are those of opset 17, in the format's version 8. Weights are float32, whatever precision
/// <see cref="SequenceModel{TSelf}.UsePrecision"/> chose. Sums over time and statistics are float64. docs/onnx.md has the inputs,
/// outputs and metadata.
/// </remarks>
public static class OnnxExport
{
    /// <summary>Writes a graph of the model to a file, replacing it atomically.</summary>
    /// <typeparam name="TModel">The model's class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="path">The file. If it is a symbolic link, its target is written. An existing file keeps its mode.</param>
    /// <param name="graph">Which graph.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null, empty or holds a null character.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="graph"/> is none of the enumeration's values.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why. It is as it was.</exception>
    /// <exception cref="InvalidOperationException">
    /// A weight is NaN or infinite, or another call changes the weights. The file is as it was.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The file would be larger than ONNX files can be, or this version does not know one of the model's operations. The message says
    /// which. The file is as it was.
    /// </exception>
    public static void ExportOnnx<TModel>(this SequenceModel<TModel> model, string path, OnnxGraph graph)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        // Checked first, since translation takes long.
        ArgumentException.ThrowIfNullOrEmpty(path);
        ProtobufWriter file = Translate(model, graph, new());
        AtomicFile.Write(path, file.WriteTo);
    }

    /// <summary>Writes a graph of the model to a stream.</summary>
    /// <typeparam name="TModel">The model's class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="stream">
    /// The stream; it need not seek. The graph is written at its position and it is flushed; afterwards it is at the byte after the graph.
    /// An ONNX file ends where the stream does, so nothing may follow. The caller disposes it.
    /// </param>
    /// <param name="graph">Which graph.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="graph"/> is none of the enumeration's values.</exception>
    /// <exception cref="IOException">The stream cannot be written. Part of the graph may have been.</exception>
    /// <exception cref="InvalidOperationException">
    /// A weight is NaN or infinite, or another call changes the weights. Nothing was written.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The graph would be larger than ONNX files can be, or this version does not know one of the model's operations. Nothing was written.
    /// </exception>
    public static void ExportOnnx<TModel>(this SequenceModel<TModel> model, Stream stream, OnnxGraph graph)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        Arguments.CheckWritable(stream);
        OutputStream.Write(stream, Translate(model, graph, new()).WriteTo);
    }

    /// <summary>The graph's message; see <see cref="ExportOnnx{TModel}(SequenceModel{TModel}, Stream, OnnxGraph)"/>.</summary>
    internal static ProtobufWriter Translate<TModel>(SequenceModel<TModel> model, OnnxGraph graph, TranslationOptions options)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!Enum.IsDefined(graph))
        {
            throw new ArgumentOutOfRangeException(nameof(graph), graph, "There is no such graph; choose Step or Sequence.");
        }
        ProtobufWriter? file = null;
        model.Read(nameof(ExportOnnx), () =>
        {
            ModelFile.CheckFinite(model.WeightBuffer);
            file = ModelTranslator.Translate(
                SequenceModel<TModel>.Description, TModel.DescribeLayers(), model.Weights.ToArray(), model.Statistics, graph, options);
        });
        return file!;
    }
}
