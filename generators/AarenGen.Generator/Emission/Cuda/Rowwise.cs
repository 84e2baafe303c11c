using AarenGen.Generator.Model;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>Kernels that take rows four values at a time.</summary>
internal static class Rowwise
{
    /// <summary>Rows of a thread block.</summary>
    public const int Rows = 16;

    public const int Threads = 256;

    public static readonly LaunchShape Shape = LaunchShape.OfRows(Rows);

    /// <summary>A gradient that goes on as it is, or is added.</summary>
    public static DeviceStage GradientStage(Value from, Value to, bool accumulates) => new SimpleStage(
        to.Name + (accumulates ? "_gradient_add" : "_gradient_copy"), Shape, Threads, ["rows"], w =>
        {
            string sizes = $"{to.Stride}, {to.Width}";
            if (accumulates)
            {
                w.Call("add_rows", sizes, "pass", w.Gradient(from), w.Gradient(to), w.Gradient(to));
            }
            else
            {
                w.Call("copy_rows", sizes, "pass", w.Gradient(from), w.Gradient(to));
            }
        });
}
