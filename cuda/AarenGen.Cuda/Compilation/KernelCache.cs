using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AarenGen.Serialization;

namespace AarenGen.Cuda.Compilation;

/// <summary>
/// Compiled kernels in a folder, a file each, named by the hash of all that they depend on. Any number of threads and processes may
/// share it: files appear whole by renaming, and those of one name are equal. A file that is damaged, or of another name, is compiled
/// anew and replaced. Where the folder cannot be used, everything is compiled and nothing kept.
/// </summary>
internal sealed class KernelCache
{
    public const string FolderVariable = "AARENGEN_CUDA_CACHE";
    private const int FormatVersion = 1;
    private const string Extension = ".kernels";

    private readonly string? folder;
    private readonly long capacity;

    /// <param name="folder">Made when first needed; null keeps nothing.</param>
    /// <param name="capacity">Bytes beyond which the files not used for longest go.</param>
    public KernelCache(string? folder, long capacity = 256L << 20)
    {
        this.folder = folder;
        this.capacity = capacity;
    }

    /// <summary>The user's cache, or the one that AARENGEN_CUDA_CACHE names.</summary>
    public static KernelCache Open()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named)
        {
            return new(named);
        }
        // Not verified: a new user's folder is made when something is written.
        string user = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return new(user.Length == 0 ? null : Path.Combine(user, "aarengen", "kernels"));
    }

    /// <summary>
    /// The hash of what code depends on. It includes the length of each part, so that different lists never have equal bytes.
    /// </summary>
    public static byte[] Key(IEnumerable<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(number, FormatVersion);
        hash.AppendData(number);
        foreach (string part in parts)
        {
            byte[] text = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32LittleEndian(number, text.Length);
            hash.AppendData(number);
            hash.AppendData(text);
        }
        return hash.GetHashAndReset();
    }

    /// <summary>The code of a key: from the folder where it is there and whole, compiled and written otherwise.</summary>
    public byte[] GetOrAdd(byte[] key, Func<byte[]> compile, out bool found)
    {
        string? path = folder is null ? null : Path.Combine(folder, Convert.ToHexStringLower(key) + Extension);
        if (path is not null && TryRead(path, key) is { } code)
        {
            found = true;
            return code;
        }
        found = false;
        code = compile();
        if (path is not null)
        {
            TryWrite(path, key, code);
        }
        return code;
    }

    private static byte[]? TryRead(string path, byte[] key)
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }
            byte[]? code;
            using (FileStream file = File.OpenRead(path))
            {
                code = KernelFile.Decode(file, key);
            }
            if (code is not null)
            {
                // The time of writing says when a file was used last; times of reading are often switched off. A folder that may only be
                // read still serves.
                Try(() => File.SetLastWriteTimeUtc(path, DateTime.UtcNow));
            }
            return code;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void TryWrite(string path, byte[] key, byte[] code)
    {
        Try(() =>
        {
            Directory.CreateDirectory(folder!);
            byte[] file = KernelFile.Encode(code, key);
            AtomicFile.Write(path, stream => stream.Write(file));
        });
        // After a failure, too: older kernels may be what fills the disk.
        Try(() => Prune(path));
    }

    private void Prune(string justWritten)
    {
        var directory = new DirectoryInfo(folder!);
        long kept = 0;
        foreach (FileInfo file in directory.EnumerateFiles("*" + Extension).OrderByDescending(static f => f.LastWriteTimeUtc))
        {
            kept += file.Length;
            if (kept > capacity && file.FullName != Path.GetFullPath(justWritten))
            {
                Try(file.Delete);
            }
        }
    }

    /// <summary>The cache saves time and nothing else, so a full disk or a folder without rights is no error.</summary>
    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
        }
    }
}
