using System.ComponentModel;
using System.Globalization;
using System.Text.Json;

namespace AarenGen;

/// <summary>
/// The base of models with <see cref="ForecastAttribute{TRecord}"/>: they are trained from records, take records of a stream, and give
/// typed forecasts. The members of <see cref="SequenceModel{TSelf}"/>, which take tokens, work as in every model.
/// </summary>
/// <typeparam name="TSelf">The model.</typeparam>
/// <typeparam name="TRecord">The type of its records.</typeparam>
/// <typeparam name="TForecast">The typed view of its forecasts.</typeparam>
public abstract class ForecastModel<TSelf, TRecord, TForecast> : RecordModel<TSelf, TRecord>
    where TSelf : ForecastModel<TSelf, TRecord, TForecast>, IModelDefinition<TSelf>, IRecordBinding<TRecord>, IForecastDefinition<TForecast>
    where TForecast : struct
{
    private static ForecastLayout? layout;

    /// <summary>What is forecast from what.</summary>
    public static ForecastTask Task => TSelf.Task;

    /// <summary>
    /// The end of the last interval that a training of this model used, for validation included; null where none is known, as of weights
    /// from elsewhere. Trainings on tokens, whose time is unknown, do not change it. Files of the model keep it, and
    /// <see cref="Backtest"/> says when it tests on what the model was trained on.
    /// </summary>
    public DateTimeOffset? FittedUntil => DataEnd;

    private static ForecastLayout Layout => layout ??= new(TSelf.Task, Description);

    private protected sealed override RecordLayout TaskLayout => Layout;

    /// <summary>
    /// Trains the model from records: brings each series to the grid, divides it by time, cuts it into sequences, and keeps the weights of
    /// the epoch that was best on the part for validation.
    /// </summary>
    /// <remarks>
    /// <para>Nothing later than <see cref="ForecastTrainingOptions.TrainUntil"/> is a target in training, or a token; nothing later than
    /// <see cref="ForecastTrainingOptions.ValidateUntil"/> in validation. Values known ahead are read beyond both. Tokens of validation
    /// have a history from the part for training.</para>
    /// <para>Intervals without a record have the category of the record before them. Memory: 8 bytes for each value of each interval of a
    /// series, and what <see cref="SequenceModel{TSelf}.Fit"/> takes.</para>
    /// </remarks>
    /// <param name="records">The records; those of a series in the order of time, those of different series mixed as they like.</param>
    /// <param name="options">Which part is for what, and how to train; sensible defaults where null.</param>
    /// <param name="progress">Receives reports as of <see cref="SequenceModel{TSelf}.Fit"/>; null: no reports.</param>
    /// <param name="cancellationToken">Stops the training after the current optimiser step.</param>
    /// <returns>What was found in the records, how the training went, and the errors over the part for validation.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    /// <exception cref="RecordException">A record is wrong, or records of a series fall in time. The model is as it was.</exception>
    /// <exception cref="ArgumentException">
    /// There are no records, or none in the part for training, or no target in that for validation; or as for
    /// <see cref="SequenceModel{TSelf}.Fit"/>. The model is as it was.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="SequenceModel{TSelf}.Fit"/>.</exception>
    /// <exception cref="TrainingDivergedException">As for <see cref="SequenceModel{TSelf}.Fit"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ModelFileException">The checkpoint to resume from is damaged or belongs to another training.</exception>
    /// <exception cref="IOException">The checkpoint cannot be read or written.</exception>
    public ForecastReport Fit(
        IEnumerable<TRecord> records, ForecastTrainingOptions? options = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return Train(records, options ?? new(), yields: false, progress, cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>
    /// As <c>Fit</c>, with the same result bit for bit, but gives the caller's thread back between optimiser steps, as
    /// <see cref="SequenceModel{TSelf}.FitAsync"/> does: for programs whose one thread also serves the user, such as a page in a browser.
    /// </summary>
    /// <remarks>Reading the records, and the scores at the end, are not divided.</remarks>
    /// <param name="records">As of <c>Fit</c>; they are read before the call returns.</param>
    /// <param name="options">As of <c>Fit</c>.</param>
    /// <param name="progress">As of <c>Fit</c>.</param>
    /// <param name="cancellationToken">As of <c>Fit</c>.</param>
    /// <returns>A task with the report; it fails with the exceptions of <c>Fit</c>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    public Task<ForecastReport> FitAsync(
        IEnumerable<TRecord> records, ForecastTrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return Train(records, options ?? new(), yields: true, progress, cancellationToken);
    }

    private async Task<ForecastReport> Train(
        IEnumerable<TRecord> records, ForecastTrainingOptions options, bool yields, IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        options.Validate(Description.Tokens);
        IReadOnlyList<RegularSeries> series = RecordGrid.Read<TRecord, TSelf>(records, Layout, FittedStandardizer);
        return await ForecastTraining.Run((TSelf)this, Layout, series, options, yields, progress, cancellation);
    }

    /// <summary>
    /// Tests the model on records: streams each series from its beginning and compares every forecast from
    /// <see cref="BacktestOptions.From"/> on with what came, beside simple forecasts of the same values.
    /// </summary>
    /// <remarks>
    /// Forecasts are those of <c>Step</c>, bit for bit, and time grows with the number of intervals times the horizon. The model is trained
    /// on what lies before: pass the same moment as <see cref="ForecastTrainingOptions.ValidateUntil"/> to <c>Fit</c>. If it was trained on
    /// later intervals (<see cref="FittedUntil"/>), the first notice of the report says so.
    /// </remarks>
    /// <param name="records">The records, those before the test included; as of <c>Fit</c>.</param>
    /// <param name="options">From when on, and what is scored.</param>
    /// <param name="refit">
    /// With <see cref="BacktestOptions.RefitEvery"/>: how new models are trained, on all records before the intervals that they forecast.
    /// Its <see cref="ForecastTrainingOptions.TrainUntil"/> and <see cref="ForecastTrainingOptions.ValidateUntil"/> do not count, and a
    /// <see cref="TrainingOptions.CheckpointPath"/> is refused. Null: the defaults. This model stays as it is.
    /// </param>
    /// <param name="progress">Receives a report after each series; null: no reports.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> or <paramref name="options"/> is null.</exception>
    /// <exception cref="RecordException">
    /// A record is wrong, also for a model that was trained anew, or records of a series fall in time.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// There are no records, nothing can be scored, nothing can be trained on anew, or <paramref name="refit"/> names a checkpoint.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An option of <paramref name="refit"/> is out of range.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public BacktestReport Backtest(
        IEnumerable<TRecord> records, BacktestOptions options, ForecastTrainingOptions? refit = null,
        IProgress<BacktestProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(options);
        refit ??= new();
        refit.Validate(Description.Tokens);
        if (refit.Training?.CheckpointPath is not null)
        {
            throw new ArgumentException(
                $"Each model that is trained anew would overwrite the checkpoint of the one before it, or resume from it: leave "
                + $"{nameof(TrainingOptions.CheckpointPath)} of the training options null.", nameof(refit));
        }
        IReadOnlyList<RegularSeries> series = RecordGrid.Read<TRecord, TSelf>(records, Layout, Standardizer);
        if (series.Count == 0)
        {
            throw new ArgumentException("There are no records.", nameof(records));
        }
        return BacktestEngine.Run(
            Description.Name, new StreamForecaster<TSelf>((TSelf)this, Layout), series, options, Refit, progress, cancellationToken);

        OriginForecaster Refit(DateTimeOffset from)
        {
            TSelf model = Create(refit.Training?.Seed ?? 0);
            ForecastTrainingOptions before = refit with { TrainUntil = null, ValidateUntil = from };
            ForecastTraining.Run(model, Layout, series, before, yields: false, progress: null, cancellationToken).GetAwaiter().GetResult();
            foreach (RegularSeries one in series)
            {
                // Its statistics are its own, and so is what a token may hold.
                Layout.CheckIntervals(one, model.Standardizer?.Of(Layout.StatisticsOf(one.Key)), model.Standardizer is not null);
            }
            return new StreamForecaster<TSelf>(model, Layout);
        }
    }

    /// <summary>
    /// The last forecast of a series, such as that of a state that was loaded; null before the first.
    /// </summary>
    /// <param name="state">The series.</param>
    /// <returns>A view; see <see cref="ForecastOutput"/> for how long it is valid.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    public TForecast? GetForecast(SeriesState<TSelf> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Core.HasOutput ? View(state) : null;
    }

    /// <summary>The last forecast of a series, as a service of streams gives it; null before the first.</summary>
    /// <param name="output">What the model gave.</param>
    /// <returns>A view, which stays valid.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="output"/> is null.</exception>
    public TForecast? GetForecast(SeriesOutput<TSelf> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return output.HasOutput ? TSelf.View(new((ForecastCore)output.Core)) : null;
    }

    /// <summary>
    /// Completes the intervals that have ended until a moment, for live streams: the one that has records, and those after it, which have
    /// missing values. Records of them that come later are errors. Before the first record it does nothing.
    /// </summary>
    /// <param name="state">The series.</param>
    /// <param name="now">The moment.</param>
    /// <returns>
    /// A view of the forecast; null where no interval was completed or, with <c>[Patch]</c>, the model gave no output.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// Until that moment more intervals have no record than <see cref="ForecastAttribute{TRecord}.MaxGap"/> allows, or it lies at the end
    /// of the calendar. The state is as it was.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The state is of other weights than <see cref="SequenceModel{TSelf}.AcceptedStates"/> allows. It is as it was.
    /// </exception>
    public TForecast? Advance(SeriesState<TSelf> state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Forecasts().Advance((TSelf)this, now) ? View(state) : null;
    }

    /// <summary>Takes a record of a stream. Called by generated code, which knows whether there are values known ahead.</summary>
    /// <param name="state">The series.</param>
    /// <param name="record">The record.</param>
    /// <param name="ahead">
    /// Records of later times, of the same series, in their order, whose values known ahead are known now, the others not being read. What
    /// was passed before stays known, so that it is enough to pass what is new; those beyond the horizon are ignored.
    /// </param>
    /// <returns>
    /// A view of the forecast; null where no interval was completed or, with <c>[Patch]</c>, the model gave no output.
    /// </returns>
    /// <exception cref="RecordException">
    /// A record is of another series, of an interval that is complete, or the second one of an interval that takes one; it comes after a
    /// longer gap than <see cref="ForecastAttribute{TRecord}.MaxGap"/> allows, or holds a number or category out of range. The state is as
    /// it was.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The state is of other weights than <see cref="SequenceModel{TSelf}.AcceptedStates"/> allows. It is as it was.
    /// </exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected TForecast? StepRecord(SeriesState<TSelf> state, TRecord record, ReadOnlySpan<TRecord> ahead)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Forecasts().Step<TRecord, TSelf>((TSelf)this, record, ahead) ? View(state) : null;
    }

    internal sealed override void EncodeAhead(TRecord record, string key, IReadOnlyList<TRecord> ahead, Span<long> words)
    {
        if (Layout.KnownCount == 0)
        {
            base.EncodeAhead(record, key, ahead, words);
        }
        int most = Layout.KnownLength;
        if (ahead.Count > most && Layout.Task.IsAggregated)
        {
            throw new RecordException(string.Create(
                CultureInfo.InvariantCulture,
                $"{RecordLayout.Where(key, TSelf.GetTime(record).UtcTicks)} comes with {ahead.Count} records known ahead; a service takes ")
                + FormattableString.Invariant($"{most}, one for each interval of the horizon and one more."));
        }
        // Where an interval has one record, those behind this many lie beyond the horizon.
        int count = Math.Min(ahead.Count, most);
        Span<long> extra = words[(EncodedRecord.FirstValueWord + Columns)..];
        Span<double> values = RecordScratch.Own.Values(Columns);
        extra[0] = count;
        for (int i = 0; i < count; i++)
        {
            TRecord next = ahead[i];
            if (next is null)
            {
                throw new RecordException("A record is null; leave it out.");
            }
            long ticks = TSelf.GetTime(next).UtcTicks;
            if (TSelf.GetKey(next) is { Length: > 0 } own && own != key)
            {
                throw RecordLayout.OtherSeries(own, ticks, key);
            }
            Layout.ReadValues<TRecord, TSelf>(next, RecordUse.Ahead, values);
            Span<long> slot = extra.Slice(1 + i * (1 + Layout.KnownCount), 1 + Layout.KnownCount);
            slot[0] = ticks;
            values.Slice(Layout.FirstKnownColumn, Layout.KnownCount).CopyTo(Doubles(slot[1..]));
        }
    }

    private protected sealed override int ExtraWords =>
        Layout.KnownCount == 0 ? 0 : 1 + Layout.KnownLength * (1 + Layout.KnownCount);

    private protected sealed override bool StepEncoded(SeriesState<TSelf> state, EncodedRecord record, bool isAnew)
    {
        if ((record.Flags & EncodedFlags.IsAdvance) != 0)
        {
            return state.Forecasts().Core.FindMistake(record.Ticks) is not { } mistake
                ? state.Forecasts().Advance((TSelf)this, new(record.Ticks, TimeSpan.Zero))
                : throw new RecordException($"The stream cannot advance to {RecordLayout.Time(record.Ticks)}. {mistake}");
        }
        int extra = EncodedRecord.FirstValueWord + Columns, count = Layout.KnownCount == 0 ? 0 : (int)record.Words[extra];
        var ahead = count == 0 ? [] : new EncodedRecord[count];
        for (int i = 0; i < count; i++)
        {
            ahead[i] = new(record.Words, extra + 1 + i * (1 + Layout.KnownCount), Layout.FirstKnownColumn, Layout.KnownCount);
        }
        return state.Forecasts().Step<EncodedRecord, EncodedBinding<TSelf, TRecord>>((TSelf)this, record, ahead);
    }

    private protected sealed override long CountEmptyIntervals(SeriesState<TSelf> state, EncodedRecord record) =>
        state.Forecasts().Core.CountEmptyIntervals(record.Ticks);

    private protected sealed override void WriteOutput(Utf8JsonWriter json, SeriesCore core) => TaskJson.Write(json, (ForecastCore)core);

    private static TForecast View(SeriesState<TSelf> state) => TSelf.View(new(state.Forecasts().Core));
}
