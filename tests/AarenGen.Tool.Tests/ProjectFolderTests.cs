using AarenGen.Tool.Projects;

namespace AarenGen.Tool.Tests;

public class ProjectFolderTests : TemporaryFolder
{
    private static readonly Dictionary<string, string> Files = new()
    {
        ["Own.csproj"] = "<Project/>", ["Live.cs"] = "class Live;", ["Program.cs"] = "class Program;",
    };

    [Fact]
    public void A_project_is_built_again_when_any_of_its_sources_changes()
    {
        ProjectFolder project = ProjectFolder.Write(At("above/own"), Files, force: false);
        var seen = new List<string> { project.HashSources() };
        Directory.CreateDirectory(At("above/own/Model"));
        File.Move(At("above/own/Program.cs"), At("above/own/Model/Program.cs"));
        See();
        File.WriteAllText(At("above/own/Model/Program.cs"), "class Other;");
        See();
        // A file as old as before the build.
        File.SetLastWriteTimeUtc(Write("above/own/Old.cs", ""), DateTime.UnixEpoch);
        See();
        Write("above/own/nuget.config", "<configuration/>");
        See();
        Write("above/Directory.Build.props", "<Project/>");
        See();
        File.Delete(At("above/own/Model/Program.cs"));
        See();

        // What is written beside the sources, and what a build makes, changes nothing.
        Directory.CreateDirectory(At("above/own/obj/Release"));
        Directory.CreateDirectory(At("above/own/bin"));
        foreach (string name in (string[])["obj/Release/Made.cs", "bin/Made.cs", "model.safetensors", "rows.csv", "streams.state"])
        {
            Write($"above/own/{name}", "x");
        }
        Assert.Equal(seen[^1], project.HashSources());
        // Nor does a copy, whose files are newer.
        File.SetLastWriteTimeUtc(At("above/own/Live.cs"), DateTime.UtcNow.AddDays(1));
        Assert.Equal(seen[^1], ProjectFolder.Open(At("above/own/")).HashSources());

        void See()
        {
            seen.Add(project.HashSources());
            Assert.Equal(seen.Count, seen.Distinct().Count());
        }
    }
}
