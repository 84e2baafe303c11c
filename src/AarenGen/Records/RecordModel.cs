using System.Runtime.InteropServices;
using System.Text.Json;
using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// The base of models with a task, which are trained from records and take records of streams. The members of
/// <see cref="SequenceModel{TSelf}"/>, which take tokens, work as in every model.
/// </summary>
/// <typeparam name="TSelf">The model.</typeparam>
/// <typeparam name="TRecord">The type of its records.</typeparam>
public abstract class RecordModel<TSelf, TRecord> : SequenceModel<TSelf>
    where TSelf : RecordModel<TSelf, TRecord>, IModelDefinition<TSelf>, IRecordBinding<TRecord>
{
    private protected RecordModel()
    {
    }

    /// <summary>Where the values of records stand in tokens.</summary>
    private protected abstract RecordLayout TaskLayout { get; }

    /// <summary>
    /// What standardises the tokens of records to train on; null where nothing does, or where statistics are not fitted yet: they then
    /// depend on the records.
    /// </summary>
    private protected Standardizer? FittedStandardizer => Statistics is { IsFitted: true } ? Standardizer : null;

    /// <summary>Creates the state of a series at its beginning.</summary>
    /// <param name="key">The series' key; empty where records have none.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="key"/> has more than 1,048,576 characters; or, with <see cref="StandardizeAttribute.PerSeries"/>, more than 1,024
    /// bytes of UTF-8, half a character or a null character.
    /// </exception>
    public SeriesState<TSelf> CreateSeriesState(string key = "")
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length > SeriesSnapshot.MaxKey)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"The key has {key.Length} characters, and a saved state holds one of at most ")
                + FormattableString.Invariant($"{SeriesSnapshot.MaxKey}; name the series by a shorter text."), nameof(key));
        }
        return new(TaskLayout, key, CreateStateOf(TaskLayout.StatisticsOf(key)));
    }

    /// <summary>Creates a collection of the states of series, which makes a new one for each new key.</summary>
    public SeriesStateCollection<TSelf> CreateSeriesStates() => new(TaskLayout, CreateSeriesState);

    /// <summary>
    /// Writes what the model gave in a series as a JSON value: an object, as the task's page of the documentation shows it; null where
    /// there is no output. Numbers read back as the same ones; those that are not numbers are null.
    /// </summary>
    /// <param name="json">Written to; not flushed.</param>
    /// <param name="output">What the model gave.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public void WriteJson(Utf8JsonWriter json, SeriesOutput<TSelf> output)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(output);
        if (output.HasOutput)
        {
            WriteOutput(json, output.Core);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    /// <summary>How a service lets series of the model read encoded records.</summary>
    internal RecordSteps<TSelf> CreateSteps() => new Steps(TaskLayout, EncodedRecord.FirstValueWord + Columns + ExtraWords);

    /// <summary>Encodes a record that a series is to read.</summary>
    /// <param name="record">The record.</param>
    /// <param name="key">The series.</param>
    /// <param name="words">All words of the record, overwritten.</param>
    /// <exception cref="RecordException">The record alone is wrong.</exception>
    internal void Encode(TRecord record, string key, Span<long> words)
    {
        words.Clear();
        if (record is null)
        {
            throw new RecordException("A record is null; leave it out.");
        }
        long ticks = TSelf.HasTime ? TSelf.GetTime(record).UtcTicks : 0;
        if (TSelf.GetKey(record) is { Length: > 0 } own && own != key)
        {
            throw RecordLayout.OtherSeries(own, TSelf.HasTime ? ticks : null, key);
        }
        words[EncodedRecord.TimeWord] = ticks;
        TaskLayout.ReadValues<TRecord, TSelf>(record, RecordUse.Input, Doubles(words.Slice(EncodedRecord.FirstValueWord, Columns)));
    }

    /// <summary>Whether time alone, without a record, completes something: intervals of forecasts, which alone have targets.</summary>
    internal static bool CanAdvance { get; } = TSelf.Columns.Any(static c => c.Role == RecordRole.Target);

    /// <summary>Encodes what is known ahead at a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="key">The series.</param>
    /// <param name="ahead">Records of later times.</param>
    /// <param name="words">All words of the record, of which the part for them is overwritten.</param>
    /// <exception cref="RecordException">A record alone is wrong, there are more than fit, or nothing is known ahead.</exception>
    internal virtual void EncodeAhead(TRecord record, string key, IReadOnlyList<TRecord> ahead, Span<long> words) =>
        throw new RecordException("The model knows no values ahead; leave out the records of later times.");

    /// <summary>Encodes what an episode tells with a record.</summary>
    /// <param name="reward">What the last action was worth; null: it is not told.</param>
    /// <param name="target">Where an episode begins: the return to reach.</param>
    /// <param name="words">All words of the record, of which the part for it is overwritten.</param>
    /// <exception cref="RecordException">The model does not decide.</exception>
    internal virtual void EncodeEpisode(double? reward, double? target, Span<long> words) =>
        throw new RecordException("The model does not decide; leave out rewards and target returns.");

    /// <summary>Encodes another action that was taken at the last step than the one that was decided.</summary>
    /// <param name="taken">A record with it.</param>
    /// <param name="key">The series.</param>
    /// <param name="words">All words of the record, of which the part for it is overwritten.</param>
    /// <exception cref="RecordException">The action is missing or out of bounds, or the model does not decide.</exception>
    internal virtual void EncodeAction(TRecord taken, string key, Span<long> words) =>
        throw new RecordException("The model does not decide; leave out the action that was taken.");

    /// <summary>Values in words.</summary>
    private protected static Span<double> Doubles(Span<long> words) => MemoryMarshal.Cast<long, double>(words);

    private protected static int Columns => TSelf.Columns.Count;

    /// <summary>Words of what the task adds to a record.</summary>
    private protected virtual int ExtraWords => 0;

    /// <summary>Takes an encoded record; returns whether the model gave an output.</summary>
    /// <exception cref="RecordException">The record is wrong. The state is as it was.</exception>
    private protected abstract bool StepEncoded(SeriesState<TSelf> state, EncodedRecord record, bool isAnew);

    /// <summary>How many intervals without a record a record, or an advance, would complete.</summary>
    private protected virtual long CountEmptyIntervals(SeriesState<TSelf> state, EncodedRecord record) => 0;

    /// <summary>Makes a series begin anew with other weights.</summary>
    private protected virtual void BeginAnew(SeriesState<TSelf> state) => state.Reset();

    /// <summary>Writes an output that is there as an object.</summary>
    private protected abstract void WriteOutput(Utf8JsonWriter json, SeriesCore core);

    private sealed class Steps(RecordLayout layout, int words) : RecordSteps<TSelf>(layout, words)
    {
        public override bool Step(TSelf model, SeriesState<TSelf> state, long[] words, bool isAnew) =>
            model.StepEncoded(state, new(words, Columns), isAnew);

        public override long CountEmptyIntervals(TSelf model, SeriesState<TSelf> state, long[] words) =>
            model.CountEmptyIntervals(state, new(words, Columns));

        public override void BeginAnew(TSelf model, SeriesState<TSelf> state) => model.BeginAnew(state);
    }
}
