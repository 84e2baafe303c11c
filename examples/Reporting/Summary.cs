namespace Reporting;

/// <summary>A score over the seeds of a model.</summary>
/// <param name="Name">The score's name.</param>
/// <param name="Mean">Mean over seeds.</param>
/// <param name="Deviation">Sample standard deviation over seeds; null for a single run.</param>
/// <param name="IsBest">Whether no model's mean in the group is better.</param>
internal sealed record ScoreSummary(string Name, double Mean, double? Deviation, bool IsBest);

/// <summary>A model's runs in a setting.</summary>
/// <param name="Model">The mixer or baseline.</param>
/// <param name="Runs">Its runs, by seed.</param>
/// <param name="Scores">Its scores.</param>
/// <param name="Seconds">Mean training time; null for a baseline.</param>
internal sealed record ModelSummary(string Model, IReadOnlyList<RunResult> Runs, IReadOnlyList<ScoreSummary> Scores, double? Seconds)
{
    /// <summary>How it was trained, in its first run; null for a baseline.</summary>
    public Training? Training => Runs[0].Training;
}

/// <summary>All models of a setting.</summary>
/// <param name="Task">The task.</param>
/// <param name="Title">The data and the setting, with the beginning of the data's digest if other data have the same name.</param>
/// <param name="Models">The models.</param>
internal sealed record Group(string Task, string Title, IReadOnlyList<ModelSummary> Models);

/// <summary>Runs grouped by setting and model.</summary>
internal static class Summary
{
    /// <summary>The groups in the order of task, data set and setting (numbers in it by their value); trained models first.</summary>
    public static IReadOnlyList<Group> Of(IReadOnlyList<RunResult> results)
    {
        ILookup<(string, string), string> digests = results.Select(static r => (r.Key.Task, r.Key.Dataset)).Distinct()
            .ToLookup(static d => (d.Task, d.Dataset.Name), static d => d.Dataset.Digest);
        return
        [
            .. results.GroupBy(static r => (r.Key.Task, r.Key.Dataset, r.Key.Setting))
                .OrderBy(static g => g.Key.Task, StringComparer.Ordinal)
                .ThenBy(static g => g.Key.Dataset.Name, StringComparer.Ordinal)
                    .ThenBy(static g => g.Key.Dataset.Digest, StringComparer.Ordinal)
                .ThenBy(static g => g.Key.Setting.Length).ThenBy(static g => g.Key.Setting, StringComparer.Ordinal)
                .Select(g => new Group(g.Key.Task, $"{Name(g.Key.Task, g.Key.Dataset)}, {g.Key.Setting}", Models([.. g]))),
        ];

        string Name(string task, DataIdentity data) =>
            digests[(task, data.Name)].Count() > 1 ? $"{data.Name} (content {data.ShortDigest})" : data.Name;
    }

    /// <summary>The sample standard deviation; null for fewer than two values.</summary>
    public static double? Deviation(IReadOnlyList<double> values)
    {
        if (values.Count < 2)
        {
            return null;
        }
        double mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
    }

    private static List<ModelSummary> Models(IReadOnlyList<RunResult> runs)
    {
        var best = new Dictionary<string, double>(StringComparer.Ordinal);
        List<IGrouping<string, RunResult>> models =
            [.. runs.GroupBy(static r => r.Key.Model).OrderBy(static g => g.First().Training is null)
                .ThenBy(static g => g.Key, StringComparer.Ordinal)];
        foreach (IGrouping<string, RunResult> model in models)
        {
            foreach (Metric metric in model.First().Metrics)
            {
                double mean = Mean(model, metric.Name);
                bool isBetter = !best.TryGetValue(metric.Name, out double sofar) || (metric.HigherIsBetter ? mean > sofar : mean < sofar);
                best[metric.Name] = isBetter ? mean : sofar;
            }
        }
        return
        [
            .. models.Select(model => new ModelSummary(
                model.Key, [.. model.OrderBy(static r => r.Key.Seed)],
                [.. model.First().Metrics.Select(metric => new ScoreSummary(
                    metric.Name, Mean(model, metric.Name), Deviation([.. Values(model, metric.Name)]),
                    Mean(model, metric.Name) == best[metric.Name]))],
                model.First().Training is null ? null : model.Average(static r => r.Training!.Seconds))),
        ];
    }

    private static IEnumerable<double> Values(IEnumerable<RunResult> runs, string metric) =>
        runs.SelectMany(r => r.Metrics.Where(m => m.Name == metric)).Select(static m => m.Value);

    private static double Mean(IEnumerable<RunResult> runs, string metric) => Values(runs, metric).Average();
}
