using System.Diagnostics;

namespace AarenGen.Onnx.Tests;

/// <summary>Skipped where Python has no module onnx.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxFactAttribute : FactAttribute
{
    public OnnxFactAttribute() => Skip = Python.Missing;
}

/// <summary>Debian's Python, which has Debian's packages.</summary>
internal static class Python
{
    private const string Interpreter = "/usr/bin/python3";

    /// <summary>Why tests with ONNX's own checker are skipped; null where it can be used.</summary>
    public static string? Missing { get; } = MissingIn(Interpreter);

    /// <summary>The same for a program by this name.</summary>
    public static string? MissingIn(string interpreter) => File.Exists(interpreter) && Run("import onnx", interpreter).ExitCode == 0
        ? null : "ONNX for Python is needed (Debian: python3-onnx); see CONTRIBUTING.md.";

    /// <summary>Runs a program, and returns what it printed.</summary>
    public static (int ExitCode, string Output) Run(string program, string interpreter = Interpreter, string argument = "")
    {
        var start = new ProcessStartInfo(interpreter, ["-c", program, argument])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}

/// <summary>ONNX's own checker accepts the graphs of every test model, shapes and types included.</summary>
public sealed class CheckerTests
{
    private const string Program = """
        import glob, os, sys, onnx
        files = sorted(glob.glob(os.path.join(sys.argv[1], '*.onnx')))
        for file in files:
            try:
                model = onnx.load(file)
                onnx.checker.check_model(model)
                onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
                assert model.ir_version == 8 and [o.version for o in model.opset_import] == [17]
            except Exception as e:
                print(os.path.basename(file), e)
        print(len(files), 'files')
        """;

    [OnnxFact]
    public void The_checker_of_ONNX_accepts_all_graphs()
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-onnx-").FullName;
        try
        {
            foreach (ModelCase model in ModelCases.All)
            {
                model.Run(new Files(folder));
            }
            (int exitCode, string output) = Python.Run(Program, argument: folder);
            Assert.Equal($"{2 * ModelCases.All.Count} files\n", output);
            Assert.Equal(0, exitCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Where_Python_lacks_ONNX_the_reason_names_the_package() =>
        Assert.Contains("python3-onnx", Python.MissingIn("/nowhere/python3"), StringComparison.Ordinal);

    private sealed class Files(string folder) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TModel model = SequenceModel<TModel>.Create(1);
            Comparison.UseStatistics(model);
            model.ExportOnnx(Path.Combine(folder, typeof(TModel).Name + ".step.onnx"), OnnxGraph.Step);
            model.ExportOnnx(Path.Combine(folder, typeof(TModel).Name + ".sequence.onnx"), OnnxGraph.Sequence);
        }
    }
}
