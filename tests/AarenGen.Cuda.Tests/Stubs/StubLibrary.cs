using System.Runtime.InteropServices;
using System.Text;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// Writes shared libraries for Linux on x86-64, so that tests have drivers and compilers that fail in any way, without a C compiler. A file
/// has a segment that is read and run (names, hash table, functions) and one that the loader writes to (the dynamic section).
/// </summary>
internal static class StubLibrary
{
    private const int HeaderBytes = 64, SegmentBytes = 56, Segments = 4, SymbolBytes = 24, Page = 4096;

    /// <summary>Loaded and run as it is read; loaded and written; the dynamic section; a stack that is not run.</summary>
    private const uint Load = 1, Dynamic = 2, Stack = 0x6474e551, Execute = 1, Write = 2, Read = 4;

    /// <summary>Why this machine does not load such a library; null where it does.</summary>
    public static string? WhyUnusable { get; } =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
            ? null : "The tests' stub libraries are for Linux on x86-64.";

    public static void Create(string path, params IReadOnlyList<StubEntry> entries)
    {
        var names = new List<byte> { 0 };
        var code = new List<byte>();
        var symbols = new List<(int Name, int Code, int Bytes)>();
        foreach (StubEntry entry in entries)
        {
            int start = code.Count;
            code.AddRange(Instructions(entry));
            symbols.Add((names.Count, start, code.Count - start));
            names.AddRange(Encoding.ASCII.GetBytes(entry.Name + '\0'));
        }
        int symbolStart = HeaderBytes + Segments * SegmentBytes, nameStart = symbolStart + (symbols.Count + 1) * SymbolBytes;
        int hashStart = Align(nameStart + names.Count, 8), codeStart = hashStart + (symbols.Count + 4) * sizeof(int);
        int dynamicStart = Align(codeStart + code.Count, Page);
        // Hash table, symbol table, names, size of the names, size of a symbol, end.
        (long Tag, long Value)[] dynamic =
            [(4, hashStart), (6, symbolStart), (5, nameStart), (10, names.Count), (11, SymbolBytes), (0, 0)];
        int end = dynamicStart + dynamic.Length * 2 * sizeof(long);

        using FileStream file = File.Create(path);
        using var writer = new BinaryWriter(file);
        // 64 bits, little-endian, a shared object for x86-64, without sections.
        writer.Write([0x7F, .. "ELF"u8, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Numbers16(3, 62);
        writer.Write(1);
        Numbers64(0, HeaderBytes, 0);
        writer.Write(0);
        Numbers16(HeaderBytes, SegmentBytes, Segments, 64, 0, 0);
        Segment(Load, Read | Execute, 0, codeStart + code.Count, Page);
        Segment(Load, Read | Write, dynamicStart, end - dynamicStart, Page);
        Segment(Dynamic, Read | Write, dynamicStart, end - dynamicStart, sizeof(long));
        Segment(Stack, Read | Write, 0, 0, 16);
        // The first symbol is none.
        writer.Write(new byte[SymbolBytes]);
        foreach ((int name, int start, int bytes) in symbols)
        {
            const byte globalFunction = 0x12;
            writer.Write(name);
            writer.Write([globalFunction, 0]);
            Numbers16(1);
            Numbers64(codeStart + start, bytes);
        }
        writer.Write([.. names]);
        // One bucket with all symbols, each of which leads to the next.
        file.Position = hashStart;
        int[] table = [1, symbols.Count + 1, 1, 0, .. Enumerable.Range(1, symbols.Count).Select(i => i == symbols.Count ? 0 : i + 1)];
        Array.ForEach(table, writer.Write);
        writer.Write([.. code]);
        file.Position = dynamicStart;
        foreach ((long tag, long value) in dynamic)
        {
            Numbers64(tag, value);
        }

        void Segment(uint type, uint flags, long start, long bytes, long alignment)
        {
            writer.Write(type);
            writer.Write(flags);
            Numbers64(start, start, start, bytes, bytes, alignment);
        }

        void Numbers64(params long[] values) => Array.ForEach(values, writer.Write);

        void Numbers16(params int[] values) => Array.ForEach(values, v => writer.Write((ushort)v));
    }

    private static int Align(int value, int to) => (value + to - 1) / to * to;

    /// <summary>Machine code: arguments come in rdi, rsi, rdx and rcx, and the result goes in rax.</summary>
    private static byte[] Instructions(StubEntry entry)
    {
        byte[] pointers = [0x07, 0x06, 0x02, 0x01];
        byte[] copy = entry.Copied switch { 1 => [0x89, 0x37], 2 => [0x89, 0x17], _ => [] };
        byte[] writes = [.. copy, .. entry.Writes.SelectMany(w => (byte[])
            [.. w.IsWide ? [0x48] : Array.Empty<byte>(), 0xC7, pointers[w.Argument], .. BitConverter.GetBytes(w.Value)])];
        // A text stands behind the return, one byte after the instruction that takes its address.
        return entry.Text is { } text
            ? [.. writes, 0x48, 0x8D, 0x05, 1, 0, 0, 0, 0xC3, .. Encoding.UTF8.GetBytes(text), 0]
            : [.. writes, 0xB8, .. BitConverter.GetBytes(entry.Result), 0xC3];
    }
}
