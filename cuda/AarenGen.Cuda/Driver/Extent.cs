namespace AarenGen.Cuda.Driver;

/// <summary>How many blocks a grid has, or threads a block, in each direction.</summary>
internal readonly record struct Extent(int X, int Y = 1, int Z = 1)
{
    public static implicit operator Extent(int x) => new(x);

    public override string ToString() => $"{X} x {Y} x {Z}";
}
