namespace AarenGen;

/// <summary>
/// Where everything stands in the tokens and outputs of a model with a label: a token is a record, its numbers, then its categories; the
/// label stands behind them in the values of a record. Immutable.
/// </summary>
internal sealed class ClassificationLayout : RecordLayout
{
    private readonly bool hasTime;

    /// <exception cref="ArgumentException">The model does not have the widths of the task.</exception>
    public ClassificationLayout(IReadOnlyList<RecordColumn> columns, bool hasTime, ModelDescription description)
        : base(columns, description)
    {
        this.hasTime = hasTime;
        int classes = Columns.Length == 0 || Columns[^1].Role != RecordRole.Label ? 0 : Columns[^1].Cardinality;
        bool areInOrder = Columns.Select(static c => c.Role).SequenceEqual(Columns.Select(static c => c.Role).Order());
        if (!areInOrder || Count(RecordRole.Label) != 1 || description.InputWidth != LabelColumn || description.OutputWidth != classes)
        {
            throw new ArgumentException(
                $"The model '{description.Name}' takes tokens of {description.InputWidth} numbers and gives {description.OutputWidth}, but "
                + $"records have {LabelColumn} and a label of {classes} classes.", nameof(columns));
        }
    }

    public int LabelColumn => Columns.Length - 1;

    public int Classes => Description.OutputWidth;

    public override string Facts => hasTime ? "classify by time" : "classify";

    public override SeriesCore CreateCore(string key) => new RecordCore(this, key, hasTime);

    public override bool IsTokenNumber(double value, int column, Standardizer? standardizer, bool isScaled) =>
        IsTokenNumber((float)value, column, 1, standardizer, isScaled);
}
