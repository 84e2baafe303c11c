namespace AarenGen.Serving.Tests;

/// <summary>What a pool must do, by one plain state a stream: no arrays that streams share, no store, no batches.</summary>
internal sealed class StreamOracle<TModel>(TModel model, WeightChange policy, int historyTokens)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly int OutputWidth = SequenceModel<TModel>.Description.OutputWidth;
    private static readonly int Modalities = SequenceModel<TModel>.Description.ModalityCount;

    private readonly int keptTokens = Math.Max(historyTokens, Modalities - 1);
    private readonly Dictionary<string, OracleStream> streams = [];

    public TModel Model { get; private set; } = model;

    public IEnumerable<string> Ids => streams.Keys;

    public void Use(TModel model) => Model = model;

    public long SequenceOf(string id) => streams.TryGetValue(id, out OracleStream? stream) ? stream.Sequence : 0;

    public long TokenCountOf(string id) => streams.TryGetValue(id, out OracleStream? stream) ? stream.State.TokenCount : 0;

    /// <summary>The output of the last token.</summary>
    public float[] OutputOf(string id) => streams[id].Output;

    public StreamInfo? InfoOf(string id) => streams.TryGetValue(id, out OracleStream? stream)
        ? new(stream.Sequence, stream.State.TokenCount, stream.State.WeightFingerprint) : null;

    /// <summary>What must become of a token behind others of its stream that are read before.</summary>
    public StepStatus Judge(string id, long sequence, float[] token, int before)
    {
        long last = SequenceOf(id) + before;
        if (sequence < 0)
        {
            return StepStatus.Invalid;
        }
        if (sequence != 0 && sequence != last + 1)
        {
            return sequence == last ? StepStatus.Repeated : sequence < last ? StepStatus.Stale : StepStatus.Gap;
        }
        try
        {
            // Whether a token is one depends on its place in the turn, which a change of weights keeps.
            Model.CheckToken(ServingModels.StateOf(Model, id), token, TokenCountOf(id) + before);
            return StepStatus.Accepted;
        }
        catch (ArgumentException)
        {
            return StepStatus.Invalid;
        }
    }

    /// <summary>Reads a token; returns its output.</summary>
    public float[] Accept(string id, float[] token)
    {
        if (!streams.TryGetValue(id, out OracleStream? stream))
        {
            streams.Add(id, stream = new([]) { Model = Model, State = ServingModels.StateOf(Model, id) });
        }
        if (stream.Model.WeightFingerprint != Model.WeightFingerprint)
        {
            if (stream.State.TokenCount > 0 && policy != WeightChange.Keep)
            {
                BeginAnew(id, stream);
            }
            else if (stream.State.TokenCount == 0)
            {
                stream.State = ServingModels.StateOf(Model, id);
            }
        }
        stream.Model = Model;
        stream.Output = Step(stream.State, token);
        stream.Sequence++;
        stream.History.Add(token);
        if (stream.History.Count > keptTokens)
        {
            stream.History.RemoveAt(0);
        }
        return stream.Output;
    }

    /// <summary>The output that a token would have with a model, which is not read.</summary>
    public float[] OutputWith(TModel model, string id, float[] token)
    {
        var copy = new StreamOracle<TModel>(model, policy, historyTokens);
        if (streams.TryGetValue(id, out OracleStream? stream))
        {
            var state = new StreamState<TModel>();
            stream.State.CopyTo(state);
            copy.streams.Add(id, new(stream.History) { Model = stream.Model, State = state, Sequence = stream.Sequence });
        }
        return copy.Accept(id, token);
    }

    public void Reset(string id)
    {
        streams[id].State.Reset();
        streams[id].History.Clear();
    }

    public bool Remove(string id) => streams.Remove(id);

    private void BeginAnew(string id, OracleStream stream)
    {
        int inTurn = (int)(stream.State.TokenCount % Modalities), count = inTurn;
        while (policy == WeightChange.Replay && count + Modalities <= stream.History.Count)
        {
            count += Modalities;
        }
        stream.State = ServingModels.StateOf(Model, id);
        foreach (float[] token in stream.History[^count..])
        {
            Step(stream.State, token);
        }
    }

    private float[] Step(StreamState<TModel> state, float[] token)
    {
        var output = new float[OutputWidth];
        Model.AcceptedStates = StateAcceptance.SameDeclaration;
        Model.Step(state, token, output);
        return output;
    }

    private sealed class OracleStream(IEnumerable<float[]> history)
    {
        public required TModel Model { get; set; }

        public required StreamState<TModel> State { get; set; }

        public float[] Output { get; set; } = [];

        public long Sequence { get; set; }

        public List<float[]> History { get; } = [.. history];
    }
}
