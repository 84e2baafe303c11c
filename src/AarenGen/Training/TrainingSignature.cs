using System.Globalization;
using static System.FormattableString;

namespace AarenGen.Training;

/// <summary>
/// Everything except the initial weights that decides the result of a training: the model's declaration, options and data. A checkpoint
/// stores it, and only the same training resumes from it. Options that affect only rounding, speed or the end are not part of it: the
/// device, threads, checkpoints, and the number of epochs and patience, so that a finished training can be extended.
/// </summary>
internal sealed class TrainingSignature
{
    private const string DeclarationKey = "declaration", OptionPrefix = "option ";
    private const string TrainingPrefix = "training data ", ValidationPrefix = "validation data ";
    private const string None = "none", CarryStateKey = OptionPrefix + nameof(TrainingOptions.CarryState);

    private readonly Dictionary<string, string> entries = [];

    /// <param name="description">The model.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="batchSize">Sequences a step: those of the options, or all where there are fewer.</param>
    /// <param name="train">The sequences to learn from.</param>
    /// <param name="validation">The sequences to validate with; null: none.</param>
    public TrainingSignature(ModelDescription description, TrainingOptions options, int batchSize, DataDigest train, DataDigest? validation)
    {
        entries[DeclarationKey] = description.Fingerprint;
        AddOption(nameof(options.BatchSize), batchSize);
        AddOption(nameof(options.CarryState), options.CarryState);
        AddOption(nameof(options.LearningRate), options.LearningRate);
        AddOption(nameof(options.FinalLearningRateFraction), options.FinalLearningRateFraction);
        AddOption(nameof(options.WarmupSteps), options.WarmupSteps);
        AddOption(nameof(options.WeightDecay), options.WeightDecay);
        AddOption(nameof(options.Beta1), options.Beta1);
        AddOption(nameof(options.Beta2), options.Beta2);
        AddOption(nameof(options.Epsilon), options.Epsilon);
        AddOption(nameof(options.ClipNorm), options.ClipNorm);
        AddOption(nameof(options.Seed), options.Seed);
        AddData(TrainingPrefix, train);
        AddData(ValidationPrefix, validation);
    }

    public void AddTo(Dictionary<string, string> metadata)
    {
        foreach ((string key, string value) in entries)
        {
            metadata[key] = value;
        }
    }

    /// <summary>What a checkpoint's metadata say of another training, a line each.</summary>
    public IReadOnlyList<string> Differences(IReadOnlyDictionary<string, string> metadata)
    {
        var lines = new List<string>();
        if (Differs(DeclarationKey))
        {
            lines.Add("the model's declaration");
        }
        foreach (string key in entries.Keys.Where(k => k.StartsWith(OptionPrefix, StringComparison.Ordinal) && Differs(k)))
        {
            if (key == OptionPrefix + nameof(TrainingOptions.BatchSize) && Differs(TrainingPrefix + "sequences"))
            {
                // It follows from the number of sequences where that is smaller.
                continue;
            }
            lines.Add($"options: {key[OptionPrefix.Length..]} was {Before(key)}, and is now {entries[key]}");
        }
        foreach (string prefix in (string[])[TrainingPrefix, ValidationPrefix])
        {
            string name = prefix.TrimEnd();
            if (Differs(prefix + "sequences"))
            {
                lines.Add(
                    $"{name}: the number of sequences was {Before(prefix + "sequences")}, and is now {entries[prefix + "sequences"]}");
                continue;
            }
            string[] parts = [.. ((string[])["lengths", "series", "tokens", "weights", "targets"]).Where(part => Differs(prefix + part))];
            if (parts.Length > 0)
            {
                lines.Add($"{name}: other {string.Join(", ", parts)}");
            }
        }
        return lines;

        // Files from before CarryState lack it.
        bool Differs(string key) =>
            entries.GetValueOrDefault(key) != metadata.GetValueOrDefault(key, key == CarryStateKey ? None : null!);

        string Before(string key) => metadata.GetValueOrDefault(key, "not told");
    }

    private void AddOption(string name, IFormattable? value) =>
        entries[OptionPrefix + name] = value?.ToString(value is double ? "R" : null, CultureInfo.InvariantCulture) ?? None;

    private void AddData(string prefix, DataDigest? digest)
    {
        entries[prefix + "sequences"] = digest is null ? None : Invariant($"{digest.Sequences}");
        if (digest is not null)
        {
            entries[prefix + "lengths"] = digest.Lengths;
            if (digest.Series is { } series)
            {
                entries[prefix + "series"] = series;
            }
            entries[prefix + "tokens"] = digest.Tokens;
            entries[prefix + "weights"] = digest.Weights;
            entries[prefix + "targets"] = digest.Targets;
        }
    }
}
