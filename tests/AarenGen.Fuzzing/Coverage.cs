using System.Runtime.InteropServices;
using SharpFuzz;
using SharpFuzz.Common;

namespace AarenGen.Fuzzing;

/// <summary>
/// Which branches a case takes, counted by instrumented assemblies (SharpFuzz's, as AFL counts them); without them only a refusal's
/// words distinguish cases.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int Size = 1 << 16;

    /// <summary>What is looked into: the readers, and the libraries that read for them.</summary>
    private static readonly string[] assemblies =
        ["AarenGen.dll", "Control.dll", "Experiments.dll", "AarenGen.Data.dll", "Apache.Arrow.dll", "Parquet.dll", "PureHDF.dll"];

    private readonly byte* map = (byte*)NativeMemory.AllocZeroed(Size);
    private readonly byte[] seen = new byte[Size];
    private readonly HashSet<string> refusals = new(StringComparer.Ordinal);

    public Coverage() => Trace.SharedMem = map;

    /// <summary>Branches taken so far; 0 without instrumented assemblies.</summary>
    public int Branches { get; private set; }

    /// <summary>Copies a folder of assemblies and instruments the copies.</summary>
    public static void Instrument(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }
        foreach (string assembly in assemblies)
        {
            if (Path.Combine(to, assembly) is var path && File.Exists(path))
            {
                Fuzzer.Instrument(path, static _ => true, Options.Value);
            }
        }
    }

    /// <summary>Forgets the case before.</summary>
    public void Begin()
    {
        new Span<byte>(map, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the case since <see cref="Begin"/> did what none did before.</summary>
    /// <param name="refusal">The message of the rejection, if any.</param>
    public bool End(string? refusal)
    {
        bool isNew = refusal is not null && refusals.Count < 1000 && refusals.Add(Shape(refusal));
        for (int i = 0; i < Size; i++)
        {
            // How often, in steps of powers of two.
            if (map[i] != 0 && (seen[i] | Bucket(map[i])) is var all && all != seen[i])
            {
                Branches += seen[i] == 0 ? 1 : 0;
                seen[i] = (byte)all;
                isNew = true;
            }
        }
        return isNew;
    }

    private static int Bucket(byte count) => 1 << Math.Min(7, 31 - System.Numerics.BitOperations.LeadingZeroCount(count));

    /// <summary>A message without what it cites.</summary>
    private static string Shape(string message)
    {
        var shape = new List<char>();
        bool isCited = false;
        foreach (char c in message)
        {
            isCited ^= c == '\'';
            if (!isCited && (char.IsAsciiLetter(c) || c == ' '))
            {
                shape.Add(c);
            }
        }
        return new([.. shape]);
    }
}
