using System.Globalization;
using AarenGen.Memory;
using AarenGen.Serialization;

namespace AarenGen.Training;

/// <summary>Where a training stands, beside its tensors: all that going on needs.</summary>
internal sealed class Checkpoint
{
    private const string Format = "1";

    /// <summary>Batches taken.</summary>
    public long Step { get; set; }

    /// <summary>Batches that changed the weights: those with any token of weight above 0.</summary>
    public long Updates { get; set; }

    /// <summary>Sum and number of the batches' losses in the epoch under way.</summary>
    public double LossSum { get; set; }

    public long LossCount { get; set; }

    public int BestEpoch { get; set; }

    public List<EpochReport> Epochs { get; } = [];

    public void Write(
        string path, ModelDescription description, IReadOnlyList<(string, AlignedBuffer)> sets, Dictionary<string, string> signature)
    {
        var metadata = new Dictionary<string, string>(signature)
        {
            ["checkpoint"] = Format,
            ["step"] = Text(Step),
            ["updates"] = Text(Updates),
            ["loss sum"] = Text(LossSum),
            ["loss count"] = Text(LossCount),
            ["best epoch"] = Text(BestEpoch),
            ["training losses"] = string.Join(' ', Epochs.Select(static e => Text(e.TrainingLoss))),
            ["validation losses"] = string.Join(' ', Epochs.Select(static e => e.ValidationLoss is { } loss ? Text(loss) : "-")),
        };
        ModelFile.WriteSets(path, description, sets, metadata);
    }

    public static Checkpoint Read(
        string path, ModelDescription description, IReadOnlyList<(string, AlignedBuffer)> sets, Dictionary<string, string> signature)
    {
        // Into buffers of its own first: a file that does not fit must not change the model.
        (string Prefix, AlignedBuffer Weights)[] read = [.. sets.Select(static s => (s.Item1, new AlignedBuffer(s.Item2.Length)))];
        IReadOnlyDictionary<string, string> metadata = ModelFile.ReadSets(path, description, read);
        if (metadata.GetValueOrDefault("checkpoint") != Format)
        {
            throw new ModelFileException($"{path} is no checkpoint of this version; train anew without Resume.");
        }
        string[] differences = [.. signature
            .Where(s => metadata.GetValueOrDefault(s.Key) != s.Value)
            .Select(s => $"{s.Key}: the checkpoint has {metadata.GetValueOrDefault(s.Key)}, this training {s.Value}")];
        if (differences.Length > 0)
        {
            throw new ModelFileException(
                $"{path} belongs to another training; use the same settings, or train anew without Resume:\n  {string.Join("\n  ", differences)}");
        }
        var result = new Checkpoint
        {
            Step = long.Parse(metadata["step"], CultureInfo.InvariantCulture),
            Updates = long.Parse(metadata["updates"], CultureInfo.InvariantCulture),
            LossSum = Number(metadata["loss sum"]),
            LossCount = long.Parse(metadata["loss count"], CultureInfo.InvariantCulture),
            BestEpoch = int.Parse(metadata["best epoch"], CultureInfo.InvariantCulture),
        };
        string[] losses = metadata["training losses"].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] validations = metadata["validation losses"].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        result.Epochs.AddRange(losses.Zip(validations, static (l, v) => new EpochReport(Number(l), v == "-" ? null : Number(v))));
        foreach (((string, AlignedBuffer) target, (string, AlignedBuffer) source) in sets.Zip(read))
        {
            source.Item2.Span.CopyTo(target.Item2.Span);
        }
        return result;
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
