namespace AarenGen;

/// <summary>What the cells of a table's column are, as far as the file or the beginning of it tells.</summary>
public enum ColumnType
{
    /// <summary>Texts, such as categories.</summary>
    Text,

    /// <summary>Numbers with decimals.</summary>
    Number,

    /// <summary>Whole numbers.</summary>
    WholeNumber,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>Moments.</summary>
    Time,
}
