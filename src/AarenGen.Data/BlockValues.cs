namespace AarenGen.Data;

/// <summary>What the values of a column in a binary file are.</summary>
internal enum BlockValues
{
    /// <summary>Numbers with decimals.</summary>
    Numbers,

    /// <summary>Whole numbers.</summary>
    Integers,

    /// <summary>Whole numbers of 64 bits without sign.</summary>
    Unsigned,

    /// <summary>Truth values.</summary>
    Booleans,

    /// <summary>Moments.</summary>
    Times,

    /// <summary>Texts.</summary>
    Texts,

    /// <summary>Something else, such as bytes.</summary>
    Others,
}
