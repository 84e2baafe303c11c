using System.Security.Cryptography;

namespace Reporting;

/// <summary>
/// What a result belongs to: data are the same when their content is, whatever their files are called and wherever they lie.
/// </summary>
/// <param name="Name">What the data are called.</param>
/// <param name="Digest">SHA-256 of their content, in hexadecimal.</param>
internal sealed record DataIdentity(string Name, string Digest)
{
    /// <summary>The beginning of the digest, where data of one name have to be told apart.</summary>
    public string ShortDigest => Digest[..Math.Min(8, Digest.Length)];

    /// <summary>The identity of the content of files, in their order.</summary>
    /// <param name="name">What they are called together.</param>
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
            // Of each file by itself, so that no content can move from one to the next unseen.
            all.AppendData(SHA256.HashData(file));
        }
        return new(name, Convert.ToHexStringLower(all.GetHashAndReset()));
    }
}
