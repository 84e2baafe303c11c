using System.Text.Json;

namespace AarenGen;

/// <summary>
/// The base of models with <see cref="DecideAttribute{TRecord}"/>: they are trained from records of episodes, and decide on the next action
/// of an episode, so that its return comes close to a target.
/// </summary>
/// <typeparam name="TSelf">The model.</typeparam>
/// <typeparam name="TRecord">The type of its records.</typeparam>
/// <typeparam name="TDecision">The typed view of a decision.</typeparam>
public abstract class DecisionModel<TSelf, TRecord, TDecision> : RecordModel<TSelf, TRecord>
    where TSelf : DecisionModel<TSelf, TRecord, TDecision>, IModelDefinition<TSelf>, IRecordBinding<TRecord>,
        IDecisionDefinition<TDecision>
    where TDecision : struct
{
    private static DecisionLayout? layout;

    /// <summary>
    /// What returns are divided by in tokens: the largest return still to reach, of any step that the first training saw. Files of the
    /// model keep it, and <see cref="SequenceModel{TSelf}.WeightFingerprint"/> depends on it. 1 where none is known, as of weights from
    /// elsewhere.
    /// </summary>
    public new double ReturnScale => base.ReturnScale ?? 1;

    private static DecisionLayout Layout => layout ??= new(TSelf.Task, TSelf.HasTime, Description);

    private protected sealed override RecordLayout TaskLayout => Layout;

    /// <summary>
    /// Trains the model from records: those of a key are an episode, each record a step with its action and reward. A fraction of the
    /// episodes, or those of other records, decide which epoch was best; its weights are kept.
    /// </summary>
    /// <remarks>Memory: 8 bytes for each value of each record, and what <see cref="SequenceModel{TSelf}.Fit"/> takes.</remarks>
    /// <param name="records">The records; those of an episode in order, those of different episodes mixed as they like.</param>
    /// <param name="options">Which part is for what, and how to train; sensible defaults where null.</param>
    /// <param name="validation">
    /// Records of other episodes, which decide which epoch was best; all of <paramref name="records"/> are then trained on. Null: a
    /// fraction of <paramref name="records"/> decides.
    /// </param>
    /// <param name="progress">Receives reports as of <see cref="SequenceModel{TSelf}.Fit"/>; null: no reports.</param>
    /// <param name="cancellationToken">Stops the training after the current optimiser step.</param>
    /// <returns>The returns in the records, how the training went, and how close the model comes to the actions for validation.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    /// <exception cref="RecordException">
    /// A record is wrong or lacks its action or reward, an action is out of bounds, records of an episode fall in time, or an episode is
    /// longer than declared. The model is as it was.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// There are no records, or no episode is left for validation; or as for <see cref="SequenceModel{TSelf}.Fit"/>. The model is as it
    /// was.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="SequenceModel{TSelf}.Fit"/>.</exception>
    /// <exception cref="TrainingDivergedException">As for <see cref="SequenceModel{TSelf}.Fit"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ModelFileException">The checkpoint to resume from is damaged or belongs to another training.</exception>
    /// <exception cref="IOException">The checkpoint cannot be read or written.</exception>
    public DecisionReport Fit(
        IEnumerable<TRecord> records, DecisionTrainingOptions? options = null, IEnumerable<TRecord>? validation = null,
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
    public Task<DecisionReport> FitAsync(
        IEnumerable<TRecord> records, DecisionTrainingOptions? options = null, IEnumerable<TRecord>? validation = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return Train(records, options ?? new(), validation, yields: true, progress, cancellationToken);
    }

    private async Task<DecisionReport> Train(
        IEnumerable<TRecord> records, DecisionTrainingOptions options, IEnumerable<TRecord>? validation, bool yields,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        IReadOnlyList<LoggedEpisode> all = Read(records, FittedStandardizer);
        (IReadOnlyList<LoggedEpisode> train, IReadOnlyList<LoggedEpisode>? judges) = validation is not null
            ? (all, Read(validation, FittedStandardizer))
            : options.ValidationFraction == 0 ? (all, null)
            : TaskTraining.Divide(all, static _ => 0, options.ValidationFraction, options.Training?.Seed ?? 0);
        return await DecisionTraining.Run((TSelf)this, Layout, train, judges, options, yields, progress, cancellation);
    }

    /// <summary>
    /// Scores how close decisions come to the actions of episodes, with the returns that were reached as targets, beside simple rules.
    /// </summary>
    /// <param name="records">The records, as of <c>Fit</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    /// <exception cref="RecordException">As for <c>Fit</c>.</exception>
    /// <exception cref="ArgumentException">There are no records.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public DecisionScores Evaluate(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return DecisionTraining.Evaluate(
            (TSelf)this, Layout, Read(records, Standardizer), Environment.ProcessorCount, cancellationToken);
    }

    /// <summary>Creates the state of an episode that begins.</summary>
    /// <param name="targetReturn">The return to reach, in the unit of rewards; see <see cref="DecisionReport.Returns"/>.</param>
    /// <param name="key">The key of the episode's records; empty: records of any key continue it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// The key cannot name a series; see <see cref="RecordModel{TSelf, TRecord}.CreateSeriesState"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="targetReturn"/> is not finite, or more than 1e15 times the scale of returns.
    /// </exception>
    public SeriesState<TSelf> CreateDecisionState(double targetReturn, string key = "")
    {
        SeriesState<TSelf> state = CreateSeriesState(key);
        BeginEpisode(state, targetReturn);
        return state;
    }

    /// <summary>Forgets the episode so far, and begins another one. It allocates nothing.</summary>
    /// <param name="state">The state, of this model.</param>
    /// <param name="targetReturn">The return to reach, in the unit of rewards.</param>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="targetReturn"/> is not finite, or more than 1e15 times the scale of returns. The state is as it was.
    /// </exception>
    public void BeginEpisode(SeriesState<TSelf> state, double targetReturn)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!DecisionLayout.IsReturn(targetReturn, ReturnScale))
        {
            throw new ArgumentOutOfRangeException(
                nameof(targetReturn), targetReturn, "The target must be finite, and at most 1e15 times the scale of returns.");
        }
        state.Reset();
        CoreOf(state).Begin(targetReturn);
    }

    /// <summary>Decides on the first action of an episode. It allocates nothing.</summary>
    /// <param name="state">The state, at the beginning of an episode.</param>
    /// <param name="record">What is observed. Its action and its reward, which are not known yet, are not read.</param>
    /// <returns>A view, valid until the next decision.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// The state has no target return, or is in the midst of an episode, where the reward of the last action must be told.
    /// </exception>
    /// <exception cref="RecordException">The record is wrong. The state is as it was.</exception>
    public TDecision Decide(SeriesState<TSelf> state, TRecord record)
    {
        ArgumentNullException.ThrowIfNull(state);
        return CoreOf(state).Steps == 0 ? Decide(state, record, reward: 0) : throw new InvalidOperationException(
            "Without the reward of the last action the return still to reach is unknown; pass it: Decide(state, record, reward). For "
            + $"another episode call {nameof(BeginEpisode)}.");
    }

    /// <summary>Decides on the next action of an episode. It allocates nothing.</summary>
    /// <param name="state">The state.</param>
    /// <param name="record">What is observed now. Its action and its reward, which are not known yet, are not read.</param>
    /// <param name="reward">What the last action was worth: the return still to reach goes down by it. 0 at the first step.</param>
    /// <returns>A view, valid until the next decision.</returns>
    /// <remarks>
    /// The stream takes the decision for done, a category the most probable one, or what <c>Sample</c> drew. If another action was taken,
    /// tell it by <see cref="SetAction"/>.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="reward"/> is not finite or too large, or not 0 before there was an action. The state is as it was.
    /// </exception>
    /// <exception cref="InvalidOperationException">The state has no target return.</exception>
    /// <exception cref="RecordException">
    /// The record is of another episode, lies before the record before it, or holds a number or category out of range, or the episode has
    /// as many steps as declared. The state is as it was.
    /// </exception>
    public TDecision Decide(SeriesState<TSelf> state, TRecord record, double reward)
    {
        ArgumentNullException.ThrowIfNull(state);
        DecisionCore core = CoreOf(state);
        if (core.Target is null)
        {
            throw new InvalidOperationException($"The state has no target return; call {nameof(BeginEpisode)} with one.");
        }
        if (FindMistake(core.Steps, core.ToGo, reward) is { } mistake)
        {
            throw new ArgumentOutOfRangeException(nameof(reward), reward, mistake);
        }
        Span<double> values = RecordScratch.Own.Values(Layout.Columns.Length);
        long? time = Read<TRecord, TSelf>(state, record, state.Key.Length > 0, values);
        return Decide(state, values, time, reward);
    }

    /// <summary>What is wrong with the reward of the last action; null: nothing.</summary>
    private string? FindMistake(int steps, double toGo, double reward) =>
        steps == 0 && reward != 0 ? "There was no action yet that could have a reward; pass 0 at the first step."
        : !DecisionLayout.IsReturn(toGo - reward, ReturnScale)
            ? "The reward must be finite, and leave a return of at most 1e15 times the scale of returns."
        : null;

    /// <summary>Reads the record of the next step; returns its time. Nothing changes.</summary>
    /// <exception cref="RecordException">The record is wrong, or the episode has as many steps as declared.</exception>
    private long? Read<TAny, TBinding>(SeriesState<TSelf> state, TAny record, bool isOfKey, Span<double> values)
        where TBinding : IRecordBinding<TAny>
    {
        long? time = state.Records().Read<TAny, TBinding>((TSelf)this, record, isOfKey, values);
        return CoreOf(state).Steps < Layout.MaxSteps ? time : throw new RecordException(FormattableString.Invariant(
            $"{RecordLayout.Where(state.Key, time)} is beyond the longest episode of {Layout.MaxSteps} steps; begin another episode ")
            + $"by {nameof(BeginEpisode)}, or declare [Decide] with more steps.");
    }

    /// <summary>Decides on the next action, where everything is valid.</summary>
    private TDecision Decide(SeriesState<TSelf> state, ReadOnlySpan<double> values, long? time, double reward)
    {
        DecisionCore core = CoreOf(state);
        RecordScratch scratch = RecordScratch.Own;
        double toGo = core.ToGo - reward;
        // In one call, so that the weights are read once. At first there is no last action.
        int width = Layout.TokenWidth, outputs = Layout.Description.OutputWidth, first = core.Steps == 0 ? 1 : 0;
        const int Count = DecisionLayout.TokensPerStep;
        // As long at the first step as later, so that no other step allocates either.
        Span<float> tokens = scratch.Token(Count * width), written = scratch.Output(Count * outputs)[(first * outputs)..];
        core.Action.CopyTo(tokens);
        Layout.WriteReturn(toGo / ReturnScale, values, core.Steps, tokens.Slice(width, width));
        Layout.WriteObservation(values, core.Steps, tokens.Slice(2 * width, width));
        Forward(state.Stream, tokens[(first * width)..], written);
        core.Complete(values, time ?? 0, toGo, written[^outputs..]);
        return TSelf.View(new(core));
    }

    /// <summary>
    /// Tells that another action was taken than the last one that was decided, such as one that was explored or that a safeguard chose. It
    /// allocates nothing.
    /// </summary>
    /// <param name="state">The state, after a decision.</param>
    /// <param name="record">A record with the action that was taken; nothing else of it is read.</param>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="InvalidOperationException">Nothing was decided yet.</exception>
    /// <exception cref="RecordException">The action is missing or out of bounds. The state is as it was.</exception>
    public void SetAction(SeriesState<TSelf> state, TRecord record)
    {
        ArgumentNullException.ThrowIfNull(state);
        DecisionCore core = CoreOf(state);
        if (core.Steps == 0)
        {
            throw new InvalidOperationException("Nothing was decided yet in this episode, so that no action could be taken.");
        }
        Layout.WriteTarget(ReadAction(record, state.Key), core.Action[..Layout.ActionCount]);
    }

    /// <summary>Reads the action of a record; returns its values.</summary>
    /// <exception cref="RecordException">The action is missing or out of bounds.</exception>
    private static Span<double> ReadAction(TRecord record, string key)
    {
        if (record is null)
        {
            throw new RecordException("A record is null; leave it out.");
        }
        Span<double> values = RecordScratch.Own.Values(Layout.Columns.Length);
        Layout.ReadValues<TRecord, TSelf>(record, RecordUse.Action, values);
        return Layout.FindMistake(values) is not { } mistake ? values
            : throw new RecordException($"{RecordLayout.Where(key, null)} {mistake}.");
    }

    /// <summary>The last decision of an episode, such as that of a state that was loaded; null before the first.</summary>
    /// <param name="state">The state.</param>
    /// <returns>A view, valid until the next decision.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    public TDecision? GetDecision(SeriesState<TSelf> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Core.HasOutput ? TSelf.View(new(CoreOf(state))) : null;
    }

    /// <summary>The return still to reach: the target without the rewards that were told.</summary>
    /// <param name="state">The state.</param>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The state has no target return.</exception>
    public double GetReturnToGo(SeriesState<TSelf> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return CoreOf(state) is { Target: not null } core ? core.ToGo
            : throw new InvalidOperationException($"The state has no target return; call {nameof(BeginEpisode)} with one.");
    }

    /// <summary>The last decision of an episode, as a service of streams gives it; null before the first.</summary>
    /// <param name="output">What the model gave.</param>
    /// <returns>A view, which stays valid. Of what it draws no stream knows: tell it with the next step.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="output"/> is null.</exception>
    public TDecision? GetDecision(SeriesOutput<TSelf> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return output.HasOutput ? TSelf.View(new((DecisionCore)output.Core)) : null;
    }

    internal sealed override void EncodeEpisode(double? reward, double? target, Span<long> words)
    {
        Span<double> extra = Doubles(words[(EncodedRecord.FirstValueWord + Columns)..]);
        (extra[0], extra[1]) = (reward ?? 0, target ?? 0);
        words[EncodedRecord.FlagsWord] |= target is null ? 0 : (long)EncodedFlags.BeginsEpisode;
        words[EncodedRecord.FlagsWord] |= reward is null ? 0 : (long)EncodedFlags.HasReward;
    }

    internal sealed override void EncodeAction(TRecord taken, string key, Span<long> words)
    {
        Span<double> values = ReadAction(taken, key);
        Span<long> extra = words[(EncodedRecord.FirstValueWord + Columns)..];
        values.Slice(Layout.FirstActionColumn, Layout.ActionCount).CopyTo(Doubles(extra[2..]));
        words[EncodedRecord.FlagsWord] |= (long)EncodedFlags.HasAction;
    }

    private protected sealed override int ExtraWords => 2 + Layout.ActionCount;

    private protected sealed override bool StepEncoded(SeriesState<TSelf> state, EncodedRecord record, bool isAnew)
    {
        DecisionCore core = CoreOf(state);
        Span<double> extra = Doubles(record.Words.AsSpan(EncodedRecord.FirstValueWord + Columns));
        double reward = extra[0], target = extra[1];
        bool begins = (record.Flags & EncodedFlags.BeginsEpisode) != 0, isTaken = (record.Flags & EncodedFlags.HasAction) != 0;
        if (!begins && core.Target is null)
        {
            throw Wrong("has no episode that it belongs to; send a target return with the first record of an episode");
        }
        if (!begins && isAnew && core.Steps == 0)
        {
            // The episode goes on with other weights as another one, which has no step yet that the reward and the action could be of.
            (begins, target, reward, isTaken) = (true, core.ToGo - reward, 0, false);
        }
        if (begins && !DecisionLayout.IsReturn(target, ReturnScale))
        {
            throw Wrong("begins an episode whose target is not finite, or more than 1e15 times the scale of returns; correct it");
        }
        if (isTaken && (begins || core.Steps == 0))
        {
            throw Wrong("tells of an action that was taken before there was a decision; leave it out");
        }
        if (!begins && core.Steps > 0 && (record.Flags & EncodedFlags.HasReward) == 0)
        {
            throw Wrong("comes without the reward of the last action, so that the return still to reach is unknown; send it, also where "
                + "it is 0");
        }
        if (FindMistake(begins ? 0 : core.Steps, begins ? target : core.ToGo, reward) is { } mistake)
        {
            throw new RecordException($"{RecordLayout.Where(state.Key, null)} has a reward that cannot be. {mistake}");
        }
        Span<double> values = RecordScratch.Own.Values(Columns);
        long? time = TSelf.HasTime ? record.Ticks : null;
        if (begins)
        {
            // Nothing of the episode before matters, the order of time neither; after this check nothing can fail.
            Layout.ReadValues<EncodedRecord, EncodedBinding<TSelf, TRecord>>(record, RecordUse.Input, values);
            Standardizer? standardizer = ScalesOf(state.Stream);
            Layout.CheckValues(state.Key, time, values, standardizer, standardizer is not null);
            state.Reset();
            core.Begin(target);
        }
        else
        {
            Read<EncodedRecord, EncodedBinding<TSelf, TRecord>>(state, record, isOfKey: false, values);
        }
        if (isTaken)
        {
            Span<double> taken = RecordScratch.Own.Added(Columns);
            extra.Slice(2, Layout.ActionCount).CopyTo(taken[Layout.FirstActionColumn..]);
            Layout.WriteTarget(taken, core.Action[..Layout.ActionCount]);
        }
        Decide(state, values, time, reward);
        return true;

        RecordException Wrong(string what) => new($"{RecordLayout.Where(state.Key, TSelf.HasTime ? record.Ticks : null)} {what}.");
    }

    /// <summary>The episode goes on, with what it has still to reach.</summary>
    private protected sealed override void BeginAnew(SeriesState<TSelf> state)
    {
        DecisionCore core = CoreOf(state);
        double? toGo = core.Target is null ? null : core.ToGo;
        state.Reset();
        if (toGo is { } target)
        {
            core.Begin(target);
        }
    }

    private protected sealed override void WriteOutput(Utf8JsonWriter json, SeriesCore core) => TaskJson.Write(json, (DecisionCore)core);

    private static DecisionCore CoreOf(SeriesState<TSelf> state) => (DecisionCore)state.Core;

    private static IReadOnlyList<LoggedEpisode> Read(IEnumerable<TRecord> records, Standardizer? standardizer) =>
        LoggedEpisode.Of(Layout, RecordSequence.Read<TRecord, TSelf>(records, Layout, standardizer));
}
