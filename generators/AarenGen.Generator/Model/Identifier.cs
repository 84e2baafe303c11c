using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;

namespace AarenGen.Generator.Model;

/// <summary>Names of C# code.</summary>
internal static class Identifier
{
    /// <summary>
    /// The name as generated code writes it: with an @ where it could be a keyword, of this version of C# or a later one.
    /// </summary>
    public static string Escape(string name) => name.All(static c => c is '_' or (>= 'a' and <= 'z')) ? "@" + name : name;

    /// <summary>Whether C# has exactly this name: the compiler drops formatting characters, so that two names could become one.</summary>
    public static bool IsValid(string name) =>
        SyntaxFacts.IsValidIdentifier(name) && name.All(static c => CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.Format);

    /// <summary>Equal for names that a file system may not distinguish: those that differ only in case or normalization.</summary>
    public static string FoldCase(string name) => name.Normalize().ToUpperInvariant();
}
