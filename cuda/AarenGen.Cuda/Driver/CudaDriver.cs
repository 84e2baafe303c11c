using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>The driver as a whole: its start, and what its results mean. Any thread may call it.</summary>
internal static unsafe class CudaDriver
{
    /// <summary>CUDA 11.4 as the driver counts: the first with every entry called here.</summary>
    private const int LowestVersion = 11040;

    private static readonly Lock Gate = new();
    private static bool isInitialized;

    /// <summary>The newest CUDA that the driver serves, such as 12.4.</summary>
    public static Version Version
    {
        get
        {
            Check(DriverApi.cuDriverGetVersion(out int version));
            return new(version / 1000, version % 1000 / 10);
        }
    }

    /// <summary>What tells code that this driver loads from other code.</summary>
    public static string CodeFormat => NativeLibraries.CodeFormat(NativeLibraries.Driver.Load().Handle);

    /// <summary>Finds and starts the driver; does nothing when called again.</summary>
    /// <exception cref="CudaUnavailableException">There is no driver, too old a one, or a library that is not a whole driver.</exception>
    /// <exception cref="CudaException">The driver does not start, as where there is no device.</exception>
    public static void Initialize()
    {
        if (Volatile.Read(ref isInitialized))
        {
            return;
        }
        lock (Gate)
        {
            LoadedLibrary library = NativeLibraries.Driver.Load();
            Check(DriverApi.cuDriverGetVersion(out int version));
            if (version < LowestVersion)
            {
                throw new CudaUnavailableException(
                    $"The CUDA driver {library.Path} serves CUDA {version / 1000}.{version % 1000 / 10}; 11.4 or newer is needed "
                    + "(driver 470 or newer). Update the NVIDIA driver.", CudaStatus.LibraryTooOld);
            }
            if (LibrarySearch.MissingEntries(library.Handle, DriverApi.Entries) is { Length: > 0 } missing)
            {
                throw new CudaUnavailableException(
                    $"{library.Path} is not NVIDIA's driver, or is damaged: it lacks {string.Join(", ", missing)}. "
                    + NativeLibraries.Driver.Remedy, CudaStatus.LibraryNotFound);
            }
            Check(DriverApi.cuInit(0));
            Volatile.Write(ref isInitialized, true);
        }
    }

    /// <summary>
    /// Throws if a driver function failed. The compiler passes the text of the call, which begins with the function's name.
    /// </summary>
    public static void Check(DriverResult result, string detail = "", [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != DriverResult.Success)
        {
            Throw(result, detail, call);
        }
    }

    /// <summary>What <see cref="Check"/> throws.</summary>
    public static CudaException Failure(DriverResult result, string detail, string call)
    {
        string entry = EntryOf(call);
        string name = DriverApi.cuGetErrorName(result, out byte* text) == DriverResult.Success ? Text(text) : $"error {(int)result}";
        string meaning =
            DriverApi.cuGetErrorString(result, out text) == DriverResult.Success ? Text(text) : "the driver does not know this error";
        string[] sentences = [$"{entry} failed with {name}: {meaning}.", detail, DriverHints.For(result)];
        return new(entry, (int)result, name, string.Join(' ', sentences.Where(static s => s.Length > 0)));
    }

    /// <summary>A text that the driver keeps or wrote, in UTF-8 and ended by a zero.</summary>
    public static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary><c>cuInit</c> of <c>DriverApi.cuInit(0)</c>.</summary>
    public static string EntryOf(string call)
    {
        int end = call.IndexOf('(', StringComparison.Ordinal);
        string path = end < 0 ? call : call[..end];
        return path[(path.LastIndexOf('.') + 1)..];
    }

    [DoesNotReturn]
    private static void Throw(DriverResult result, string detail, string call) => throw Failure(result, detail, call);
}
