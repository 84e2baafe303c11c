using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AarenGen.Serialization;

namespace AarenGen.Cuda.Compilation;

/// <summary>
/// Compiled kernels in a folder, a file each, named by the hash of all that they depend on but the compiler's version: the code of any
/// version that the driver takes serves, and a file tells its own. Any number of threads and processes may share it: files appear whole by
/// renaming. A file that is damaged, or of another name, is compiled anew and replaced. Where the folder cannot be used, everything is
/// compiled and nothing kept.
/// </summary>
internal sealed class KernelCache
{
    public const string FolderVariable = "AARENGEN_CUDA_CACHE";
    private const int FormatVersion = 2;
    private const string Extension = ".kernels", ShippedFolder = "kernels";

    private readonly string? folder, shipped;
    private readonly long capacity;

    /// <param name="folder">Made when first needed; null keeps nothing.</param>
    /// <param name="capacity">Bytes beyond which the files not used for longest go.</param>
    /// <param name="shipped">A folder of kernels that is looked at first and never changed; null where there is none.</param>
    public KernelCache(string? folder, long capacity = 256L << 20, string? shipped = null)
    {
        this.folder = folder;
        this.shipped = shipped;
        this.capacity = capacity;
    }

    /// <summary>The kernels beside the program, and the user's cache or the one that AARENGEN_CUDA_CACHE names.</summary>
    public static KernelCache Open()
    {
        string beside = Path.Combine(AppContext.BaseDirectory, ShippedFolder);
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named)
        {
            return new(named, shipped: beside);
        }
        // Not verified: a new user's folder is made when something is written.
        string user = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return new(user.Length == 0 ? null : Path.Combine(user, "aarengen", "kernels"), shipped: beside);
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

    /// <summary>The code of a key that is there and whole: what was shipped comes first.</summary>
    /// <param name="key">What the code is found by.</param>
    /// <param name="name">What its source is called in messages.</param>
    public IEnumerable<DeviceCode> Find(byte[] key, string name)
    {
        if (shipped is not null && TryRead(PathOf(shipped, key), key, name) is { } given)
        {
            yield return given;
        }
        if (folder is not null && TryRead(PathOf(folder, key), key, name) is { } code)
        {
            // The time of writing says when a file was used last; times of reading are often switched off. A folder that may only be
            // read still serves.
            Try(() => File.SetLastWriteTimeUtc(PathOf(folder, key), DateTime.UtcNow));
            yield return code;
        }
    }

    /// <summary>Keeps the code of a key, in the place of what was kept before.</summary>
    public void Add(byte[] key, DeviceCode code)
    {
        if (folder is null)
        {
            return;
        }
        Try(() => Write(folder, key, code));
        // After a failure, too: older kernels may be what fills the disk.
        Try(() => Prune(PathOf(folder, key)));
    }

    /// <summary>Writes the code of a key into a folder, which is created if it is missing.</summary>
    public static void Write(string folder, byte[] key, DeviceCode code)
    {
        Directory.CreateDirectory(folder);
        byte[] file = KernelFile.Encode(code, key);
        AtomicFile.Write(PathOf(folder, key), stream => stream.Write(file));
    }

    private static string PathOf(string folder, byte[] key) => Path.Combine(folder, Convert.ToHexStringLower(key) + Extension);

    private static DeviceCode? TryRead(string path, byte[] key, string name)
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }
            using FileStream file = File.OpenRead(path);
            return KernelFile.Decode(file, key, name) is { } code ? code with { File = path } : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
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
