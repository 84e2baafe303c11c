namespace AarenGen.Onnx;

/// <summary>Which graph of a model is exported.</summary>
public enum OnnxGraph
{
    /// <summary>
    /// One token of each of some streams: their states go in as inputs <c>state.…</c> and come out as outputs <c>next.…</c>. All states of
    /// a new stream are zero.
    /// </summary>
    Step,

    /// <summary>
    /// Whole sequences of one length, each from its beginning. The outputs <c>next.…</c> are the states after the last token, from which
    /// <see cref="Step"/> goes on.
    /// </summary>
    Sequence,
}
