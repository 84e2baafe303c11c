namespace AarenGen;

/// <summary>Which columns of which tokens may be missing, and what takes the place of a missing value. Immutable.</summary>
internal sealed class MissingInputs
{
    private readonly int width, modalities;

    /// <summary>For each column of the tokens of each modality.</summary>
    private readonly Column[] columns;

    private MissingInputs(ModelDescription description)
    {
        width = description.InputWidth;
        modalities = description.ModalityCount;
        columns = new Column[modalities * width];
        columns.AsSpan().Fill(new(IsAllowed: false, Carried: -1, Indicator: -1));
        foreach (MissingColumns range in description.Tokens.Missing)
        {
            bool isCarried = range.Handling == MissingValues.CarryForward;
            for (int modality = 0; modality < modalities; modality++)
            {
                for (int i = 0; i < range.Count && range.IsAt(modality); i++)
                {
                    // Each channel has its own indicator, the only one of its rows.
                    int indicator = description.Tokens.Channels > 1 ? 0 : range.Indicators - width + i;
                    columns[modality * width + range.First + i] =
                        new(IsAllowed: true, isCarried ? CarriedValues + i : -1, isCarried ? -1 : indicator);
                }
            }
            CarriedValues += isCarried ? range.Count : 0;
        }
    }

    /// <summary>What a column does with missing values.</summary>
    /// <param name="IsAllowed">Whether its values may be missing.</param>
    /// <param name="Carried">The number of its last value among those that are kept; -1 where none is.</param>
    /// <param name="Indicator">The column, behind the features of a row, that says what is missing; -1 where there is none.</param>
    public readonly record struct Column(bool IsAllowed, int Carried, int Indicator);

    /// <summary>Last values that are kept.</summary>
    public int CarriedValues { get; }

    /// <summary>Null for a model whose tokens have no such columns.</summary>
    public static MissingInputs? Of(ModelDescription description) => description.Tokens.Missing.Count == 0 ? null : new(description);

    /// <summary>The columns of the token at a position of its sequence, from 0.</summary>
    public ReadOnlySpan<Column> At(long position) =>
        columns.AsSpan(modalities == 1 ? 0 : (int)(position % modalities) * width, width);

    /// <summary>Whether a number may be missing.</summary>
    /// <param name="position">The position of the first token of several, from 0.</param>
    /// <param name="index">The number, counted from the first of that token.</param>
    public bool Allows(long position, int index) => At(position + index / width)[index % width].IsAllowed;
}
