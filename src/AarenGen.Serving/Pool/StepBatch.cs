namespace AarenGen.Serving;

/// <summary>Tokens that a pool steps together: which of them are read, in which order, and what becomes of the others.</summary>
internal sealed class StepBatch<TModel>(StreamRows<TModel> rows, int maxEmptyIntervals)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly int tokenWidth = rows.Form.TokenWidth, outputWidth = rows.Form.OutputWidth;

    /// <summary>What reads records; null: tokens are read.</summary>
    private readonly RecordBatch<TModel>? records = rows.Form.Records is { } steps
        ? new(rows, steps, maxEmptyIntervals) : null;

    /// <summary>The streams of the batch; a state serves whichever stream has its place.</summary>
    private View[] views = [];
    private int viewCount;

    /// <summary>Tokens that are to be read: the tokens, and what they are in their rows.</summary>
    private PendingToken[] accepted = [];
    private Place[] places = [];

    /// <summary>Tokens that are the same as others of the batch, and the places of those among the ones that are read.</summary>
    private readonly List<(PendingToken Token, int Accepted)> repeated = [];

    /// <summary>Tokens that were refused behind others of their stream that are to be read.</summary>
    private readonly List<(PendingToken Token, int Row)> dependent = [];
    private StreamState<TModel>[] states = [];
    private float[] tokens = [], outputs = [];
    private uint now;
    private bool isReplay;

    /// <summary>How many tokens are to be read.</summary>
    public int AcceptedCount { get; private set; }

    /// <summary>Where a token belongs that is to be read.</summary>
    public Place PlaceOf(int accepted) => places[accepted];

    /// <summary>The floats of a token that is to be read.</summary>
    public ReadOnlySpan<float> Token(int accepted) => tokens.AsSpan(accepted * tokenWidth, tokenWidth);

    /// <summary>Begins a batch.</summary>
    /// <param name="capacity">The largest number of tokens.</param>
    /// <param name="now">The second of the pool's clock.</param>
    /// <param name="isReplay">Whether its tokens are those of a log, which were read before.</param>
    public void Begin(int capacity, uint now, bool isReplay)
    {
        (this.now, this.isReplay) = (now, isReplay);
        if (states.Length < capacity)
        {
            (states, tokens, outputs) =
                (new StreamState<TModel>[capacity], new float[capacity * tokenWidth], new float[capacity * outputWidth]);
            (accepted, places) = (new PendingToken[capacity], new Place[capacity]);
            Array.Resize(ref views, capacity);
            records?.Begin(capacity);
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
        StreamEventKind kind = records?.KindOf(token.Token) ?? StreamEventKind.Token;
        Decision decision = kind == StreamEventKind.Advance ? DecideAdvance(token, ref view, last)
            : token.Sequence == last && last > 0 ? Decision.Repeat
            : Decide(token, ref view, stream.TokenCount + view.Tokens, last);
        if (decision == Decision.Repeat && view.Last < 0)
        {
            Repeat(token, rows.Output(row), last);
            stream.LastUsed = now;
        }
        else if (decision == Decision.Repeat)
        {
            // Whatever else comes with it: its answer must not depend on what is stepped together.
            repeated.Add((token, view.Last));
        }
        if (decision != Decision.Read)
        {
            if (view.Last >= 0)
            {
                dependent.Add((token, row));
            }
            return;
        }
        int numbers = kind == StreamEventKind.Token ? 1 : 0, place = AcceptedCount++;
        token.Token.CopyTo(tokens.AsSpan(place * tokenWidth));
        states[place] = view.State;
        accepted[place] = token;
        places[place] = new(kind, row, last + numbers);
        view.Tokens += numbers;
        view.Last = place;
    }

    /// <summary>Decides about a token whose number the stream has not read; if it is refused, it has its result.</summary>
    /// <param name="token">The token.</param>
    /// <param name="view">Its stream.</param>
    /// <param name="position">How many tokens the state has read before it.</param>
    /// <param name="last">The number of the token before it.</param>
    private Decision Decide(PendingToken token, ref View view, long position, long last)
    {
        if (token.Sequence != 0 && token.Sequence != last + 1)
        {
            RefuseNumber(token, last);
            return Decision.Refuse;
        }
        if (IsCanceled(token, last))
        {
            return Decision.Refuse;
        }
        if (records is not null)
        {
            return DecideRecord(records, token, view.Row, last);
        }
        try
        {
            rows.Model.CheckToken(view.State, token.Token, position);
            return Decision.Read;
        }
        catch (ArgumentException error)
        {
            token.Set(StepStatus.Invalid, last, Sentence(error));
            return Decision.Refuse;
        }
    }

    /// <summary>
    /// Decides about an advance, which has no number; one of a log says behind which token it came, and a stream that has gone on since has
    /// done it.
    /// </summary>
    private Decision DecideAdvance(PendingToken token, ref View view, long last)
    {
        if (token.Sequence != 0 && token.Sequence != last)
        {
            RefuseNumber(token, last);
            return Decision.Refuse;
        }
        return IsCanceled(token, last) ? Decision.Refuse : DecideRecord(records!, token, view.Row, last);
    }

    private static bool IsCanceled(PendingToken token, long last)
    {
        bool isCanceled = token.Group.CancellationToken.IsCancellationRequested;
        if (isCanceled)
        {
            token.Set(StepStatus.Canceled, last);
        }
        return isCanceled;
    }

    /// <summary>Lets the copy of a stream read a record; if it cannot, the record has its result.</summary>
    private Decision DecideRecord(RecordBatch<TModel> records, PendingToken token, int row, long last)
    {
        int place = rows[row].View - 1;
        try
        {
            // An advance that completes nothing may be one that was sent before.
            return records.Step(place, row, token.Token, isReplay, Output(AcceptedCount)) ? Decision.Read : Decision.Repeat;
        }
        catch (RecordException error)
        {
            token.Set(StepStatus.Invalid, last, error.Message);
        }
        catch (ModelFileException error)
        {
            token.Set(StepStatus.Unavailable, last, "The stream cannot be read: " + error.Message);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or ArithmeticException)
        {
            token.Set(StepStatus.Invalid, last, "The record cannot be read: " + error.Message);
            // It may have changed the copy, which reads those before it again.
            records.Forget(place);
            for (int i = 0; i < AcceptedCount; i++)
            {
                if (places[i].Row == row)
                {
                    records.Step(place, row, Token(i), isRead: true, Output(i));
                }
            }
        }
        return Decision.Refuse;
    }

    /// <summary>Steps the model with the tokens that are to be read, and gives all of them their results.</summary>
    public void Step()
    {
        int count = AcceptedCount;
        if (records is not null)
        {
            for (int place = 0; place < viewCount; place++)
            {
                if (views[place].Last >= 0)
                {
                    records.Commit(place, views[place].Row);
                }
            }
        }
        else if (count > 0)
        {
            foreach (ref View view in views.AsSpan(0, viewCount))
            {
                // Not before: a stream whose token was refused is as it was.
                if (view.Last >= 0)
                {
                    rows.UseWeights(view.State, view.Row);
                }
            }
            // A single state would take the tokens as its own in order, which is what they are.
            ReadOnlySpan<StreamState<TModel>> stepped = viewCount == 1 ? states.AsSpan(0, 1) : states.AsSpan(0, count);
            rows.Model.StepManyChecked(stepped, tokens.AsSpan(0, count * tokenWidth), outputs.AsSpan(0, count * outputWidth));
        }
        for (int i = 0; i < count; i++)
        {
            PendingToken token = accepted[i];
            int row = places[i].Row;
            ReadOnlySpan<float> output = Output(i);
            output.CopyTo(token.Output);
            rows.Complete(row, places[i].Kind, Token(i), output);
            ref StreamRow stream = ref rows[row];
            stream.Flags |= RowFlags.IsChanged | RowFlags.IsRecent;
            stream.LastUsed = now;
            token.Set(StepStatus.Accepted, stream.Sequence);
        }
        foreach ((PendingToken token, int first) in repeated)
        {
            Repeat(token, Output(first), places[first].Sequence);
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
            if (stream.Sequence == 0 && (stream.Flags & RowFlags.IsRemoved) == 0)
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
            if (records is not null)
            {
                records.Forget(viewCount - 1);
            }
            else
            {
                added.State ??= new();
                rows.Attach(added.State, row);
            }
            (added.Row, added.Tokens, added.Last) = (row, 0, -1);
            stream.View = (ushort)viewCount;
        }
        return ref views[stream.View - 1];
    }

    /// <summary>Where the output of a token that is to be read is written.</summary>
    private Span<float> Output(int accepted) => outputs.AsSpan(accepted * outputWidth, outputWidth);

    private static void Repeat(PendingToken token, ReadOnlySpan<float> output, long last)
    {
        output.CopyTo(token.Output);
        token.Set(StepStatus.Repeated, last);
    }

    private void RefuseNumber(PendingToken token, long last)
    {
        string what = records is null ? "token" : "record";
        long sequence = token.Sequence;
        if (sequence < 0)
        {
            token.Set(StepStatus.Invalid, last, $"The number of a {what} is from 1; 0 where the sender gives none.");
        }
        else if (sequence < last)
        {
            token.Set(
                StepStatus.Stale, last, $"The stream has read {what} {sequence} before, and {last} as its last one; send {last + 1}.");
        }
        else
        {
            token.Set(StepStatus.Gap, last, $"The stream expects {what} {last + 1} before {sequence}; send those between them first.");
        }
    }

    /// <summary>What an exception says, without the name of the parameter that it adds.</summary>
    private static string Sentence(ArgumentException error)
    {
        int end = error.ParamName is null ? -1 : error.Message.LastIndexOf($" (Parameter '{error.ParamName}')", StringComparison.Ordinal);
        return end < 0 ? error.Message : error.Message[..end];
    }

    /// <summary>What becomes of a token: it is read, it gets the stream's last output, or it has a result already.</summary>
    private enum Decision
    {
        Read,
        Repeat,
        Refuse,
    }

    /// <summary>What a token that is read is to its row, and the number of the row's last token after it.</summary>
    internal readonly record struct Place(StreamEventKind Kind, int Row, long Sequence);

    /// <summary>
    /// A stream of the batch: its state, its row, how many of its tokens that have numbers are read, and the place of the last that is
    /// read, −1 where none is.
    /// </summary>
    private struct View
    {
        public StreamState<TModel> State;
        public int Row, Tokens, Last;
    }
}
