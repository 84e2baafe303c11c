using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;

namespace Reporting;

/// <summary>Identity of the program that makes results: every change of the code or of a library gives another, committed or not.</summary>
internal static class ProgramVersion
{
    /// <summary>
    /// A digest of the assemblies in the program's folder. Builds are deterministic: the same sources have the same digest.
    /// </summary>
    public static string Current { get; } = Of(AppContext.BaseDirectory);

    /// <summary>The digest of a folder of assemblies.</summary>
    public static string Of(string folder)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] assemblies = [.. Directory.EnumerateFiles(folder, "*.dll").Order(StringComparer.Ordinal)];
        foreach (string assembly in assemblies)
        {
            using FileStream file = File.OpenRead(assembly);
            using var reader = new PEReader(file);
            if (reader.HasMetadata)
            {
                MetadataReader metadata = reader.GetMetadataReader();
                all.AppendData(metadata.GetGuid(metadata.GetModuleDefinition().Mvid).ToByteArray());
            }
        }
        if (assemblies.Length == 0 && Environment.ProcessPath is { } program)
        {
            // Published as a single file.
            using FileStream file = File.OpenRead(program);
            all.AppendData(SHA256.HashData(file));
        }
        return Convert.ToHexStringLower(all.GetHashAndReset())[..16];
    }
}
