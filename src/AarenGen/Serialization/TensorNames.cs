namespace AarenGen.Serialization;

/// <summary>Names of tensors in files of other writers, which may lead all of them by a prefix.</summary>
internal static class TensorNames
{
    /// <summary>The tensors by their names without a prefix; those that do not begin with it keep their names.</summary>
    /// <exception cref="ModelFileException">No name begins with the prefix, or one occurs with it and without it.</exception>
    public static Dictionary<string, TensorEntry> WithoutPrefix(Dictionary<string, TensorEntry> tensors, string prefix)
    {
        if (prefix.Length == 0)
        {
            return tensors;
        }
        var renamed = new Dictionary<string, TensorEntry>(tensors.Count, StringComparer.Ordinal);
        bool isThere = false;
        foreach ((string name, TensorEntry tensor) in tensors)
        {
            bool hasPrefix = name.StartsWith(prefix, StringComparison.Ordinal);
            isThere |= hasPrefix;
            string own = hasPrefix ? name[prefix.Length..] : name;
            if (!renamed.TryAdd(own, tensor))
            {
                throw new ModelFileException(
                    $"'{own}' occurs twice, with the prefix '{prefix}' and without it; remove one of the two from the file.");
            }
        }
        return isThere || tensors.Count == 0 ? renamed : throw new ModelFileException(
            $"no tensor's name begins with the prefix '{prefix}'; one is '{tensors.Keys.Order(StringComparer.Ordinal).First()}'.");
    }

    /// <summary>
    /// What a message about wrong names ends with, if some are right but for a prefix that all of them share; empty: nothing.
    /// </summary>
    public static string Suggestion(IReadOnlySet<string> expected, IEnumerable<string> names)
    {
        string[] unexpected = [.. names.Where(n => !expected.Contains(n))];
        if (unexpected.Length == 0)
        {
            return "";
        }
        (string? best, int most) = (null, 0);
        for (int dot = unexpected[0].IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = unexpected[0].IndexOf('.', dot + 1))
        {
            string prefix = unexpected[0][..(dot + 1)];
            int right = unexpected.All(n => n.StartsWith(prefix, StringComparison.Ordinal))
                ? unexpected.Count(n => expected.Contains(n[prefix.Length..])) : 0;
            if (right > most)
            {
                (best, most) = (prefix, right);
            }
        }
        return best is null ? ""
            : $"\nAll unexpected names begin with '{best}': load the file with new {nameof(WeightLoadOptions)} "
                + $"{{ {nameof(WeightLoadOptions.Prefix)} = \"{best}\" }}.";
    }
}
