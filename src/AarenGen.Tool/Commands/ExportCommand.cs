using System.CommandLine;
using AarenGen.Tool.Files;
using AarenGen.Tool.Projects;

namespace AarenGen.Tool.Commands;

/// <summary><c>aarengen export</c>: a trained model as an ONNX graph.</summary>
internal static class ExportCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> folder = new("folder") { Description = ProjectFolder.Description };
        Option<string> output = new("--output") { Description = "The file to write, such as model.onnx", Required = true };
        Option<string> graph = new("--graph")
        {
            Description = "step: a token of each stream, with its state; sequence: whole sequences",
            DefaultValueFactory = static _ => "step",
        };
        graph.AcceptOnlyFromAmong("step", "sequence");
        Option<bool> force = OutputFile.Force(), json = new("--json") { Description = "Write the result as JSON" };
        var command = new Command("export", "Writes a trained model as an ONNX graph, for ONNX Runtime and other programs.")
        {
            folder, output, graph, force, json,
        };
        command.Runs(async (parsed, stop) =>
        {
            string to = parsed.GetValue(output)!;
            var project = ProjectFolder.OpenTrained(parsed.GetValue(folder)!);
            OutputFile.Check(to, parsed.GetValue(force));
            await project.BuildAsync(stop);
            string[] options = parsed.GetValue(json) ? ["--json"] : [];
            return project.Run(["export", to, "--graph", parsed.GetValue(graph)!, .. options]);
        });
        return command;
    }
}
