using System.Globalization;

namespace Experiments;

/// <summary>Counts of true and predicted classes, and the scores that follow from them.</summary>
/// <param name="classes">Number of classes, at least 1.</param>
internal sealed class ConfusionMatrix(int classes)
{
    private readonly long[] counts = new long[classes >= 1 ? classes * classes
        : throw new ArgumentOutOfRangeException(nameof(classes), classes, "At least one class is needed.")];

    /// <summary>Number of classes.</summary>
    public int Classes => classes;

    /// <summary>Number of scored cases.</summary>
    public long Count => counts.Sum();

    /// <summary>Number of cases of the class <paramref name="truth"/> that were predicted as <paramref name="predicted"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A class lies outside 0 to Classes - 1.</exception>
    public long this[int truth, int predicted] => counts[Index(truth, predicted)];

    /// <summary>The fraction of cases predicted correctly; NaN before the first case.</summary>
    public double Accuracy => Enumerable.Range(0, classes).Sum(c => this[c, c]) / (double)Count;

    /// <summary>
    /// The mean over classes of F1 = 2 TP / (2 TP + FP + FN). Classes that neither occur nor are predicted are left out, as
    /// scikit-learn's f1_score(average="macro") does; NaN before the first case.
    /// </summary>
    public double MacroF1
    {
        get
        {
            double sum = 0;
            int seen = 0;
            for (int c = 0; c < classes; c++)
            {
                // Row and column of a class hold TP + FN and TP + FP.
                long either = Enumerable.Range(0, classes).Sum(other => this[c, other] + this[other, c]);
                if (either > 0)
                {
                    sum += 2.0 * this[c, c] / either;
                    seen++;
                }
            }
            return sum / seen;
        }
    }

    /// <summary>Scores a case.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A class lies outside 0 to Classes - 1.</exception>
    public void Add(int truth, int predicted) => counts[Index(truth, predicted)]++;

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
