using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace AarenGen.Serving;

/// <summary>
/// The records of a batch: each is read by a copy of its stream, which shows whether it can be read, before it is in the log. The copies
/// become the streams afterwards, or are forgotten.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A stream in memory holds nothing that must be released.")]
internal sealed class RecordBatch<TModel>(StreamRows<TModel> rows, RecordSteps<TModel> steps, int maxEmptyIntervals)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly MemoryStream saved = new(new byte[steps.SavedBytes], 0, steps.SavedBytes, writable: true, publiclyVisible: true);
    private readonly long[] words = new long[steps.Words];
    private readonly SeriesCore check = steps.Layout.CreateCore("");
    private BinaryReader? reader;
    private BinaryWriter? writer;
    private float[] history = [];

    /// <summary>Of each stream of the batch, by its place among them.</summary>
    private Copy[] copies = [];

    private BinaryReader Reader => reader ??= new(saved);

    private BinaryWriter Writer => writer ??= new(saved);

    /// <summary>Begins with the streams of a batch.</summary>
    public void Begin(int capacity)
    {
        if (copies.Length < capacity)
        {
            Array.Resize(ref copies, capacity);
        }
    }

    /// <summary>Says that the copy at a place is of another stream from now on, or that it must be made again.</summary>
    public void Forget(int place) => copies[place].IsLoaded = false;

    /// <summary>What a record, or an advance, is to its stream.</summary>
    public StreamEventKind KindOf(ReadOnlySpan<float> token)
    {
        Take(token);
        return EncodedRecord.IsAdvance(words) ? StreamEventKind.Advance : StreamEventKind.Token;
    }

    /// <summary>Lets the copy of a stream read a record.</summary>
    /// <param name="place">The place of the stream in the batch.</param>
    /// <param name="row">Its row.</param>
    /// <param name="token">The record.</param>
    /// <param name="isRead">Whether the record was read before and is in the log, so that it may cost whatever it cost then.</param>
    /// <param name="output">Overwritten by what the stream then keeps.</param>
    /// <returns>False: it is an advance that completes nothing. The copy is as it was, and there is no output.</returns>
    /// <exception cref="RecordException">The record is wrong. The copy is as it was.</exception>
    /// <exception cref="ModelFileException">What the row holds cannot be.</exception>
    /// <exception cref="InvalidOperationException">With it the stream could not be read again. The copy must be forgotten.</exception>
    public bool Step(int place, int row, ReadOnlySpan<float> token, bool isRead, Span<float> output)
    {
        ref Copy copy = ref copies[place];
        if (!copy.IsLoaded)
        {
            Load(ref copy, row);
        }
        Take(token);
        if (!isRead && steps.CountEmptyIntervals(rows.Model, copy.State, words) is var empty && empty > maxEmptyIntervals)
        {
            string what = EncodedRecord.IsAdvance(words) ? "An advance" : "A record";
            throw new RecordException(string.Create(
                CultureInfo.InvariantCulture,
                $"{what} of the series '{copy.State.Key}' at {RecordLayout.Time(words[EncodedRecord.TimeWord])} comes after {empty} ")
                + FormattableString.Invariant($"intervals without a record, and a service completes {maxEmptyIntervals} at a time. ")
                + "Correct the time; or advance the stream there in several calls; or reset it; or set "
                + $"{nameof(StreamServiceOptions.MaxEmptyIntervals)}.");
        }
        long before = copy.State.TokenCount;
        bool isNew = steps.Step(rows.Model, copy.State, words, copy.IsAnew);
        if (EncodedRecord.IsAdvance(words) && copy.State.TokenCount == before)
        {
            return false;
        }
        copy.IsAnew = false;
        saved.Position = 0;
        RecordSteps<TModel>.Write(copy.State, isNew, Writer);
        Writer.Flush();
        CheckSaved();
        output.Clear();
        saved.GetBuffer().AsSpan(0, steps.SavedBytes).CopyTo(MemoryMarshal.AsBytes(output));
        return true;
    }

    /// <summary>Makes the copy of a stream the stream, but for what its records are counted by.</summary>
    public void Commit(int place, int row)
    {
        ref Copy copy = ref copies[place];
        copy.Numbers.CopyTo(rows.State(row));
        rows.UseWeights(row, copy.TokenCount);
    }

    private void Take(ReadOnlySpan<float> token) => token.CopyTo(MemoryMarshal.Cast<long, float>(words.AsSpan()));

    /// <summary>What is written must be read again, at the next batch and at the next start.</summary>
    private void CheckSaved()
    {
        saved.Position = 0;
        try
        {
            check.Reset();
            RecordSteps<TModel>.Read(check, Reader);
        }
        catch (ModelFileException error)
        {
            throw new InvalidOperationException("the model gives numbers for it that no stream can hold; check its weights.", error);
        }
    }

    private void Load(ref Copy copy, int row)
    {
        copy.State ??= steps.CreateState();
        copy.Numbers ??= new double[rows.State(row).Length];
        copy.State.Core.Key = StreamId.Decode(rows.Id(row));
        copy.TokenCount = rows[row].TokenCount;
        copy.IsAnew = false;
        Restore(copy, row);
        if (rows.BeginsAnew(row))
        {
            copy.TokenCount = BeginAnew(copy, row);
            copy.IsAnew = copy.TokenCount == 0;
        }
        copy.IsLoaded = true;
    }

    private void Restore(in Copy copy, int row)
    {
        copy.State.Core.Reset();
        long tokens = 0;
        if (rows[row].TokenCount == 0)
        {
            copy.Numbers.AsSpan().Clear();
        }
        else
        {
            rows.State(row).CopyTo(copy.Numbers);
            MemoryMarshal.AsBytes(rows.Output(row))[..steps.SavedBytes].CopyTo(saved.GetBuffer());
            saved.Position = 0;
            (tokens, _) = RecordSteps<TModel>.Read(copy.State.Core, Reader);
        }
        rows.Attach(copy.State.Stream, copy.Numbers, tokens, row);
    }

    /// <summary>The copy of a stream that other weights have stepped begins anew.</summary>
    /// <returns>How many of its last records it has read again.</returns>
    private long BeginAnew(in Copy copy, int row)
    {
        long read = 0;
        int known = rows.CopyHistory(row, ref history);
        if (known > 0)
        {
            long? until = RecordSteps<TModel>.CompleteUntil(copy.State);
            read = ReadAgain(copy, known, out long left);
            if (read > 0 && until is { } ticks)
            {
                // Advances completed further intervals. Where they are too many, the stream has nothing to go on from.
                EncodedRecord.WriteAdvance(words, ticks);
                if (steps.CountEmptyIntervals(rows.Model, copy.State, words) is var empty && empty <= left && empty <= steps.MaxGap)
                {
                    steps.Step(rows.Model, copy.State, words, isAnew: false);
                }
                else
                {
                    read = 0;
                }
            }
        }
        if (read == 0)
        {
            Restore(copy, row);
            steps.BeginAnew(rows.Model, copy.State);
        }
        return read;
    }

    /// <summary>Lets a copy that is as at its beginning read its last records; a gap that is too long is where it begins.</summary>
    /// <param name="copy">The copy.</param>
    /// <param name="known">How many records there are.</param>
    /// <param name="left">How many intervals without a record it may still complete.</param>
    /// <returns>How many records it has read.</returns>
    private long ReadAgain(in Copy copy, int known, out long left)
    {
        copy.State.Reset();
        long read = 0;
        left = maxEmptyIntervals;
        for (int i = 0; i < known; i++)
        {
            Take(history.AsSpan(i * 2 * steps.Words, 2 * steps.Words));
            long empty = steps.CountEmptyIntervals(rows.Model, copy.State, words);
            if (empty > left || empty > steps.MaxGap)
            {
                copy.State.Reset();
                (read, empty) = (0, 0);
            }
            try
            {
                steps.Step(rows.Model, copy.State, words, isAnew: false);
                read++;
                left -= empty;
            }
            catch (RecordException)
            {
                // It means nothing without those before it, or has numbers that are too large for these weights.
            }
        }
        return read;
    }

    /// <summary>The copy of a stream, and how many records it had read before those of the batch.</summary>
    private struct Copy
    {
        public SeriesState<TModel> State;
        public double[] Numbers;
        public long TokenCount;
        public bool IsLoaded, IsAnew;
    }
}
