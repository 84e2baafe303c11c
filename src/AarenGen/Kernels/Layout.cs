using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace AarenGen.Kernels;

/// <summary>How rows lie in memory: padded with zeros to whole vectors.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Layout
{
    /// <summary>Floats in the widest vector; every row of a buffer is a multiple of it.</summary>
    public const int Lane = 16;

    /// <summary>Columns of a packed matrix that lie together: two vectors.</summary>
    internal const int Panel = 2 * Lane;

    /// <summary><paramref name="n"/> rounded up to a multiple of <see cref="Lane"/>.</summary>
    public static int Pad(int n) => (n + Lane - 1) / Lane * Lane;

    internal static void Check(int length, int needed, [CallerArgumentExpression(nameof(length))] string name = "")
    {
        if (length < needed)
        {
            throw new ArgumentException($"{name} is {length}, but {needed} are needed.", name);
        }
    }

    /// <summary>Checks the states before and after some rows, each of which may be empty.</summary>
    internal static void CheckState(ReadOnlySpan<double> initial, ReadOnlySpan<double> final, int needed)
    {
        Check(initial.IsEmpty ? needed : initial.Length, needed, nameof(initial));
        Check(final.IsEmpty ? needed : final.Length, needed, nameof(final));
    }

    /// <summary>Refuses what is not whole vectors, of which the rest would silently be left out.</summary>
    internal static void CheckWhole(int length, [CallerArgumentExpression(nameof(length))] string name = "")
    {
        if (length % Lane != 0)
        {
            throw new ArgumentException($"{name} is {length}, but must be a multiple of {Lane}.", name);
        }
    }
}
