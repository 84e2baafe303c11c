using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AarenGen.Training;

/// <summary>What identifies sequences: their number, and hashes (SHA-256, hexadecimal) of all that training reads of them.</summary>
internal sealed record DataDigest(int Sequences, string Lengths, string Tokens, string Weights, string Targets)
{
    /// <summary>The hash of the sequences' series; null where training does not ask for them.</summary>
    public string? Series { get; init; }
}

/// <summary>
/// Computes a <see cref="DataDigest"/>, sequence after sequence. It costs one hash of the data's bytes: a second or two a gigabyte
/// on a processor with instructions for SHA-256, several times that on one without.
/// </summary>
internal sealed class DataDigestBuilder : IDisposable
{
    private readonly Hash lengths = new(), tokens = new(), weights = new(), targets = new();
    private Hash? series;
    private int sequences;

    public void AddSequence(int length)
    {
        sequences++;
        lengths.Add([length]);
    }

    /// <summary>Adds the series of the last sequence.</summary>
    public void AddSeries(string? name)
    {
        series ??= new();
        series.Add([name?.Length ?? -1]);
        series.Add<char>(name);
    }

    /// <summary>Adds tokens of the last sequence.</summary>
    public void AddTokens(ReadOnlySpan<float> values) => tokens.Add(values);

    /// <summary>A target that does not count may hold anything, and is left out.</summary>
    public void AddTarget(float weight, ReadOnlySpan<float> target)
    {
        weights.Add([weight]);
        if (weight != 0)
        {
            targets.Add(target);
        }
    }

    public DataDigest Build() => new(sequences, lengths.Finish(), tokens.Finish(), weights.Finish(), targets.Finish())
    {
        Series = series?.Finish(),
    };

    public void Dispose()
    {
        lengths.Dispose();
        tokens.Dispose();
        weights.Dispose();
        targets.Dispose();
        series?.Dispose();
    }

    /// <summary>A hash that collects short pieces, since each call of the hash itself costs more than some numbers do.</summary>
    private sealed class Hash : IDisposable
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] buffer = new byte[1 << 14];
        private int used;

        public void Add<T>(ReadOnlySpan<T> values) where T : unmanaged
        {
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
            if (bytes.Length > buffer.Length - used)
            {
                Flush();
            }
            if (bytes.Length > buffer.Length)
            {
                hash.AppendData(bytes);
                return;
            }
            bytes.CopyTo(buffer.AsSpan(used));
            used += bytes.Length;
        }

        public string Finish()
        {
            Flush();
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        public void Dispose() => hash.Dispose();

        private void Flush()
        {
            hash.AppendData(buffer.AsSpan(0, used));
            used = 0;
        }
    }
}
