using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Shared;

/// <summary>How kernels that take rows four values at a time are launched.</summary>
internal static class Rowwise
{
    /// <summary>Rows of a thread block.</summary>
    public const int Rows = 16;

    public const int Threads = 256;

    public static readonly LaunchShape Shape = LaunchShape.OfRows(Rows);
}
