namespace Reporting;

/// <summary>File names made of names of data, which may hold any character and be as long as the file system allows.</summary>
internal static class FileNames
{
    /// <summary>Leaves space for suffixes: file systems allow 255 bytes.</summary>
    private const int MaxLength = 100;

    /// <summary>
    /// Lower-case letters, digits and hyphens, cut to a length that every file system allows. Different texts may give the same name.
    /// </summary>
    public static string Of(string text) =>
        new([.. text.Take(MaxLength).Select(static c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-')]);
}
