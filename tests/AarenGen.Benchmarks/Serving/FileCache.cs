using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AarenGen.Benchmarks;

/// <summary>What the system keeps of files in memory.</summary>
internal static partial class FileCache
{
    private const int NotNeeded = 4;

    /// <summary>Writes the files of a folder to the disk and, on Linux, lets the system forget them, as after its start.</summary>
    public static void Drop(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder))
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(file);
            if (OperatingSystem.IsLinux() && posix_fadvise(file, 0, 0, NotNeeded) is not 0 and var error)
            {
                throw new IOException($"The file cache cannot be dropped: error {error}.");
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, nint start, nint length, int advice);
}
