using System.Runtime.InteropServices;
using System.Text.Json;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

/// <summary>The emulator's own functions; on a device they do nothing.</summary>
internal static unsafe class Emulator
{
    private static readonly nint Library = NativeLibraries.Driver.Load().Handle;

    public static bool IsThere => NativeLibrary.TryGetExport(Library, "aarengen_emulator_set_seed", out _);

    /// <summary>Forgets what was counted so far.</summary>
    public static void ResetCounters() =>
        ((delegate* unmanaged<void>)NativeLibrary.GetExport(Library, "aarengen_emulator_reset_counters"))();

    /// <summary>What each kernel loaded from global memory and stored there since the counters were reset.</summary>
    public static IReadOnlyList<KernelBytes> Counters()
    {
        var count = (delegate* unmanaged<byte*, nuint, int>)NativeLibrary.GetExport(Library, "aarengen_emulator_counters_json");
        var json = new byte[count(null, 0)];
        fixed (byte* start = json)
        {
            count(start, (nuint)json.Length);
        }
        using JsonDocument document = JsonDocument.Parse(
            json.AsMemory(0, json.AsSpan().IndexOf((byte)0) is var end and >= 0 ? end : json.Length));
        return [.. document.RootElement.GetProperty("kernels").EnumerateArray().Select(static k =>
        {
            JsonElement memory = k.GetProperty("global");
            long Number(string name) => memory.GetProperty(name).GetInt64();
            return new KernelBytes(
                k.GetProperty("name").GetString()!, k.GetProperty("launches").GetInt64(), Number("loadBytes"), Number("storeBytes"),
                Number("uniqueLoadBytes"), Number("uniqueStoreBytes"), 16 * (Number("loads16") + Number("stores16")),
                k.GetProperty("matrixProducts").GetInt64());
        })];
    }

    /// <summary>Decides the order of threads and blocks from now on.</summary>
    public static void SetSeed(ulong seed)
    {
        if (NativeLibrary.TryGetExport(Library, "aarengen_emulator_set_seed", out nint entry))
        {
            ((delegate* unmanaged<ulong, void>)entry)(seed);
        }
    }
}

/// <summary>
/// Bytes of global memory that a kernel's launches moved. Unique: counting each byte once a launch. Wide: in requests of 16 bytes.
/// MatrixProducts: instructions of the tensor cores, a warp each.
/// </summary>
internal sealed record KernelBytes(
    string Name, long Launches, long Loaded, long Stored, long UniqueLoaded, long UniqueStored, long Wide, long MatrixProducts)
{
    /// <summary>Each input and each output once.</summary>
    public long Least => UniqueLoaded + UniqueStored;

    /// <summary>All requests to memory, including those that a cache would serve.</summary>
    public long Moved => Loaded + Stored;

    /// <summary>What was moved, over the least: each input and each output once.</summary>
    public double Factor => Moved / (double)Math.Max(1, Least);
}
