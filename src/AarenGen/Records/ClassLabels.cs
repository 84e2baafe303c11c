using System.Globalization;

namespace AarenGen;

/// <summary>The labels of classes, and their numbers. Immutable.</summary>
internal sealed class ClassLabels<TLabel> where TLabel : notnull
{
    private readonly Dictionary<TLabel, int> numbers = [];

    public ClassLabels(IReadOnlyList<TLabel> labels)
    {
        Values = labels;
        Names = [.. labels.Select(static l => Convert.ToString(l, CultureInfo.InvariantCulture)!)];
        for (int i = 0; i < labels.Count; i++)
        {
            numbers.Add(labels[i], i);
        }
    }

    public IReadOnlyList<TLabel> Values { get; }

    public IReadOnlyList<string> Names { get; }

    /// <summary>The class of a label.</summary>
    /// <exception cref="ArgumentException">There is no such label.</exception>
    public int IndexOf(TLabel label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return numbers.TryGetValue(label, out int number) ? number : throw new ArgumentException(
            string.Create(CultureInfo.InvariantCulture, $"'{label}' is none of the model's {Values.Count} labels."), nameof(label));
    }
}
