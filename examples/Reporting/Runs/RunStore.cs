using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Reporting;

/// <summary>
/// Finished runs in a folder, a file each, so that an interrupted experiment goes on with what is missing. A run is used again only for the
/// content of its data, all its options and the program that made it.
/// </summary>
internal sealed class RunStore
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private readonly string folder;

    /// <summary>Opens or makes the folder, and proves that it can be written.</summary>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public RunStore(string output)
    {
        OutputFolder.Prepare(output);
        folder = Path.Combine(output, "runs");
        OutputFolder.Prepare(folder);
    }

    /// <summary>The finished run of a plan; null where there is none, or its file is damaged and has to be made again.</summary>
    public RunResult? Find(PlannedRun run)
    {
        string path = PathOf(run.Key, run.Options, ProgramVersion.Current);
        return File.Exists(path) && Read(path) is { } result && result.Key == run.Key && result.Version == VersionOf(run) ? result : null;
    }

    /// <summary>
    /// The finished runs of a report, by their files' names. Of a model in a setting only those with one set of options and by one program,
    /// so that seeds can be averaged: the plan's where it has the model, else those of the run that was made last.
    /// </summary>
    public RunResult[] For(IReadOnlyList<PlannedRun> plan)
    {
        ILookup<RunKey, RunVersion> planned = plan.ToLookup(static p => p.Key with { Seed = 0 }, VersionOf);
        return
        [
            .. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read).OfType<RunResult>()
                .GroupBy(static r => r.Key with { Seed = 0 })
                .SelectMany(g => (planned[g.Key].FirstOrDefault() ?? g.MaxBy(static r => r.Provenance.Started)!.Version) is var version
                    ? g.Where(r => r.Version == version) : []),
        ];
    }

    /// <summary>Keeps a run.</summary>
    public void Add(RunResult result) =>
        WholeFile.WriteText(PathOf(result.Key, result.Version.Options, result.Version.Program), JsonSerializer.Serialize(result, Json));

    /// <summary>Writes runs as one JSON text.</summary>
    public static string ToJson(IEnumerable<RunResult> results) => JsonSerializer.Serialize(results, Json);

    private static RunVersion VersionOf(PlannedRun run) => new(run.Options, ProgramVersion.Current);

    /// <summary>A run's file; null of one that is damaged, or was written by a program that did not tell what a run belongs to.</summary>
    private static RunResult? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<RunResult>(File.ReadAllText(path), Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string PathOf(RunKey key, string options, string program)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{key.Task} {key.Dataset.Name} {key.Setting} {key.Model} {key.Seed}");
        string hash = Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', text, key.Dataset.Digest, options, program))))[..16];
        return Path.Combine(folder, $"{FileNames.Of(text)}-{hash}.json");
    }
}
