using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Reporting;

/// <summary>Finished runs in a folder, a file each, so that an interrupted experiment goes on with what is missing.</summary>
internal sealed class RunStore
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly string folder;

    /// <summary>Opens or makes the folder.</summary>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public RunStore(string output)
    {
        folder = Path.Combine(output, "runs");
        Directory.CreateDirectory(folder);
    }

    /// <summary>The finished run of a key and options; null where there is none, or its file is damaged and has to be made again.</summary>
    public RunResult? Find(PlannedRun run)
    {
        string path = PathOf(run.Key, run.Options);
        return File.Exists(path) && Read(path) is { } result && result.Key == run.Key && result.Options == run.Options ? result : null;
    }

    /// <summary>
    /// The finished runs of a report, by their files' names. Of a model in a setting only those with one set of options, so that seeds can be
    /// averaged: the plan's where it has the model, else those of the run that was made last.
    /// </summary>
    public RunResult[] For(IReadOnlyList<PlannedRun> plan)
    {
        ILookup<RunKey, string> planned = plan.ToLookup(static p => p.Key with { Seed = 0 }, static p => p.Options);
        return
        [
            .. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read).OfType<RunResult>()
                .GroupBy(static r => r.Key with { Seed = 0 })
                .SelectMany(g => (planned[g.Key].FirstOrDefault() ?? g.MaxBy(static r => r.Provenance.Started)!.Options) is var options ? g.Where(r => r.Options == options) : []),
        ];
    }

    /// <summary>Keeps a run. The file appears whole or not at all.</summary>
    public void Add(RunResult result)
    {
        string path = PathOf(result.Key, result.Options), temporary = path + ".tmp";
        File.WriteAllText(temporary, JsonSerializer.Serialize(result, Json));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Writes runs as one JSON text.</summary>
    public static string ToJson(IEnumerable<RunResult> results) => JsonSerializer.Serialize(results, Json);

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

    private string PathOf(RunKey key, string options)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{key.Task} {key.Dataset} {key.Setting} {key.Model} {key.Seed}");
        string name = new([.. text.ToLowerInvariant().Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text + "\n" + options)))[..8];
        return Path.Combine(folder, $"{name}-{hash}.json");
    }
}
