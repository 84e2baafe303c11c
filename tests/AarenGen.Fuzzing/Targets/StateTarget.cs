namespace AarenGen.Fuzzing;

/// <summary>Saved states of streams.</summary>
internal sealed class StateTarget : SavedStateTarget<StreamState<StatefulModel>, StatefulModel>
{
    /// <summary>Magic and version, fingerprints of declaration and weights, count of tokens, number of doubles.</summary>
    private const int HeaderBytes = 8 + 64 + 3 * sizeof(long);

    private static readonly StatefulModel model = CreateModel();

    public override string Name => "states";

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        foreach (int tokens in (int[])[0, 1, 50])
        {
            yield return BytesOf(Create(tokens));
        }
        byte[] saved = BytesOf(Create(7));
        yield return saved;
        // Every number negative in turn: counts of tokens and places in rings are among them.
        int numbers = (saved.Length - HeaderBytes) / sizeof(double);
        IEnumerable<int> places = Enumerable.Range(0, numbers).Select(static i => HeaderBytes + sizeof(double) * i);
        foreach (byte[] changed in Overwrite(saved, -5.0, places))
        {
            yield return changed;
        }
    }

    public override void Verify(object read, string path)
    {
        base.Verify(read, path);
        // The stream continues with any loaded state.
        var state = (StreamState<StatefulModel>)read;
        SavedStateInfo info = ModelFileInfo.Read(path).States.Single();
        if (info.TokenCount != state.TokenCount || info.WeightFingerprint != state.WeightFingerprint)
        {
            throw new FuzzException("The file tells something else of the state than the state.");
        }
        var output = new float[StatefulModel.OutputWidth];
        for (int t = 0; t < 4; t++)
        {
            model.Step(state, [1, 2], output);
        }
    }

    protected override StreamState<StatefulModel> ReadFile(string path)
    {
        StreamState<StatefulModel> state = model.CreateState();
        state.Load(path);
        return state;
    }

    protected override void Write(StreamState<StatefulModel> value, string path) => value.Save(path);

    protected override void Save(StreamState<StatefulModel> state, Stream stream) => state.Save(stream);

    private static StreamState<StatefulModel> Create(int tokens)
    {
        StreamState<StatefulModel> state = model.CreateState();
        var output = new float[StatefulModel.OutputWidth];
        for (int t = 0; t < tokens; t++)
        {
            model.Step(state, [t, 1f / (t + 1)], output);
        }
        return state;
    }
}
