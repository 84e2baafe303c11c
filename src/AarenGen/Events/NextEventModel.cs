using System.Globalization;
using System.Text.Json;

namespace AarenGen;

/// <summary>
/// The base of models with <see cref="NextEventAttribute{TRecord}"/>: they are trained on events, take those of a stream, and predict the
/// next one.
/// </summary>
/// <typeparam name="TSelf">The model.</typeparam>
/// <typeparam name="TRecord">The type of its records.</typeparam>
/// <typeparam name="TNext">The typed view of what is predicted.</typeparam>
public abstract class NextEventModel<TSelf, TRecord, TNext> : RecordModel<TSelf, TRecord>
    where TSelf : NextEventModel<TSelf, TRecord, TNext>, IModelDefinition<TSelf>, IRecordBinding<TRecord>, IEventDefinition<TNext>
    where TNext : struct
{
    private static EventLayout? layout;

    /// <summary>What is predicted from what.</summary>
    public static EventTask Task => TSelf.Task;

    /// <summary>
    /// The time of the last event that a training of this model used, for validation included; null where none is known, as of weights from
    /// elsewhere. Trainings on tokens, whose time is unknown, do not change it. Files of the model keep it, and
    /// <see cref="Evaluate"/> says when it tests on what the model was trained on.
    /// </summary>
    public DateTimeOffset? FittedUntil => DataEnd;

    private static EventLayout Layout => layout ??= new(TSelf.Task, Description);

    private protected sealed override RecordLayout TaskLayout => Layout;

    /// <summary>
    /// Trains the model on events: those of a key are a series. The latest events, or those of other records, decide which epoch was best;
    /// its weights are kept.
    /// </summary>
    /// <remarks>
    /// Every event but the first of a series is predicted from those before it; what comes after the last one is not known, and not trained
    /// on. Memory: 8 bytes for each value and each time, and what <see cref="SequenceModel{TSelf}.Fit"/> takes.
    /// </remarks>
    /// <param name="records">The events; those of a series in the order of time, those of different series mixed as they like.</param>
    /// <param name="options">Which part is for what, and how to train; sensible defaults where null.</param>
    /// <param name="validation">
    /// Events of other series, which decide which epoch was best; all of <paramref name="records"/> before
    /// <see cref="EventTrainingOptions.ValidateUntil"/> are then trained on. Null: the latest of <paramref name="records"/> decide.
    /// </param>
    /// <param name="progress">Receives reports as of <see cref="SequenceModel{TSelf}.Fit"/>; null: no reports.</param>
    /// <param name="cancellationToken">Stops the training after the current optimiser step.</param>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    /// <exception cref="RecordException">A record is wrong, or records of a series fall in time. The model is as it was.</exception>
    /// <exception cref="ArgumentException">
    /// No series has two events in the part for training, or in that for validation; or as for <see cref="SequenceModel{TSelf}.Fit"/>. The
    /// model is as it was.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="SequenceModel{TSelf}.Fit"/>.</exception>
    /// <exception cref="TrainingDivergedException">As for <see cref="SequenceModel{TSelf}.Fit"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ModelFileException">The checkpoint to resume from is damaged or belongs to another training.</exception>
    /// <exception cref="IOException">The checkpoint cannot be read or written.</exception>
    public EventReport Fit(
        IEnumerable<TRecord> records, EventTrainingOptions? options = null, IEnumerable<TRecord>? validation = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return Train(records, options ?? new(), validation, yields: false, progress, cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>
    /// As <c>Fit</c>, with the same result bit for bit, but gives the caller's thread back between optimiser steps, as
    /// <see cref="SequenceModel{TSelf}.FitAsync"/> does: for programs whose one thread also serves the user, such as a page in a browser.
    /// </summary>
    /// <remarks>Reading the records, and the scores at the end, are not divided.</remarks>
    /// <param name="records">As of <c>Fit</c>; they are read before the call returns.</param>
    /// <param name="options">As of <c>Fit</c>.</param>
    /// <param name="validation">As of <c>Fit</c>; they are read before the call returns.</param>
    /// <param name="progress">As of <c>Fit</c>.</param>
    /// <param name="cancellationToken">As of <c>Fit</c>.</param>
    /// <returns>A task with the report; it fails with the exceptions of <c>Fit</c>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    public Task<EventReport> FitAsync(
        IEnumerable<TRecord> records, EventTrainingOptions? options = null, IEnumerable<TRecord>? validation = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return Train(records, options ?? new(), validation, yields: true, progress, cancellationToken);
    }

    private async Task<EventReport> Train(
        IEnumerable<TRecord> records, EventTrainingOptions options, IEnumerable<TRecord>? validation, bool yields,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        IReadOnlyList<RecordSequence> series = Read(records, FittedStandardizer);
        (EventSequences train, EventSequences? judges) = validation is null ? EventSequences.Divide(Layout, series, options)
            : (EventSequences.Of(Layout, series, options), EventSequences.Of(Layout, Read(validation, FittedStandardizer), options));
        TrainingReport report = await EventTraining.Fit((TSelf)this, train, judges, options.Training, yields, progress, cancellation);
        return new(report, train.TargetCount, judges?.TargetCount ?? 0);
    }

    /// <summary>
    /// Scores the model on events: streams each series from its beginning, and compares what was predicted with each event that came, but
    /// for the first one.
    /// </summary>
    /// <remarks>
    /// The model is trained on what lies before the test: pass <paramref name="from"/> as <see cref="EventTrainingOptions.ValidateUntil"/>
    /// to <c>Fit</c>. If it was trained on later events (<see cref="FittedUntil"/>), the result has a notice of it. Without
    /// <paramref name="from"/> the events are taken for those of other series, of whose time no training tells.
    /// </remarks>
    /// <param name="records">The events, as of <c>Fit</c>.</param>
    /// <param name="from">
    /// Only events from this moment on are scored, so that series go on from those that were trained on, and the baselines are fitted to
    /// the events before. Null: all are scored.
    /// </param>
    /// <param name="baseline">
    /// The events that the baselines are fitted to, such as those of the training; null: those before <paramref name="from"/> or, without
    /// it, the scored ones, which favours the baselines.
    /// </param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    /// <exception cref="RecordException">As for <c>Fit</c>.</exception>
    /// <exception cref="ArgumentException">No event to score, or to fit the baselines to, has one before it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public EventEvaluation Evaluate(
        IEnumerable<TRecord> records, DateTimeOffset? from = null, IEnumerable<TRecord>? baseline = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        IReadOnlyList<RecordSequence> series = Read(records, Standardizer);
        long first = from?.UtcTicks ?? long.MinValue;
        var baselines = new EventBaselines(
            Layout, baseline is null ? series : Read(baseline, standardizer: null),
            baseline is null && from is not null ? first : long.MaxValue);
        EventScores scores = EventTraining.Evaluate((TSelf)this, Layout, series, first, cancellationToken);
        return new(scores, baselines.Evaluate(series, first), Layout.Task.Unit, baseline is null && from is null)
        {
            Notices = from is { } begin && FittedUntil is { } last && last >= begin ? [string.Create(
                CultureInfo.InvariantCulture,
                $"The model was trained on what it is tested on, so that its scores are too good: its training used events up to "
                + $"{last.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, and the test begins at {begin.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z. Pass the "
                + $"beginning of the test to Fit, as ValidateUntil.")] : [],
        };
    }

    /// <summary>Takes the next event of a series, and predicts the one after it. It allocates nothing.</summary>
    /// <param name="state">The state of the series, by <c>CreateSeriesState</c>.</param>
    /// <param name="record">The event, not earlier than the one before it.</param>
    /// <returns>A view, valid until the next step.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="RecordException">
    /// The event is of another series, lies before the one before it, or holds a number or category out of range. The state is as it was.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The state is of other weights than <see cref="SequenceModel{TSelf}.AcceptedStates"/> allows. It is as it was.
    /// </exception>
    public TNext Step(SeriesState<TSelf> state, TRecord record)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Records().Step<TRecord, TSelf>((TSelf)this, record);
        return TSelf.View(new((EventCore)state.Core));
    }

    /// <summary>What was predicted last in a series, such as by a state that was loaded; null before its first event.</summary>
    /// <param name="state">The series.</param>
    /// <returns>A view, valid until the next step.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    public TNext? GetNextEvent(SeriesState<TSelf> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Core.HasOutput ? TSelf.View(new((EventCore)state.Core)) : null;
    }

    /// <summary>What was predicted last in a series, as a service of streams gives it; null before its first event.</summary>
    /// <param name="output">What the model gave.</param>
    /// <returns>A view, which stays valid.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="output"/> is null.</exception>
    public TNext? GetNextEvent(SeriesOutput<TSelf> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return output.HasOutput ? TSelf.View(new((EventCore)output.Core)) : null;
    }

    private protected sealed override bool StepEncoded(SeriesState<TSelf> state, EncodedRecord record, bool isAnew) =>
        state.Records().Step<EncodedRecord, EncodedBinding<TSelf, TRecord>>((TSelf)this, record);

    private protected sealed override void WriteOutput(Utf8JsonWriter json, SeriesCore core) => TaskJson.Write(json, (EventCore)core);

    private static IReadOnlyList<RecordSequence> Read(IEnumerable<TRecord> records, Standardizer? standardizer) =>
        RecordSequence.Read<TRecord, TSelf>(records, Layout, standardizer);
}
