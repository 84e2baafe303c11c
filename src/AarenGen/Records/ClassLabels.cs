using System.ComponentModel;
using System.Globalization;

namespace AarenGen;

/// <summary>The labels of classes, and their numbers. Immutable. Called by generated code.</summary>
/// <typeparam name="TLabel">The type of labels.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ClassLabels<TLabel> where TLabel : notnull
{
    private readonly Dictionary<TLabel, int> numbers = [];

    /// <summary>Numbers labels.</summary>
    /// <param name="labels">Each once.</param>
    /// <exception cref="ArgumentException">One is there twice.</exception>
    public ClassLabels(IReadOnlyList<TLabel> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        Values = labels;
        Names = [.. labels.Select(static l => Convert.ToString(l, CultureInfo.InvariantCulture)!)];
        for (int i = 0; i < labels.Count; i++)
        {
            numbers.Add(labels[i], i);
        }
    }

    /// <summary>The label of each class.</summary>
    public IReadOnlyList<TLabel> Values { get; }

    /// <summary>Their names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The class of a label.</summary>
    /// <param name="label">The label.</param>
    /// <exception cref="ArgumentNullException"><paramref name="label"/> is null.</exception>
    /// <exception cref="ArgumentException">There is no such label.</exception>
    public int IndexOf(TLabel label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return numbers.TryGetValue(label, out int number) ? number : throw new ArgumentException(
            string.Create(CultureInfo.InvariantCulture, $"'{label}' is none of the model's {Values.Count} labels."), nameof(label));
    }
}
