using System.Globalization;

namespace AarenGen.Data;

/// <summary>Names of columns, each once.</summary>
internal static class UniqueNames
{
    /// <summary>Renames the later ones of columns that have the same name; columns without a name stay so.</summary>
    /// <param name="given">The names in the file.</param>
    /// <param name="notices">Receives a sentence about each name that was changed.</param>
    public static string[] Of(IReadOnlyList<string> given, List<string> notices)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        // The next number to try: trying all of them for each of many columns of one name would take quadratic time.
        var copies = new Dictionary<string, int>(StringComparer.Ordinal);
        var unique = new string[given.Count];
        for (int c = 0; c < unique.Length; c++)
        {
            unique[c] = given[c];
            while (unique[c].Length > 0 && !seen.Add(unique[c]))
            {
                int copy = copies[given[c]] = copies.GetValueOrDefault(given[c], 1) + 1;
                unique[c] = string.Create(CultureInfo.InvariantCulture, $"{given[c]} ({copy})");
            }
            if (unique[c] != given[c])
            {
                notices.Add($"Two columns are called {TableException.Quote(given[c])}: the later one is called "
                    + $"{TableException.Quote(unique[c])} here.");
            }
        }
        return unique;
    }

    /// <summary>
    /// Calls columns without a name by their number, counted from 1; if another column is called so, by the next free name.
    /// </summary>
    /// <param name="given">The names, each once except for empty ones.</param>
    /// <param name="notices">Receives a sentence about each column without a name.</param>
    public static string[] Complete(IReadOnlyList<string> given, List<string> notices)
    {
        var seen = new HashSet<string>(given, StringComparer.Ordinal);
        var named = new string[given.Count];
        for (int c = 0; c < named.Length; c++)
        {
            named[c] = given[c];
            for (int copy = 1; named[c].Length == 0; copy++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{c + 1}{(copy == 1 ? "" : $" ({copy})")}");
                if (seen.Add(name))
                {
                    named[c] = name;
                    notices.Add($"Column {c + 1} has no name: it is called {TableException.Quote(name)} here.");
                }
            }
        }
        return named;
    }
}
