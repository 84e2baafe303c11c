using System.Globalization;

namespace AarenGen;

/// <summary>
/// Counts of true and predicted classes, and the scores that follow from them. Not thread-safe; give each thread its own and
/// <see cref="Merge"/> them.
/// </summary>
/// <remarks>
/// With TP, FP and FN, the true positives, false positives and false negatives of a class: precision TP / (TP + FP),
/// recall TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN), their harmonic mean. Source: van Rijsbergen, Information Retrieval, 1979.
/// </remarks>
/// <param name="classes">Number of classes, 1 to 46,340.</param>
public sealed class ConfusionMatrix(int classes)
{
    /// <summary>The largest number whose square is an int.</summary>
    private const int MaxClasses = 46_340;

    private readonly long[] counts = new long[classes is >= 1 and <= MaxClasses ? classes * classes
        : throw new ArgumentOutOfRangeException(nameof(classes), classes, "The number of classes must be from 1 to 46340.")];

    /// <summary>Number of classes.</summary>
    public int Classes => classes;

    /// <summary>Number of scored cases.</summary>
    public long Count { get; private set; }

    /// <summary>Number of cases of the class <paramref name="truth"/> that were predicted as <paramref name="predicted"/>.</summary>
    /// <param name="truth">The true class, from 0.</param>
    /// <param name="predicted">The predicted class, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A class lies outside 0 to Classes - 1.</exception>
    public long this[int truth, int predicted] => counts[Index(truth, predicted)];

    /// <summary>The fraction of cases predicted correctly; NaN before the first case.</summary>
    public double Accuracy
    {
        get
        {
            long hits = 0;
            for (int c = 0; c < classes; c++)
            {
                hits += counts[c * classes + c];
            }
            return hits / (double)Count;
        }
    }

    /// <summary>
    /// The mean over classes of <see cref="F1"/>. Classes that neither occur nor are predicted are left out, as scikit-learn's
    /// f1_score(average="macro") does; NaN before the first case.
    /// </summary>
    public double MacroF1
    {
        get
        {
            double sum = 0;
            int seen = 0;
            for (int c = 0; c < classes; c++)
            {
                double value = F1(c);
                if (!double.IsNaN(value))
                {
                    sum += value;
                    seen++;
                }
            }
            return sum / seen;
        }
    }

    /// <summary>The fraction of the cases predicted as a class that are of it; NaN where none was predicted.</summary>
    /// <param name="category">The class, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The class lies outside 0 to Classes - 1.</exception>
    public double Precision(int category) => this[category, category] / (double)Predicted(category);

    /// <summary>The fraction of the cases of a class that were predicted as it; NaN where there is none.</summary>
    /// <param name="category">The class, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The class lies outside 0 to Classes - 1.</exception>
    public double Recall(int category) => this[category, category] / (double)Occurring(category);

    /// <summary>2 TP / (2 TP + FP + FN); NaN for a class that neither occurs nor is predicted.</summary>
    /// <param name="category">The class, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The class lies outside 0 to Classes - 1.</exception>
    public double F1(int category) => 2.0 * this[category, category] / (Predicted(category) + Occurring(category));

    /// <summary>Scores a case.</summary>
    /// <param name="truth">The true class, from 0.</param>
    /// <param name="predicted">The predicted class, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A class lies outside 0 to Classes - 1.</exception>
    public void Add(int truth, int predicted)
    {
        counts[Index(truth, predicted)]++;
        Count++;
    }

    /// <summary>Adds what another one counted.</summary>
    /// <param name="other">It stays as it is.</param>
    /// <exception cref="ArgumentException">It has another number of classes.</exception>
    public void Merge(ConfusionMatrix other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Classes != classes)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The other matrix has {other.Classes} classes, this one {classes}."), nameof(other));
        }
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] += other.counts[i];
        }
        Count += other.Count;
    }

    private long Predicted(int category)
    {
        long sum = 0;
        for (int truth = 0; truth < classes; truth++)
        {
            sum += counts[truth * classes + category];
        }
        return sum;
    }

    private long Occurring(int category)
    {
        long sum = 0;
        for (int predicted = 0; predicted < classes; predicted++)
        {
            sum += counts[category * classes + predicted];
        }
        return sum;
    }

    private int Index(int truth, int predicted)
    {
        foreach (int label in (ReadOnlySpan<int>)[truth, predicted])
        {
            if (label < 0 || label >= classes)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(truth), label, string.Create(CultureInfo.InvariantCulture, $"Classes are numbered 0 to {classes - 1}."));
            }
        }
        return truth * classes + predicted;
    }
}
