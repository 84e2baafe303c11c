using System.Text.RegularExpressions;
using AarenGen.Tests;
using Xunit.Abstractions;

namespace AarenGen.Package.Tests;

/// <summary>docs/getting-started.md, followed by somebody who copies each file and runs each command.</summary>
[Collection(PackageCollection.Name)]
public sealed partial class GettingStartedTests(PackedPackages packed, ITestOutputHelper log) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-start").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [NativeFact]
    public void The_page_works_as_it_is_written()
    {
        packed.WriteSource(folder);
        var outputs = new List<(string Command, string Output)>();
        foreach (Match block in Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "getting-started.md"))))
        {
            string text = block.Groups["text"].Value;
            if (block.Groups["language"].Value == "csharp")
            {
                File.WriteAllText(Path.Combine(folder, block.Groups["file"].Value), text);
                continue;
            }
            foreach (string command in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                outputs.Add((command, Programs.Run(folder, "bash", $"-c \"{command}\"")));
                log.WriteLine($"$ {command}\n{outputs[^1].Output}");
            }
        }
        string[] runs =
        [
            .. outputs.Where(static o => o.Command.StartsWith("dotnet run -c", StringComparison.Ordinal)).Select(static o => o.Output),
        ];
        Assert.Equal(3, runs.Length);
        Assert.Contains("Beside simple forecasts", runs[0], StringComparison.Ordinal);
        Assert.Matches(@"^2026-\d\d-\d\d: noon \d+\.\d kW", runs[1].Split('\n')[^2]);
        Assert.Equal("", runs[2]);
        (string last, string native) = outputs[^1];
        Assert.Equal("app/Loads", last);
        Assert.Equal(runs[1], native);
    }

    [GeneratedRegex(@"^```(?<language>csharp|sh)(?: (?<file>\S+))?\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
