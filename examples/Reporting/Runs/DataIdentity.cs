using System.Security.Cryptography;

namespace Reporting;

/// <summary>
/// Identity of the data of a result: the same content is the same data, independent of names and places of files.
/// </summary>
/// <param name="Name">The name of the data.</param>
/// <param name="Digest">SHA-256 of their content, in hexadecimal.</param>
internal sealed record DataIdentity(string Name, string Digest)
{
    /// <summary>The beginning of the digest, which distinguishes data with the same name.</summary>
    public string ShortDigest => Digest[..Math.Min(8, Digest.Length)];

    /// <summary>The identity of the content of files, in their order.</summary>
    /// <param name="name">Their common name.</param>
    /// <param name="paths">The files.</param>
    /// <exception cref="IOException">A file cannot be read, or is a pipe, which cannot be read twice.</exception>
    public static DataIdentity OfFiles(string name, params IEnumerable<string> paths)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in paths)
        {
            using FileStream file = File.OpenRead(path);
            if (!file.CanSeek)
            {
                throw new IOException($"{path}: a pipe cannot be read twice; write its content to a file and name that.");
            }
            // One digest per file, so that content cannot move from one file to the next unnoticed.
            all.AppendData(SHA256.HashData(file));
        }
        return new(name, Convert.ToHexStringLower(all.GetHashAndReset()));
    }
}
