using System.Globalization;
using AarenGen.Memory;
using AarenGen.Serialization;

namespace AarenGen.Training;

/// <summary>The progress of a training: all that resuming needs, except its tensors.</summary>
internal sealed class Checkpoint
{
    private const string Format = "2";

    /// <summary>Batches taken.</summary>
    public long Step { get; set; }

    /// <summary>Batches that changed the weights: those with any target that is there, of a weight above 0.</summary>
    public long Updates { get; set; }

    /// <summary>Sum and number of the batches' losses in the epoch under way.</summary>
    public double LossSum { get; set; }

    public long LossCount { get; set; }

    public int BestEpoch { get; set; }

    public List<EpochReport> Epochs { get; } = [];

    /// <summary>The states with which the sequences of a batch go on into their next chunk; empty between batches.</summary>
    public double[] States { get; set; } = [];

    /// <summary>The statistics with which the training began; null for a model that standardises nothing.</summary>
    public StandardizationStatistics? Statistics { get; set; }

    /// <summary>Finds before a training what would keep its checkpoints from being written.</summary>
    /// <exception cref="IOException">No file can be written there.</exception>
    public static void CheckWritable(string path) => AtomicFile.CheckWritable(path, "a checkpoint");

    public void Write(
        string path, ModelDescription description, IReadOnlyList<(string, AlignedBuffer)> sets, TrainingSignature signature)
    {
        var metadata = new Dictionary<string, string>
        {
            [ModelFile.CheckpointMark] = Format,
            ["step"] = Text(Step),
            ["updates"] = Text(Updates),
            ["loss sum"] = Text(LossSum),
            ["loss count"] = Text(LossCount),
            ["best epoch"] = Text(BestEpoch),
            ["training losses"] = string.Join(' ', Epochs.Select(static e => Text(e.TrainingLoss))),
            ["validation losses"] = string.Join(' ', Epochs.Select(static e => e.ValidationLoss is { } loss ? Text(loss) : "-")),
        };
        signature.AddTo(metadata);
        ModelFile.WriteSets(path, description, sets, metadata, States, Statistics);
    }

    /// <param name="path">The file.</param>
    /// <param name="description">The model.</param>
    /// <param name="sets">Written only when all of the file fits.</param>
    /// <param name="signature">The training to resume.</param>
    /// <param name="order">Its steps; moved to the one after the checkpoint.</param>
    /// <param name="stateDoubles">Doubles of the state of a sequence that goes on.</param>
    /// <exception cref="ModelFileException">The file is damaged, no checkpoint, or one of another training.</exception>
    public static Checkpoint Read(
        string path, ModelDescription description, IReadOnlyList<(string, AlignedBuffer)> sets, TrainingSignature signature,
        StepOrder order, int stateDoubles)
    {
        // Into separate buffers first: a file that does not fit must not change the model.
        (string Prefix, AlignedBuffer Weights)[] read = [.. sets.Select(static s => (s.Item1, new AlignedBuffer(s.Item2.Length)))];
        (IReadOnlyDictionary<string, string> metadata, double[] states, StandardizationStatistics? statistics) =
            ModelFile.ReadSets(path, description, read);
        if (metadata.GetValueOrDefault(ModelFile.CheckpointMark) != Format)
        {
            throw new ModelFileException($"{path} is no checkpoint of this version; train anew without Resume.");
        }
        IReadOnlyList<string> differences = signature.Differences(metadata);
        if (differences.Count > 0)
        {
            throw new ModelFileException(
                $"{path} belongs to another training; give the same data and options, or train anew without Resume. What differs:\n  "
                + string.Join("\n  ", differences));
        }
        Checkpoint result;
        try
        {
            result = Parse(metadata);
        }
        catch (Exception e) when (e is KeyNotFoundException or FormatException or OverflowException)
        {
            throw new ModelFileException($"{path} is damaged: {e.Message} Use an older copy, or train anew without Resume.", e);
        }
        result.States = states;
        result.Statistics = statistics;
        if (!result.IsConsistent(order, stateDoubles))
        {
            throw new ModelFileException(
                $"{path} is damaged: its numbers of steps and epochs contradict each other. Use an older copy, or train anew without "
                    + "Resume.");
        }
        foreach (((string, AlignedBuffer) target, (string, AlignedBuffer) source) in sets.Zip(read))
        {
            source.Item2.Span.CopyTo(target.Item2.Span);
        }
        return result;
    }

    private static Checkpoint Parse(IReadOnlyDictionary<string, string> metadata)
    {
        var result = new Checkpoint
        {
            Step = Integer(metadata["step"]),
            Updates = Integer(metadata["updates"]),
            LossSum = Number(metadata["loss sum"]),
            LossCount = Integer(metadata["loss count"]),
            BestEpoch = checked((int)Integer(metadata["best epoch"])),
        };
        string[] losses = metadata["training losses"].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] validations = metadata["validation losses"].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (losses.Length != validations.Length)
        {
            throw new FormatException("It has not as many validation losses as training losses.");
        }
        result.Epochs.AddRange(losses.Zip(validations, static (l, v) => new EpochReport(Number(l), v == "-" ? null : Number(v))));
        return result;
    }

    private bool IsConsistent(StepOrder order, int stateDoubles)
    {
        long stepInEpoch = Step - order.StepsBefore(Epochs.Count);
        return order.TryMoveTo(Epochs.Count, stepInEpoch) && Updates >= 0 && Updates <= Step && LossCount >= 0 && LossCount <= stepInEpoch
            && BestEpoch >= 0 && BestEpoch <= Epochs.Count && (BestEpoch == 0) == (Epochs.Count == 0)
            && States.Length == (order.Chunk == 0 ? 0 : order.Sequences.Length * stateDoubles);
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static long Integer(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
