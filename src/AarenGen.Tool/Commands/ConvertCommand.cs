using System.CommandLine;
using AarenGen.Tool.Files;
using AarenGen.Tool.Projects;

namespace AarenGen.Tool.Commands;

/// <summary><c>aarengen convert</c>: weights in another type, under other names, or as a file to embed.</summary>
internal static class ConvertCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> input = new("input") { Description = "A file of weights; with --compiled, the folder of a project" };
        Option<string> output = new("--output") { Description = "The file to write", Required = true };
        Option<string?> type = new("--type") { Description = "The type of the weights: float32, bfloat16 or float16" };
        type.AcceptOnlyFromAmong([.. WeightConversion.Types.Keys]);
        Option<string[]> rename = new("--rename")
        {
            Description = "FROM=TO: names of tensors that begin with FROM begin with TO instead, such as model.= for none",
        };
        Option<bool> compiled = new("--compiled") { Description = "Write a compiled model, which [Weights] embeds" };
        Option<string?> precision = new("--precision") { Description = "With --compiled: float32, bfloat16 or int8" };
        precision.AcceptOnlyFromAmong("float32", "bfloat16", "int8");
        Option<bool> force = OutputFile.Force();
        var command = new Command("convert", "Rewrites weights in another type, under other names, or as a compiled model.")
        {
            input, output, type, rename, compiled, precision, force,
        };
        command.Runs(async (parsed, stop) =>
        {
            string from = parsed.GetValue(input)!, to = parsed.GetValue(output)!;
            bool isForced = parsed.GetValue(force);
            if (parsed.GetValue(compiled))
            {
                if (parsed.GetValue(type) is not null || parsed.GetValue(rename) is { Length: > 0 })
                {
                    throw new UserException("--compiled goes with --precision alone; --type and --rename are of files.", ExitCodes.Usage);
                }
                if (File.Exists(from) && !ProjectFolder.IsProject(from))
                {
                    throw new UserException(
                        $"{from} is a file; only the class of a model knows the layout of a compiled one: name the folder of its project.");
                }
                var project = ProjectFolder.OpenTrained(from);
                OutputFile.Check(to, isForced);
                await project.BuildAsync(stop);
                return project.Run("compile", to, "--precision", parsed.GetValue(precision) switch
                {
                    "bfloat16" => "BFloat16", "int8" => "Int8", _ => "Float32",
                });
            }
            if (parsed.GetValue(precision) is not null)
            {
                throw new UserException("--precision goes with --compiled; --type is that of a file's weights.", ExitCodes.Usage);
            }
            (string, string)[] renames =
            [
                .. (parsed.GetValue(rename) ?? []).Select(static r => r.Split('=') is [{ Length: > 0 } left, var right] ? (left, right)
                    : throw new UserException($"--rename: '{r}' is not FROM=TO.", ExitCodes.Usage)),
            ];
            OutputFile.Check(to, isForced);
            WeightConversion.Run(from, to, parsed.GetValue(type) is { } name ? WeightConversion.Types[name] : null, renames);
            return ExitCodes.Done;
        });
        return command;
    }
}
