using System.Runtime.InteropServices;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

/// <summary>The entries of its own that the emulator has; on a device they do nothing.</summary>
internal static unsafe class Emulator
{
    private static readonly nint Library = NativeLibraries.Driver.Load().Handle;

    /// <summary>Decides the order of threads and blocks from now on.</summary>
    public static void SetSeed(ulong seed)
    {
        if (NativeLibrary.TryGetExport(Library, "aarengen_emulator_set_seed", out nint entry))
        {
            ((delegate* unmanaged<ulong, void>)entry)(seed);
        }
    }
}
