using System.Runtime.CompilerServices;
using System.Text;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace AarenGen.Tests;

/// <summary>
/// Compares text with a committed file. AARENGEN_UPDATE_SNAPSHOTS=1 rewrites the files; otherwise a missing or different one fails.
/// </summary>
internal static class Golden
{
    private static readonly bool Update = Environment.GetEnvironmentVariable("AARENGEN_UPDATE_SNAPSHOTS") == "1";

    public static void Matches(string actual, string fileName, [CallerFilePath] string caller = "")
    {
        string path = Path.Combine(Path.GetDirectoryName(caller)!, "Snapshots", fileName);
        if (Update)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }
        Assert.True(File.Exists(path), $"{path} is missing; run the tests with AARENGEN_UPDATE_SNAPSHOTS=1 and review it.");
        string expected = File.ReadAllText(path);
        if (expected == actual)
        {
            return;
        }
        var report = new StringBuilder(
            $"{fileName} differs (- expected, + actual); if that is meant, run with AARENGEN_UPDATE_SNAPSHOTS=1.\n");
        foreach (DiffPiece line in InlineDiffBuilder.Diff(expected, actual)
            .Lines.Where(static l => l.Type != ChangeType.Unchanged).Take(60))
        {
            report.Append(line.Type == ChangeType.Inserted ? "+ " : "- ").Append(line.Text).Append('\n');
        }
        Assert.Fail(report.ToString());
    }
}
