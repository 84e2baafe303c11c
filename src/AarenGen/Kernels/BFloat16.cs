using System.Runtime.CompilerServices;

namespace AarenGen.Kernels;

/// <summary>Numbers of 16 bits: the upper half of a float, with 8 significant bits.</summary>
internal static class BFloat16
{
    /// <summary>The largest float that is rounded to a finite number: the last one below half the way to 2¹²⁸.</summary>
    public static readonly float MaxRounded = Unsafe.BitCast<uint, float>(0x7F7F7FFF);

    /// <summary>Rounds to the nearest, and halves to the even. Infinity stays infinity, and NaN stays NaN.</summary>
    public static ushort Round(float value)
    {
        uint bits = Unsafe.BitCast<float, uint>(value);
        // Rounding could carry a NaN into the sign, or cut off the bits that tell it from infinity: one that stays is set.
        return (ushort)((float.IsNaN(value) ? bits | 0x400000 : bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    /// <summary>The float of the same value.</summary>
    public static float Widen(ushort bits) => Unsafe.BitCast<uint, float>((uint)bits << 16);

    /// <summary>Whether a number is finite, but is not when rounded.</summary>
    public static bool Overflows(float value) => float.IsFinite(value) && Math.Abs(value) > MaxRounded;
}
