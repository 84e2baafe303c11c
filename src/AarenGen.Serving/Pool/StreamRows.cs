using System.Globalization;

namespace AarenGen.Serving;

/// <summary>The streams of a pool that are in memory: their rows, and what they mean to the model. One thread at a time uses it.</summary>
internal sealed class StreamRows<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>What a declaration is called in records.</summary>
    public static readonly ulong Declaration =
        ulong.Parse(SequenceModel<TModel>.Description.Fingerprint.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static readonly int TokenWidth = SequenceModel<TModel>.Description.InputWidth;
    private static readonly int OutputWidth = SequenceModel<TModel>.Description.OutputWidth;
    private static readonly int Modalities = SequenceModel<TModel>.Description.ModalityCount;

    private const int OriginsPerPart = 1 << 12;

    private readonly int historyTokens;
    private readonly WeightChange onWeightChange;
    private readonly StreamTable table;

    /// <summary>Fingerprints of the weights that stepped rows; the first stands for none.</summary>
    private readonly List<ulong> generations = [0];
    private readonly Dictionary<ulong, int> generationOf = new() { [0] = 0 };

    /// <summary>
    /// Where each series has statistics of its own: first the origin of streams without any, then those of the series that were asked for.
    /// </summary>
    private readonly List<StateOrigin> origins = [];
    private readonly Dictionary<string, int> originOfSeries = [];

    /// <summary>
    /// The place of the origin of each row, from 1; 0 where nobody asked: a reference would take a stream over 64 bytes. In parts of the
    /// same length, so that none is copied and none has more memory than rows need.
    /// </summary>
    private readonly List<int[]> originOf = [];
    private int generation;

    private float[] history = [], ignored = [];

    public StreamRows(TModel model, StreamPoolOptions options)
    {
        onWeightChange = options.OnWeightChange;
        // A stream that begins anew in the middle of a turn reads the tokens of that turn again, so that the next one has its meaning.
        historyTokens = Math.Max(options.HistoryTokens, Modalities - 1);
        table = new(SequenceModel<TModel>.Description.Layout.StateDoubles, OutputWidth + TokenHistory.Floats(historyTokens, TokenWidth));
        Use(model);
    }

    public TModel Model { get; private set; } = null!;

    public int Count => table.Count;

    public int Capacity => table.Capacity;

    public long MemoryBytes => table.MemoryBytes + (long)originOf.Count * OriginsPerPart * sizeof(int);

    public ref StreamRow this[int row] => ref table[row];

    /// <summary>Steps with these weights from now on.</summary>
    public void Use(TModel model)
    {
        Model = model;
        generation = GenerationOf(model.Origin.Weights.Fingerprint);
        origins.Clear();
        origins.Add(model.Origin);
        originOfSeries.Clear();
        originOf.ForEach(Array.Clear);
    }

    public int Find(ReadOnlySpan<byte> id, ulong hash) => table.Find(id, hash);

    public int Add(ReadOnlySpan<byte> id, ulong hash) => table.Add(id, hash);

    public void Remove(int row)
    {
        if (row / OriginsPerPart < originOf.Count)
        {
            originOf[row / OriginsPerPart][row % OriginsPerPart] = 0;
        }
        table.Remove(row);
    }

    public ReadOnlySpan<byte> Id(int row) => table.Id(row);

    public Span<float> Output(int row) => table.Values(row)[..OutputWidth];

    /// <summary>The weights that last stepped a row, for those who look.</summary>
    public StreamInfo Info(int row)
    {
        ref StreamRow found = ref table[row];
        return new(
            found.Sequence, found.TokenCount,
            found.TokenCount == 0 ? null : Serialization.WeightVersion.Text(generations[found.Generation]));
    }

    /// <summary>Gives a row that is new the stream of a record.</summary>
    /// <exception cref="ModelFileException">The record is damaged, or of another declaration.</exception>
    public void Load(int row, ReadOnlySpan<byte> record)
    {
        (ulong weights, long sequence, long tokens) = StreamRecord.Read(
            record, Declaration, table.State(row), OutputWidth, TokenWidth, table.Values(row));
        ref StreamRow loaded = ref table[row];
        (loaded.Sequence, loaded.TokenCount, loaded.Generation) = (sequence, tokens, GenerationOf(weights));
    }

    /// <summary>Writes the record of a row.</summary>
    public byte[] Record(int row)
    {
        ref StreamRow written = ref table[row];
        ReadOnlySpan<double> state = table.State(row);
        ReadOnlySpan<float> values = table.Values(row);
        var record = new byte[StreamRecord.Bytes(state.Length, values.Length)];
        StreamRecord.Write(record, Declaration, generations[written.Generation], written, state, historyTokens, values);
        return record;
    }

    /// <summary>Makes a state that of a row, which is stepped in place.</summary>
    public void Attach(StreamState<TModel> state, int row) =>
        state.Attach(table.StateStorage(row), table.StateStart(row), table[row].TokenCount, OriginOf(row));

    /// <summary>Makes the state of a row, which is to be stepped, one of the weights of now, as the policy says.</summary>
    public void UseWeights(StreamState<TModel> state, int row)
    {
        ref StreamRow used = ref table[row];
        if (used.Generation != generation)
        {
            if (used.TokenCount > 0 && onWeightChange != WeightChange.Keep)
            {
                BeginAnew(state, row);
                used.TokenCount = state.TokenCount;
            }
            used.Generation = generation;
        }
    }

    /// <summary>Makes a row that of the token that its state has read.</summary>
    public void Advance(int row, ReadOnlySpan<float> token, ReadOnlySpan<float> output)
    {
        ref StreamRow stepped = ref table[row];
        stepped.Sequence++;
        stepped.TokenCount++;
        Span<float> values = table.Values(row);
        output.CopyTo(values);
        TokenHistory.Add(values[OutputWidth..], token, stepped.Sequence);
    }

    /// <summary>Forgets what a stream has read; its last number and output stay.</summary>
    public void Reset(int row)
    {
        table.State(row).Clear();
        TokenHistory.Clear(table.Values(row)[OutputWidth..]);
        table[row].TokenCount = 0;
    }

    /// <summary>
    /// The state of a stream that other weights have stepped begins anew, with as many of its last tokens as the policy says.
    /// </summary>
    private void BeginAnew(StreamState<TModel> state, int row)
    {
        ref StreamRow stream = ref table[row];
        ReadOnlySpan<float> kept = table.Values(row)[OutputWidth..];
        // Tokens mean what their place in the turn says, so that it is kept.
        int inTurn = (int)(stream.TokenCount % Modalities), known = TokenHistory.Count(kept);
        int count = onWeightChange == WeightChange.Reset || known < inTurn ? inTurn : known - (known - inTurn) % Modalities;
        state.Reset();
        if (count == 0 || known < count)
        {
            return;
        }
        if (history.Length < count * TokenWidth)
        {
            (history, ignored) = (new float[count * TokenWidth], new float[count * OutputWidth]);
        }
        Span<float> tokens = history.AsSpan(0, count * TokenWidth);
        TokenHistory.CopyLast(kept, TokenWidth, stream.Sequence, tokens);
        Model.StepManyChecked(new ReadOnlySpan<StreamState<TModel>>(ref state), tokens, ignored.AsSpan(0, count * OutputWidth));
    }

    private StateOrigin OriginOf(int row)
    {
        if (!Model.IsPerSeries)
        {
            return Model.Origin;
        }
        while (originOf.Count <= row / OriginsPerPart)
        {
            originOf.Add(new int[OriginsPerPart]);
        }
        ref int place = ref originOf[row / OriginsPerPart][row % OriginsPerPart];
        if (place == 0)
        {
            place = PlaceOfOrigin(StreamId.Decode(table.Id(row)));
        }
        return origins[place - 1];
    }

    private int PlaceOfOrigin(string series)
    {
        StateOrigin origin = Model.OriginOf(series);
        if (ReferenceEquals(origin, Model.Origin))
        {
            return 1;
        }
        if (!originOfSeries.TryGetValue(series, out int place))
        {
            origins.Add(origin);
            originOfSeries[series] = place = origins.Count;
        }
        return place;
    }

    private int GenerationOf(ulong weights)
    {
        if (!generationOf.TryGetValue(weights, out int place))
        {
            generationOf[weights] = place = generations.Count;
            generations.Add(weights);
        }
        return place;
    }
}
