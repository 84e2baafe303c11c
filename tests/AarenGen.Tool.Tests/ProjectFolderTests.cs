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

    [Fact]
    public void Files_of_another_project_are_not_overwritten()
    {
        Directory.CreateDirectory(At("user"));
        Write("user/App.csproj", "theirs");
        Write("user/Program.cs", "theirs");
        Tell("is no project that 'aarengen train' wrote", () => ProjectFolder.CheckEmpty(At("user"), force: true));
        Tell("is no project that 'aarengen train' wrote", () => ProjectFolder.Write(At("user"), Files, force: true));
        Write("user/Live.cs", "theirs");
        Tell("has App.csproj, but the project would be Own.csproj", () => ProjectFolder.Write(At("user"), Files, force: true));
        Assert.Equal(
            "App.csproj Live.cs Program.cs",
            string.Join(' ', Directory.GetFiles(At("user")).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
        Assert.All(Directory.GetFiles(At("user")), static f => Assert.Equal("theirs", File.ReadAllText(f)));

        // Its own files are, and those of a folder without a project.
        File.Move(At("user/App.csproj"), At("user/Own.csproj"));
        ProjectFolder.Write(At("user"), Files, force: true);
        Assert.Equal("<Project/>", File.ReadAllText(At("user/Own.csproj")));
        Directory.CreateDirectory(At("notes"));
        Write("notes/README.md", "");
        ProjectFolder.Write(At("notes"), Files, force: true);

        static void Tell(string expected, Action run) =>
            Assert.Contains(expected, Assert.Throws<UserException>(run).Message, StringComparison.Ordinal);
    }
}
