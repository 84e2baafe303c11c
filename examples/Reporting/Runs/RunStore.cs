using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Reporting;

/// <summary>
/// Finished runs in a folder, one file each, so that an interrupted experiment makes only the missing ones. A run is reused only for the
/// same content of its data, the same options and the same program.
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

    /// <summary>The finished run of a plan; null if there is none or its file is damaged.</summary>
    public RunResult? Find(PlannedRun run)
    {
        string path = PathOf(run.Key, run.Options, ProgramVersion.Current);
        return File.Exists(path) && Read(path) is { } result && result.Key == run.Key && result.Version == VersionOf(run) ? result : null;
    }

    /// <summary>
    /// The finished runs of a report, by their files' names. Seeds are averaged, so of a model in a setting only runs with the
    /// same options and program count: those of the plan if it has the model, otherwise those of the latest run.
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

    /// <summary>Saves a run.</summary>
    public void Add(RunResult result) =>
        WholeFile.WriteText(PathOf(result.Key, result.Version.Options, result.Version.Program), JsonSerializer.Serialize(result, Json));

    /// <summary>Writes runs as one JSON text.</summary>
    public static string ToJson(IEnumerable<RunResult> results) => JsonSerializer.Serialize(results, Json);

    private static RunVersion VersionOf(PlannedRun run) => new(run.Options, ProgramVersion.Current);

    /// <summary>Reads a run's file; null if it is damaged, or if an older program wrote it without the run's identity.</summary>
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
