using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;

namespace AarenGen.Benchmarks;

/// <summary>Loads LibTorch, on Debian 12 too, or says why it does not load.</summary>
/// <remarks>
/// TorchSharp's native library was linked with GCC 13. It asks for version GLIBCXX_3.4.32 of libstdc++, which Debian 12 does not have, for
/// one symbol alone, to which &lt;iostream&gt; refers without calling it. In the build's copy of the library the version is made one that
/// there is, and the reference weak.
/// </remarks>
internal static class LibTorch
{
    private const string Needed = "GLIBCXX_3.4.32", Present = "GLIBCXX_3.4.30", Symbol = "_ZSt21ios_base_library_initv";

    private static readonly Lazy<string?> Failure = new(Load);

    /// <summary>Why LibTorch is not there; null where it is.</summary>
    public static string? WhyMissing => Failure.Value;

    private static string? Load()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                Mend(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));
                Mend(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so"));
            }
            torch.InitializeDeviceType(DeviceType.CPU);
            torch.set_num_interop_threads(1);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or NotSupportedException or TypeInitializationException
            or BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            return (e.InnerException ?? e).Message.Split('\n')[0];
        }
    }

    private static void Mend(string path)
    {
        if (!File.Exists(path) || !NeedsMending())
        {
            return;
        }
        byte[] file = File.ReadAllBytes(path);
        if (file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Needed)) >= 0)
        {
            new ElfFile(file).Retarget();
            // A new file: the old one may be a link into the package cache.
            File.Delete(path);
            File.WriteAllBytes(path, file);
        }
    }

    private static bool NeedsMending()
    {
        try
        {
            return NativeLibrary.TryLoad("libstdc++.so.6", out nint library) && !NativeLibrary.TryGetExport(library, Symbol, out _);
        }
        catch (BadImageFormatException)
        {
            return true;
        }
    }

    /// <summary>A 64-bit little-endian ELF file in memory. Source of offsets: System V ABI, ELF-64; LSB, symbol versioning.</summary>
    private sealed class ElfFile(byte[] file)
    {
        private const uint DynamicSymbols = 11, VersionNeeds = 0x6FFFFFFE, SymbolVersions = 0x6FFFFFFF;

        private readonly record struct Section(uint Type, int Offset, int Size, int Link);

        public void Retarget()
        {
            Section[] sections = [.. Sections()];
            Section needs = sections.First(static s => s.Type == VersionNeeds),
                symbols = sections.First(static s => s.Type == DynamicSymbols);
            Section versions = sections.First(static s => s.Type == SymbolVersions);
            int names = sections[needs.Link].Offset;
            for (int need = needs.Offset, next = 1; next != 0; need += next)
            {
                next = (int)Word(need + 12);
                var entries = new Dictionary<string, int>();
                for (int entry = need + (int)Word(need + 8), step = 1; step != 0; entry += step)
                {
                    step = (int)Word(entry + 12);
                    entries[Name(names + (int)Word(entry + 8))] = entry;
                }
                if (entries.TryGetValue(Needed, out int old) && entries.TryGetValue(Present, out int present))
                {
                    // Hash and name of the installed version.
                    file.AsSpan(present, 4).CopyTo(file.AsSpan(old));
                    file.AsSpan(present + 8, 4).CopyTo(file.AsSpan(old + 8));
                }
            }
            names = sections[symbols.Link].Offset;
            for (int i = 0; i < symbols.Size / 24; i++)
            {
                int symbol = symbols.Offset + i * 24;
                if (Name(names + (int)Word(symbol)) == Symbol)
                {
                    // Weak, and of no particular version.
                    file[symbol + 4] = (byte)(2 << 4 | file[symbol + 4] & 15);
                    BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(versions.Offset + 2 * i), 1);
                }
            }
        }

        private IEnumerable<Section> Sections()
        {
            int table = (int)Long(40), size = Half(58), count = Half(60);
            for (int at = table; at < table + size * count; at += size)
            {
                yield return new(Word(at + 4), (int)Long(at + 24), (int)Long(at + 32), (int)Word(at + 40));
            }
        }

        private int Half(int at) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at));

        private uint Word(int at) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));

        private long Long(int at) => BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at));

        private string Name(int at) => Encoding.ASCII.GetString(file, at, Array.IndexOf(file, (byte)0, at) - at);
    }
}
