using System.Text;

namespace AarenGen;

/// <summary>How well a model classified sequences whose labels are known.</summary>
/// <param name="Labels">The names of the labels, in the order of the confusion matrix.</param>
/// <param name="Confusion">True labels against predicted ones.</param>
/// <param name="LogLoss">The mean of −log of the probability that was given to the true label, in nats; the less, the better.</param>
/// <param name="Unlabelled">Sequences without a label, which are left out.</param>
public sealed record ClassificationScores(IReadOnlyList<string> Labels, ConfusionMatrix Confusion, double LogLoss, int Unlabelled)
{
    private const int MaxRows = 20;

    /// <summary>The scored sequences.</summary>
    public long Count => Confusion.Count;

    /// <summary>The fraction of sequences that were given their label.</summary>
    public double Accuracy => Confusion.Accuracy;

    /// <summary>The mean over labels of F1; see <see cref="ConfusionMatrix.MacroF1"/>.</summary>
    public double MacroF1 => Confusion.MacroF1;

    /// <summary>
    /// The accuracy of always naming the most frequent label of these sequences, which no rule without the records can exceed: what a model
    /// must surpass.
    /// </summary>
    public double MajorityAccuracy => Enumerable.Range(0, Confusion.Classes).Max(Support) / (double)Count;

    /// <summary>Accuracy, macro F1, and of each label its sequences, precision, recall and what it was most often taken for.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(FormattableString.Invariant(
            $"{Count} sequences: accuracy {100 * Accuracy:F1} % (most frequent label: {100 * MajorityAccuracy:F1} %), "));
        text.Append(FormattableString.Invariant($"macro F1 {MacroF1:F3}, log-loss {LogLoss:F3}"));
        if (Unlabelled > 0)
        {
            text.Append(FormattableString.Invariant($"; {Unlabelled} without a label left out"));
        }
        int width = Labels.Max(static l => l.Length);
        foreach (int label in Enumerable.Range(0, Confusion.Classes).Where(l => Support(l) > 0).Take(MaxRows))
        {
            int mistake = Enumerable.Range(0, Confusion.Classes).Where(p => p != label).DefaultIfEmpty(label)
                .MaxBy(p => Confusion[label, p]);
            text.Append('\n').Append(Labels[label].PadRight(width)).Append(FormattableString.Invariant(
                $"  {Support(label),6}  precision {Confusion.Precision(label):F3}  recall {Confusion.Recall(label):F3}"));
            if (mistake != label && Confusion[label, mistake] > 0)
            {
                text.Append(FormattableString.Invariant($"  {Confusion[label, mistake]} taken for {Labels[mistake]}"));
            }
        }
        int hidden = Enumerable.Range(0, Confusion.Classes).Count(l => Support(l) > 0) - MaxRows;
        return hidden > 0 ? text.Append(FormattableString.Invariant($"\nand {hidden} more labels")).ToString() : text.ToString();
    }

    private long Support(int label) => Enumerable.Range(0, Confusion.Classes).Sum(p => Confusion[label, p]);
}
