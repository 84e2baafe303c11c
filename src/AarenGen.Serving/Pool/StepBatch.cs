namespace AarenGen.Serving;

/// <summary>Tokens that a pool steps together: which of them are read, in which order, and what becomes of the others.</summary>
internal sealed class StepBatch<TModel>(StreamRows<TModel> rows) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly int TokenWidth = SequenceModel<TModel>.Description.InputWidth;
    private static readonly int OutputWidth = SequenceModel<TModel>.Description.OutputWidth;

    /// <summary>The streams of the batch; a state serves whichever stream has its place.</summary>
    private View[] views = [];
    private int viewCount;

    /// <summary>Tokens that are to be read: the tokens, and their rows with the numbers that they have there.</summary>
    private PendingToken[] accepted = [];
    private (int Row, long Sequence)[] places = [];

    /// <summary>Tokens that are the same as others of the batch, and the places of those among the ones that are read.</summary>
    private readonly List<(PendingToken Token, int Accepted)> repeated = [];

    /// <summary>Tokens that were refused behind others of their stream that are to be read.</summary>
    private readonly List<(PendingToken Token, int Row)> dependent = [];
    private StreamState<TModel>[] states = [];
    private float[] tokens = [], outputs = [];
    private uint now;

    /// <summary>How many tokens are to be read.</summary>
    public int AcceptedCount { get; private set; }

    /// <summary>The row of a token that is to be read, and the number that it has there.</summary>
    public (int Row, long Sequence) Place(int accepted) => places[accepted];

    /// <summary>The floats of a token that is to be read.</summary>
    public ReadOnlySpan<float> Token(int accepted) => tokens.AsSpan(accepted * TokenWidth, TokenWidth);

    /// <summary>Begins a batch of at most so many tokens at a second of the pool's clock.</summary>
    public void Begin(int capacity, uint now)
    {
        this.now = now;
        if (states.Length < capacity)
        {
            (states, tokens, outputs) =
                (new StreamState<TModel>[capacity], new float[capacity * TokenWidth], new float[capacity * OutputWidth]);
            (accepted, places) = (new PendingToken[capacity], new (int, long)[capacity]);
            Array.Resize(ref views, capacity);
        }
    }

    /// <summary>Keeps a row in memory until the batch ends.</summary>
    public void Pin(int row) => ViewOf(row);

    /// <summary>Decides about a token of a row; it is read, or it has its result.</summary>
    public void Add(PendingToken token, int row)
    {
        ref View view = ref ViewOf(row);
        ref StreamRow stream = ref rows[row];
        long last = stream.Sequence + view.Tokens;
        if (token.Sequence == last && last > 0)
        {
            // Whatever else comes with it: its answer must not depend on what is stepped together.
            if (view.Tokens > 0)
            {
                repeated.Add((token, view.Last));
                dependent.Add((token, row));
            }
            else
            {
                Repeat(token, rows.Output(row));
                stream.LastUsed = now;
            }
            return;
        }
        if (!IsRead(token, view.State, stream.TokenCount + view.Tokens, last))
        {
            if (view.Tokens > 0)
            {
                dependent.Add((token, row));
            }
            return;
        }
        int place = AcceptedCount++;
        token.Token.CopyTo(tokens.AsSpan(place * TokenWidth));
        states[place] = view.State;
        accepted[place] = token;
        places[place] = (row, last + 1);
        view.Tokens++;
        view.Last = place;
    }

    /// <summary>Decides whether a token is read; if not, it has its result.</summary>
    /// <param name="token">The token.</param>
    /// <param name="state">Its stream.</param>
    /// <param name="position">How many tokens the state has read before it.</param>
    /// <param name="last">The number of the token before it.</param>
    private bool IsRead(PendingToken token, StreamState<TModel> state, long position, long last)
    {
        if (token.Sequence != 0 && token.Sequence != last + 1)
        {
            RefuseNumber(token, last);
            return false;
        }
        if (token.Group.CancellationToken.IsCancellationRequested)
        {
            token.Set(StepStatus.Canceled, last);
            return false;
        }
        try
        {
            rows.Model.CheckToken(state, token.Token, position);
            return true;
        }
        catch (ArgumentException error)
        {
            token.Set(StepStatus.Invalid, last, Sentence(error));
            return false;
        }
    }

    /// <summary>Steps the model with the tokens that are to be read, and gives all of them their results.</summary>
    public void Step()
    {
        int count = AcceptedCount;
        if (count > 0)
        {
            foreach (ref View view in views.AsSpan(0, viewCount))
            {
                // Not before: a stream whose token was refused is as it was.
                if (view.Tokens > 0)
                {
                    rows.UseWeights(view.State, view.Row);
                }
            }
            // A single state would take the tokens as its own in order, which is what they are.
            ReadOnlySpan<StreamState<TModel>> stepped = viewCount == 1 ? states.AsSpan(0, 1) : states.AsSpan(0, count);
            rows.Model.StepManyChecked(stepped, tokens.AsSpan(0, count * TokenWidth), outputs.AsSpan(0, count * OutputWidth));
        }
        for (int i = 0; i < count; i++)
        {
            PendingToken token = accepted[i];
            int row = places[i].Row;
            ReadOnlySpan<float> output = outputs.AsSpan(i * OutputWidth, OutputWidth);
            output.CopyTo(token.Output);
            rows.Advance(row, Token(i), output);
            ref StreamRow stream = ref rows[row];
            stream.Flags |= RowFlags.IsChanged | RowFlags.IsRecent;
            stream.LastUsed = now;
            token.Set(StepStatus.Accepted, stream.Sequence);
        }
        foreach ((PendingToken token, int first) in repeated)
        {
            Repeat(token, outputs.AsSpan(first * OutputWidth, OutputWidth));
        }
    }

    /// <summary>Refuses the tokens that were to be read, and those that were judged by them; no stream has changed.</summary>
    public void Fail(StepStatus status, string message)
    {
        for (int i = 0; i < AcceptedCount; i++)
        {
            accepted[i].Set(status, rows[places[i].Row].Sequence, message);
        }
        foreach ((PendingToken token, int row) in dependent)
        {
            token.Set(status, rows[row].Sequence, message);
        }
    }

    /// <summary>Ends the batch: its streams may leave memory again.</summary>
    public void End()
    {
        foreach (ref View view in views.AsSpan(0, viewCount))
        {
            ref StreamRow stream = ref rows[view.Row];
            stream.View = 0;
            if (stream.Sequence == 0)
            {
                // It came for a token that was refused.
                rows.Remove(view.Row);
            }
        }
        Array.Clear(accepted, 0, AcceptedCount);
        (AcceptedCount, viewCount) = (0, 0);
        repeated.Clear();
        dependent.Clear();
    }

    private ref View ViewOf(int row)
    {
        ref StreamRow stream = ref rows[row];
        if (stream.View == 0)
        {
            ref View added = ref views[viewCount++];
            added.State ??= new();
            rows.Attach(added.State, row);
            (added.Row, added.Tokens, added.Last) = (row, 0, -1);
            stream.View = (ushort)viewCount;
        }
        return ref views[stream.View - 1];
    }

    private static void Repeat(PendingToken token, ReadOnlySpan<float> output)
    {
        output.CopyTo(token.Output);
        token.Set(StepStatus.Repeated, token.Sequence);
    }

    private static void RefuseNumber(PendingToken token, long last)
    {
        long sequence = token.Sequence;
        if (sequence < 0)
        {
            token.Set(StepStatus.Invalid, last, "The number of a token is from 1; 0 where the sender gives none.");
        }
        else if (sequence < last)
        {
            token.Set(StepStatus.Stale, last, $"The stream has read token {sequence} before, and {last} as its last one; send {last + 1}.");
        }
        else
        {
            token.Set(StepStatus.Gap, last, $"The stream expects token {last + 1} before {sequence}; send those between them first.");
        }
    }

    /// <summary>What an exception says, without the name of the parameter that it adds.</summary>
    private static string Sentence(ArgumentException error)
    {
        int end = error.ParamName is null ? -1 : error.Message.LastIndexOf($" (Parameter '{error.ParamName}')", StringComparison.Ordinal);
        return end < 0 ? error.Message : error.Message[..end];
    }

    /// <summary>A stream of the batch: its state, its row, how many of its tokens are read, and the place of the last of those.</summary>
    private struct View
    {
        public StreamState<TModel> State;
        public int Row, Tokens, Last;
    }
}
