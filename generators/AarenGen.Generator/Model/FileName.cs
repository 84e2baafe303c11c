using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AarenGen.Generator.Model;

/// <summary>Names of generated files: the class's full name if a file can have it, otherwise a part of it and a stable hash.</summary>
internal static class FileName
{
    /// <summary>
    /// Longest name in UTF-8. File systems allow 255 bytes a name, and Windows 260 characters for the whole path, of which the project's
    /// folder and the generator's own below it need most.
    /// </summary>
    private const int MaxBytes = 100;

    /// <summary>Names that Windows reserves for devices, with any extension.</summary>
    private static readonly HashSet<string> Devices = new(
        [.. new[] { "CON", "PRN", "AUX", "NUL" },
            .. Enumerable.Range(0, 10).SelectMany(static n => new[] { Device("COM", n), Device("LPT", n) })],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The name for a class of this full name.</summary>
    public static string Of(string fullName)
    {
        string name = Encoding.UTF8.GetByteCount(fullName) <= MaxBytes ? fullName : WithHash(fullName);
        return Devices.Contains(name.Split('.')[0]) ? "_" + name : name;
    }

    /// <summary>The end of the name, where the class's own name is, and a hash of the whole.</summary>
    public static string WithHash(string fullName)
    {
        using var sha = SHA256.Create();
        byte[] digest = sha.ComputeHash(Encoding.UTF8.GetBytes(fullName));
        string hash = string.Concat(digest.Take(4).Select(static b => b.ToString("x2", CultureInfo.InvariantCulture)));
        // Identifiers have no surrogates, so that any position is between two characters, of at most three bytes each.
        string end = fullName.Substring(Math.Max(0, fullName.Length - MaxBytes));
        while (Encoding.UTF8.GetByteCount(end) > MaxBytes - 1 - hash.Length)
        {
            end = end.Substring(1);
        }
        return $"{end.TrimStart('.')}.{hash}";
    }

    /// <summary>Those of the names that a file system may take for one another.</summary>
    public static EquatableArray<string> Colliding(IEnumerable<string> names) =>
        new(names.GroupBy(Identifier.FoldCase, StringComparer.Ordinal).Where(static g => g.Count() > 1).SelectMany(static g => g));

    private static string Device(string name, int number) => name + number.ToString(CultureInfo.InvariantCulture);
}
