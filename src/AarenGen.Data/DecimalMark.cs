namespace AarenGen.Data;

/// <summary>The character between a number's whole part and its decimals.</summary>
public enum DecimalMark
{
    /// <summary>1,234.5</summary>
    Point,

    /// <summary>1.234,5</summary>
    Comma,
}
