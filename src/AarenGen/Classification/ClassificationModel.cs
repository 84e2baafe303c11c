using System.Text.Json;

namespace AarenGen;

/// <summary>
/// The base of models with <see cref="ClassifyAttribute{TRecord}"/>: they are trained from records of labelled sequences, and name the
/// label of a sequence, or of a stream so far.
/// </summary>
/// <typeparam name="TSelf">The model.</typeparam>
/// <typeparam name="TRecord">The type of its records.</typeparam>
/// <typeparam name="TLabel">The type of labels.</typeparam>
public abstract class ClassificationModel<TSelf, TRecord, TLabel> : RecordModel<TSelf, TRecord>
    where TSelf : ClassificationModel<TSelf, TRecord, TLabel>, IModelDefinition<TSelf>, IRecordBinding<TRecord>,
        IClassificationDefinition<TLabel>
    where TLabel : notnull
{
    private static ClassificationLayout? layout;
    private static ClassLabels<TLabel>? classes;

    /// <summary>The labels; output number i is of label number i.</summary>
    public static IReadOnlyList<TLabel> Labels => TSelf.Labels;

    private static ClassificationLayout Layout => layout ??= new(TSelf.Columns, TSelf.HasTime, Description);

    private static ClassLabels<TLabel> Classes => classes ??= new(TSelf.Labels);

    private protected sealed override RecordLayout TaskLayout => Layout;

    /// <summary>
    /// Trains the model from records: those of a key are a sequence. A fraction of the sequences of each label, or those of other records,
    /// decide which epoch was best; its weights are kept.
    /// </summary>
    /// <remarks>
    /// All records of a sequence that have a label have the same; sequences without one are left out. Memory: 8 bytes for each value of
    /// each record, and what <see cref="SequenceModel{TSelf}.Fit"/> takes.
    /// </remarks>
    /// <param name="records">The records; those of a sequence in order, those of different sequences mixed as they like.</param>
    /// <param name="options">Which part is for what, and how to train; sensible defaults where null.</param>
    /// <param name="validation">
    /// Records of other sequences, which decide which epoch was best; all of <paramref name="records"/> are then trained on. Null: a
    /// fraction of <paramref name="records"/> decides.
    /// </param>
    /// <param name="progress">Receives reports as of <see cref="SequenceModel{TSelf}.Fit"/>; null: no reports.</param>
    /// <param name="cancellationToken">Stops the training after the current optimiser step.</param>
    /// <returns>What was found in the records, how the training went, and the scores over the part for validation.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    /// <exception cref="RecordException">
    /// A record is wrong, records of a sequence fall in time, a sequence has two labels or is shorter than a patch. The model is as it was.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// No sequence has a label, or none is left for validation; or as for <see cref="SequenceModel{TSelf}.Fit"/>. The model is as it was.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="SequenceModel{TSelf}.Fit"/>.</exception>
    /// <exception cref="TrainingDivergedException">As for <see cref="SequenceModel{TSelf}.Fit"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ModelFileException">The checkpoint to resume from is damaged or belongs to another training.</exception>
    /// <exception cref="IOException">The checkpoint cannot be read or written.</exception>
    public ClassificationReport Fit(
        IEnumerable<TRecord> records, ClassificationTrainingOptions? options = null, IEnumerable<TRecord>? validation = null,
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
    public Task<ClassificationReport> FitAsync(
        IEnumerable<TRecord> records, ClassificationTrainingOptions? options = null, IEnumerable<TRecord>? validation = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return Train(records, options ?? new(), validation, yields: true, progress, cancellationToken);
    }

    private async Task<ClassificationReport> Train(
        IEnumerable<TRecord> records, ClassificationTrainingOptions options, IEnumerable<TRecord>? validation, bool yields,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        LabelledSequences all = Read(records, FittedStandardizer, out int unlabelled);
        (LabelledSequences train, LabelledSequences? judges) = validation is not null ? (all, Read(validation, FittedStandardizer, out _))
            : options.ValidationFraction == 0 ? (all, null) : all.Divide(options.ValidationFraction, options.Training?.Seed ?? 0);
        TrainingReport report = await ClassificationTraining.Fit(
            (TSelf)this, train, judges, options.Training, yields, progress, cancellation);
        return new(
            report, train.Count, unlabelled,
            judges is null ? null : ClassificationTraining.Evaluate(
                (TSelf)this, judges, Classes.Names, 0, options.Training?.Threads ?? Environment.ProcessorCount, cancellation));
    }

    /// <summary>Scores the model on sequences whose labels are known.</summary>
    /// <param name="records">The records, as of <c>Fit</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    /// <exception cref="RecordException">As for <c>Fit</c>.</exception>
    /// <exception cref="ArgumentException">No sequence has a label.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ClassificationScores Evaluate(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        LabelledSequences data = Read(records, Standardizer, out int unlabelled);
        return ClassificationTraining.Evaluate(
            (TSelf)this, data, Classes.Names, unlabelled, Environment.ProcessorCount, cancellationToken);
    }

    /// <summary>Names the label of a sequence. Labels that its records have are not read.</summary>
    /// <param name="records">The records of one sequence, in order.</param>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    /// <exception cref="ArgumentException">There are no records, or those of several sequences.</exception>
    /// <exception cref="RecordException">A record is wrong, or records fall in time, or are fewer than a patch.</exception>
    public Classification<TLabel> Classify(IEnumerable<TRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        IReadOnlyList<RecordSequence> sequences = RecordSequence.Read<TRecord, TSelf>(records, Layout, Standardizer, RecordUse.Input);
        if (sequences.Count != 1)
        {
            throw new ArgumentException(
                $"There are records of {sequences.Count} sequences; pass those of one, such as each group of GroupBy.", nameof(records));
        }
        RecordSequence sequence = sequences[0];
        LabelledSequences.CheckLength(Layout, sequence);
        // Nothing reads its label.
        var data = new LabelledSequences(Layout, [(sequence, 0)]);
        return new(Classes, ClassificationTraining.Run(new SequenceRunner<TSelf>((TSelf)this, CancellationToken.None), data, 0));
    }

    /// <summary>Takes the next record of a sequence, and names the label of the sequence so far. It allocates nothing.</summary>
    /// <param name="state">The state of the sequence, by <c>CreateSeriesState</c>.</param>
    /// <param name="record">The record. The label that it may have is not read.</param>
    /// <returns>A view, valid until the next step; null where, with <c>[Patch]</c>, the model gave no output.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="RecordException">
    /// The record is of another sequence, lies before the record before it, or holds a number or category out of range. The state is as it
    /// was.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The state is of other weights than <see cref="SequenceModel{TSelf}.AcceptedStates"/> allows. It is as it was.
    /// </exception>
    public Classification<TLabel>? Step(SeriesState<TSelf> state, TRecord record)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Records().Step<TRecord, TSelf>((TSelf)this, record) ? new(Classes, state.Core) : null;
    }

    /// <summary>The last label of a sequence, such as that of a state that was loaded; null before the first.</summary>
    /// <param name="state">The sequence.</param>
    /// <returns>A view, valid until the next step.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    public Classification<TLabel>? GetClassification(SeriesState<TSelf> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Core.HasOutput ? new(Classes, state.Core) : null;
    }

    /// <summary>The label of a series, as a service of streams gives it; null before the first.</summary>
    /// <param name="output">What the model gave.</param>
    /// <returns>A view, which stays valid.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="output"/> is null.</exception>
    public Classification<TLabel>? GetClassification(SeriesOutput<TSelf> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return output.HasOutput ? new(Classes, output.Core) : null;
    }

    private protected sealed override bool StepEncoded(SeriesState<TSelf> state, EncodedRecord record, bool isAnew) =>
        state.Records().Step<EncodedRecord, EncodedBinding<TSelf, TRecord>>((TSelf)this, record);

    private protected sealed override void WriteOutput(Utf8JsonWriter json, SeriesCore core)
    {
        json.WriteStartObject();
        TaskJson.WriteLabels(json, "label", Classes.Names, new(core.Outputs));
        json.WriteEndObject();
    }

    private static LabelledSequences Read(IEnumerable<TRecord> records, Standardizer? standardizer, out int unlabelled) =>
        LabelledSequences.Of(
            Layout, RecordSequence.Read<TRecord, TSelf>(records, Layout, standardizer), Classes.Names, out unlabelled);
}
