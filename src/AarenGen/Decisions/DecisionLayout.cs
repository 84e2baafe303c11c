namespace AarenGen;

/// <summary>
/// Where everything stands in the tokens and outputs of a model that decides. The tokens of a step are its return, its observation and its
/// action; behind the widest of them, each has the other categories and the number of the step. Immutable.
/// </summary>
internal sealed class DecisionLayout : RecordLayout
{
    /// <summary>Tokens of a step, and which of them is the observation, after which the action is predicted.</summary>
    public const int TokensPerStep = 3, Observation = 1;

    private readonly DecisionTask task;
    private readonly bool hasTime;
    private readonly int observed, firstShared;

    /// <summary>The columns of the categories that all tokens of a step have.</summary>
    private readonly int firstSharedColumn, sharedColumns;

    /// <exception cref="ArgumentException">The model does not have the widths of the task.</exception>
    public DecisionLayout(DecisionTask task, bool hasTime, ModelDescription description) : base(task.Columns, description)
    {
        (this.task, this.hasTime) = (task, hasTime);
        observed = Count(RecordRole.Observed);
        int categories = Count(RecordRole.Category);
        FirstActionColumn = Array.FindIndex(Columns, static c => c.Role == RecordRole.Action);
        IsDiscrete = task.Ranges.Count == 0;
        ActionCount = IsDiscrete ? 1 : task.Ranges.Count;
        RewardColumn = Array.FindIndex(Columns, static c => c.Role == RecordRole.Reward);
        firstShared = Math.Max(Math.Max(observed, ActionCount), 1);
        firstSharedColumn = FirstCategoryColumn + (observed == 0 ? 1 : 0);
        sharedColumns = categories - (observed == 0 ? 1 : 0);
        int outputs = FirstActionColumn < 0 ? 0 : IsDiscrete ? Columns[FirstActionColumn].Cardinality : ActionCount;
        if (FirstActionColumn < 0 || RewardColumn < 0 || sharedColumns < 0 || Count(RecordRole.Action) != ActionCount
            || description.ModalityCount != TokensPerStep || description.InputWidth != firstShared + sharedColumns + 1
            || description.OutputWidth != outputs)
        {
            throw new ArgumentException(
                $"The model '{description.Name}' takes tokens of {description.InputWidth} numbers in {description.ModalityCount} "
                + $"modalities and gives {description.OutputWidth}, which are not those of its records.", nameof(task));
        }
    }

    public int MaxSteps => task.MaxSteps;

    /// <summary>The names of the categories of a discrete action.</summary>
    public IReadOnlyList<string> Choices => task.Choices;

    /// <summary>Whether the action is a category.</summary>
    public bool IsDiscrete { get; }

    /// <summary>Actions of a step: numbers, or one category.</summary>
    public int ActionCount { get; }

    public int FirstActionColumn { get; }

    public int RewardColumn { get; }

    public int TokenWidth => Description.InputWidth;

    public override string Facts => FormattableString.Invariant($"decide{(hasTime ? " by time" : "")} {MaxSteps}: ")
        + string.Join("; ", task.Ranges.Select(static r => FormattableString.Invariant($"{r.Min:R} to {r.Max:R}")));

    /// <summary>The values of a continuous action.</summary>
    public ActionRange Range(int action) => task.Ranges[action];

    public override SeriesCore CreateCore(string key) => new DecisionCore(this, key, hasTime);

    public override bool IsTokenNumber(double value, int column, Standardizer? standardizer, bool isScaled) =>
        Columns[column].Role == RecordRole.Observed
            ? IsTokenNumber((float)value, Observation * TokenWidth + column, 1, standardizer, isScaled)
            : IsTokenNumber((float)value, column, 1, null, isScaled: false);

    /// <summary>Whether a token may hold a return.</summary>
    public static bool IsReturn(double toGo, double scale) => Math.Abs(toGo / scale) <= Arguments.LargestTokenNumber;

    /// <summary>Writes a return still to reach, divided by the scale.</summary>
    public void WriteReturn(double scaled, ReadOnlySpan<double> values, int step, Span<float> token)
    {
        WriteShared(values, step, token);
        token[0] = (float)scaled;
    }

    /// <summary>Writes what is observed.</summary>
    public void WriteObservation(ReadOnlySpan<double> values, int step, Span<float> token)
    {
        WriteShared(values, step, token);
        for (int i = 0; i < observed; i++)
        {
            token[i] = (float)values[i];
        }
        if (observed == 0)
        {
            token[0] = (float)values[FirstCategoryColumn];
        }
    }

    /// <summary>Writes the action that was taken.</summary>
    public void WriteAction(ReadOnlySpan<double> values, int step, Span<float> token)
    {
        WriteShared(values, step, token);
        WriteTarget(values, token[..ActionCount]);
    }

    /// <summary>Writes the action that an output decides on, in the place of the one in a token.</summary>
    public void Decide(ReadOnlySpan<float> output, Span<float> token)
    {
        if (IsDiscrete)
        {
            token[0] = new CategoricalPrediction(output).MostLikely;
            return;
        }
        output[..ActionCount].CopyTo(token);
    }

    /// <summary>Writes an action as the loss has it: scaled numbers, or a class.</summary>
    public void WriteTarget(ReadOnlySpan<double> values, Span<float> target)
    {
        for (int a = 0; a < ActionCount; a++)
        {
            double value = values[FirstActionColumn + a];
            target[a] = IsDiscrete ? (float)value : Range(a).Normalize(value);
        }
    }

    /// <summary>What is wrong with the actions of a record; null: nothing.</summary>
    public string? FindMistake(ReadOnlySpan<double> values)
    {
        for (int a = 0; a < ActionCount; a++)
        {
            RecordColumn column = Columns[FirstActionColumn + a];
            double value = values[FirstActionColumn + a];
            if (double.IsNaN(value))
            {
                return $"has no {column.Name}; fill in the action that was taken, or leave the episode out";
            }
            if (!IsDiscrete && !Range(a).Holds(value))
            {
                return FormattableString.Invariant(
                    $"has {value:G9} as {column.Name}, which lies outside {Range(a).Min} to {Range(a).Max}; correct it, or declare ")
                    + "[Action] with wider bounds";
            }
        }
        return null;
    }

    /// <summary>Whether a saved token can be that of an action.</summary>
    public bool IsAction(ReadOnlySpan<float> token)
    {
        int classes = Description.OutputWidth;
        bool isStep = token[^1] >= 0 && token[^1] < MaxSteps && token[^1] == (int)token[^1];
        for (int s = 0; s < sharedColumns; s++)
        {
            float category = token[firstShared + s];
            isStep &= category >= 0 && category < Columns[firstSharedColumn + s].Cardinality && category == (int)category;
        }
        return isStep && (IsDiscrete ? token[0] >= 0 && token[0] < classes && token[0] == (int)token[0]
            : token[..ActionCount].IndexOfAnyExceptInRange(-2f, 2f) < 0);
    }

    private void WriteShared(ReadOnlySpan<double> values, int step, Span<float> token)
    {
        token[..firstShared].Clear();
        for (int s = 0; s < sharedColumns; s++)
        {
            token[firstShared + s] = (float)values[firstSharedColumn + s];
        }
        token[^1] = step;
    }
}
