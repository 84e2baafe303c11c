namespace AarenGen.Generator.Planning;

/// <summary>How large things may be.</summary>
internal static class Limits
{
    public const int Width = 65_536;
    public const int Cardinality = 1_048_576;
    /// <summary>Categories that have names: members of an enum, or texts. Generated code compares with each of them.</summary>
    public const int NamedCategories = 4_096;

    public const int Repeat = 1_024;
    public const int Context = 65_536;

    /// <summary>Tokens that a convolution sees: a device holds a factor of each in a register.</summary>
    public const int MinTaps = 2, MaxTaps = 16;

    /// <summary>Bytes of a stream's state: a saved state and its header must fit one array of bytes.</summary>
    public const int StateBytes = int.MaxValue - 1_024;

    public const int Patch = 65_536;

    /// <summary>
    /// Bytes of the class's full name. Metadata allow a name 1,023, and methods that implement an interface have the class's in theirs.
    /// </summary>
    public const int NameBytes = 900;

    /// <summary>Bytes of a head's name, which is part of names of methods and files.</summary>
    public const int HeadNameBytes = 255;

    /// <summary>Tokens after which a forget gate may halve a weight: the gate's bias is then a float from -70 to 21.</summary>
    public const double MinHalfLife = 0.01, MaxHalfLife = 1e9;

    /// <summary>Bounds of an argument that must be positive: a float still holds it after a division by any width.</summary>
    public const double MinPositive = 1e-30, MaxPositive = 1e30;

    /// <summary>
    /// Least inputs and outputs of a matrix that inference may keep in a narrower type: smaller ones cost little as they are.
    /// </summary>
    public const int CompressedWidth = 64;

    /// <summary>
    /// Rows of one inference pass, or one row per channel if there are more channels. Reading the weights then costs little per row,
    /// few enough to stay in the cache.
    /// </summary>
    public const int RowsPerPass = 64;
}
