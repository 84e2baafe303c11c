namespace AarenGen.Serving;

/// <summary>The streams of a pool that are in memory: their rows, and what they mean to the model. One thread at a time uses it.</summary>
internal sealed class StreamRows<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly int Modalities = SequenceModel<TModel>.Description.ModalityCount;

    private const int OriginsPerPart = 1 << 12;

    private readonly StreamQuota? quota;
    private readonly int historyTokens, tokenWidth, outputWidth;
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
    private int generation, removed;

    private float[] history = [], ignored = [];

    /// <param name="model">The model.</param>
    /// <param name="options">How streams are kept.</param>
    /// <param name="quota">Rows that several pools may have together; null: each has its own limit.</param>
    /// <param name="form">What streams read; null: tokens.</param>
    public StreamRows(TModel model, StreamPoolOptions options, StreamQuota? quota = null, StreamForm<TModel>? form = null)
    {
        this.quota = quota;
        Form = form ?? StreamForm<TModel>.Tokens;
        (tokenWidth, outputWidth) = (Form.TokenWidth, Form.OutputWidth);
        onWeightChange = options.OnWeightChange;
        // A stream that begins anew in the middle of a turn reads the tokens of that turn again, so that the next one has its meaning.
        historyTokens = Math.Max(options.HistoryTokens, Form.MinHistory);
        table = new(SequenceModel<TModel>.Description.Layout.StateDoubles, outputWidth + TokenHistory.Floats(historyTokens, tokenWidth));
        Use(model);
    }

    /// <summary>What streams read.</summary>
    public StreamForm<TModel> Form { get; }

    public TModel Model { get; private set; } = null!;

    /// <summary>The fingerprint of its weights.</summary>
    public ulong Weights => generations[generation];

    /// <summary>Streams that have a row.</summary>
    public int Count => table.Count - removed;

    /// <summary>How many streams all pools may have together that share the quota; null: any number.</summary>
    public int? Quota => quota?.Max;

    /// <summary>Rows that are taken: also those of removed streams that the store still has.</summary>
    public int RowCount => table.Count;

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

    /// <summary>Gives an id that has no row a row, where the quota allows one; -1: it does not.</summary>
    public int TryAdd(ReadOnlySpan<byte> id, ulong hash) => quota?.TryTake() == false ? -1 : Add(id, hash);

    public void Remove(int row)
    {
        CountRemoved(row);
        quota?.Release();
        if (row / OriginsPerPart < originOf.Count)
        {
            originOf[row / OriginsPerPart][row % OriginsPerPart] = 0;
        }
        table.Remove(row);
    }

    public ReadOnlySpan<byte> Id(int row) => table.Id(row);

    /// <summary>The numbers of a stream's state.</summary>
    public Span<double> State(int row) => table.State(row);

    public Span<float> Output(int row) => table.Values(row)[..outputWidth];

    /// <summary>The weights that last stepped a row, for those who look.</summary>
    public StreamInfo Info(int row)
    {
        ref StreamRow found = ref table[row];
        return new(
            found.Sequence, found.TokenCount,
            found.TokenCount == 0 ? null : Serialization.WeightVersion.Text(generations[found.Generation]));
    }

    /// <summary>Gives a row that is new a saved stream.</summary>
    /// <exception cref="ModelFileException">The saved stream is damaged, or of another declaration.</exception>
    public void Load(int row, ReadOnlySpan<byte> saved)
    {
        (ulong weights, long sequence, long tokens) = SavedStreamFormat.Read(
            saved, table.Id(row), Form.Declaration, table.State(row), outputWidth, tokenWidth, table.Values(row));
        ref StreamRow loaded = ref table[row];
        (loaded.Sequence, loaded.TokenCount, loaded.Generation) = (sequence, tokens, GenerationOf(weights));
    }

    /// <summary>Bytes of a row as a store keeps it.</summary>
    public int SavedBytes => table.SavedBytes;

    /// <summary>A row as a store keeps it.</summary>
    public byte[] Save(int row)
    {
        var saved = new byte[SavedBytes];
        Save(row, saved);
        return saved;
    }

    /// <summary>Writes a row as a store keeps it, <see cref="SavedBytes"/> long.</summary>
    public void Save(int row, Span<byte> saved)
    {
        ref StreamRow written = ref table[row];
        SavedStreamFormat.Write(
            saved, table.Id(row), Form.Declaration, generations[written.Generation], written, table.State(row), historyTokens,
            table.Values(row));
    }

    /// <summary>Makes a state that of a row, which is stepped in place.</summary>
    public void Attach(StreamState<TModel> state, int row) =>
        state.Attach(table.StateStorage(row), table.StateStart(row), table[row].TokenCount, OriginOf(row));

    /// <summary>Makes a state that of a row, with numbers that are a copy of its own.</summary>
    public void Attach(StreamState<TModel> state, double[] numbers, long tokenCount, int row) =>
        state.Attach(numbers, 0, tokenCount, OriginOf(row));

    /// <summary>Whether a row begins anew before it is stepped, since other weights have stepped it.</summary>
    public bool BeginsAnew(int row) =>
        table[row].Generation != generation && table[row].TokenCount > 0 && onWeightChange != WeightChange.Keep;

    /// <summary>Marks a row as stepped by the current weights, with the given number of tokens in its state.</summary>
    public void UseWeights(int row, long tokenCount) => (table[row].Generation, table[row].TokenCount) = (generation, tokenCount);

    /// <summary>Copies what a row that begins anew reads again; returns how many tokens that is.</summary>
    public int CopyHistory(int row, ref float[] tokens)
    {
        ReadOnlySpan<float> kept = table.Values(row)[outputWidth..];
        int known = onWeightChange == WeightChange.Replay ? TokenHistory.Count(kept) : 0;
        if (tokens.Length < known * tokenWidth)
        {
            tokens = new float[known * tokenWidth];
        }
        TokenHistory.CopyLast(kept, tokenWidth, table[row].Sequence, tokens.AsSpan(0, known * tokenWidth));
        return known;
    }

    /// <summary>Makes the state of a row, which is to be stepped, one of the weights of now, as the policy says.</summary>
    public void UseWeights(StreamState<TModel> state, int row)
    {
        ref StreamRow used = ref table[row];
        if (BeginsAnew(row))
        {
            BeginAnew(state, row);
            used.TokenCount = state.TokenCount;
        }
        used.Generation = generation;
    }

    /// <summary>Makes a row that of the token that its state has read; an advance has no number, and is not read again.</summary>
    public void Complete(int row, StreamEventKind kind, ReadOnlySpan<float> token, ReadOnlySpan<float> output)
    {
        Span<float> values = table.Values(row);
        output.CopyTo(values);
        if (kind == StreamEventKind.Advance)
        {
            return;
        }
        ref StreamRow stepped = ref table[row];
        if ((stepped.Flags & RowFlags.IsRemoved) != 0)
        {
            // A stream of the same id begins.
            CountRemoved(row);
        }
        stepped.Sequence++;
        stepped.TokenCount++;
        TokenHistory.Add(values[outputWidth..], token, stepped.Sequence);
    }

    /// <summary>Forgets what a stream has read; its last number and output stay.</summary>
    public void Reset(int row)
    {
        table.State(row).Clear();
        TokenHistory.Clear(table.Values(row)[outputWidth..]);
        table[row].TokenCount = 0;
    }

    /// <summary>Makes a row that of a stream that was removed, until it is gone from the store.</summary>
    public void Forget(int row)
    {
        Reset(row);
        table.Values(row).Clear();
        ref StreamRow forgotten = ref table[row];
        if ((forgotten.Flags & RowFlags.IsRemoved) == 0)
        {
            removed++;
        }
        (forgotten.Sequence, forgotten.Generation) = (0, 0);
        forgotten.Flags = (forgotten.Flags & RowFlags.IsWriting) | RowFlags.IsChanged | RowFlags.IsRemoved;
    }

    private void CountRemoved(int row)
    {
        ref StreamRow counted = ref table[row];
        if ((counted.Flags & RowFlags.IsRemoved) != 0)
        {
            counted.Flags &= ~RowFlags.IsRemoved;
            removed--;
        }
    }

    /// <summary>
    /// The state of a stream that other weights have stepped begins anew, with as many of its last tokens as the policy says.
    /// </summary>
    private void BeginAnew(StreamState<TModel> state, int row)
    {
        ref StreamRow stream = ref table[row];
        ReadOnlySpan<float> kept = table.Values(row)[outputWidth..];
        // Tokens mean what their place in the turn says, so that it is kept.
        int inTurn = (int)(stream.TokenCount % Modalities), known = TokenHistory.Count(kept);
        int count = onWeightChange == WeightChange.Reset || known < inTurn ? inTurn : known - (known - inTurn) % Modalities;
        state.Reset();
        if (count == 0 || known < count)
        {
            return;
        }
        if (history.Length < count * tokenWidth)
        {
            (history, ignored) = (new float[count * tokenWidth], new float[count * outputWidth]);
        }
        Span<float> tokens = history.AsSpan(0, count * tokenWidth);
        TokenHistory.CopyLast(kept, tokenWidth, stream.Sequence, tokens);
        Model.StepManyChecked(new ReadOnlySpan<StreamState<TModel>>(ref state), tokens, ignored.AsSpan(0, count * outputWidth));
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
