using System.Globalization;
using AarenGen.Tool.Projects;

namespace AarenGen.Tool.Tests;

/// <summary>Whatever is wrong is one line and an exit code.</summary>
[Collection(ProgramRun.Collection)]
public class MistakeTests : TemporaryFolder
{
    private const string Output = "--horizon 5 --output out", Options = "--target load " + Output;

    [Theory]
    [InlineData(1, "there is no such file", "train missing.csv")]
    [InlineData(1, "this is a folder", "train .")]
    [InlineData(1, "there is no column 'when' (--time)", "train good.csv --time when")]
    [InlineData(1, "there is no column 'who' (--key)", "train good.csv --key who")]
    [InlineData(1, "the file is empty", "train empty.csv")]
    [InlineData(1, "the table has no rows", "train header.csv")]
    [InlineData(1, "line 3002, column 'load'", "train late.csv")]
    [InlineData(1, "and the rows above do not tell; say --decimal-mark.", "train marks.csv")]
    [InlineData(1, "no column holds times", "train timeless.csv")]
    [InlineData(2, "is no grid of time", "train good.csv --every 1week")]
    [InlineData(2, "knows no zone 'Mars'", "train good.csv --time-zone Mars")]
    [InlineData(2, "there is no such folder", "train good.csv --source nowhere")]
    public void A_mistake_of_train_is_a_line(int code, string expected, string arguments) =>
        A_mistake_is_a_line(code, expected, $"{arguments} {Options}");

    [Theory]
    [InlineData(1, "did you mean 'load'?", "train good.csv --target laod " + Output)]
    [InlineData(1, "too short for a horizon of 34", "train good.csv --target load --horizon 34 --output out")]
    [InlineData(2, "--horizon is 0", "train good.csv --target load --horizon 0 --output out")]
    [InlineData(2, "Cannot parse argument 'x' for option '--horizon'", "train good.csv --target load --horizon x --output out")]
    [InlineData(2, "Option '--target' is required", "train good.csv " + Output)]
    [InlineData(1, "is a file; name a folder", "train good.csv --target load --horizon 5 --output good.csv")]
    [InlineData(1, "nothing can be written there", "train good.csv --target load --horizon 5 --output good.csv/out")]
    [InlineData(1, "is not empty", "train good.csv --target load --horizon 5 --output .")]
    [InlineData(1, "there is no such folder", "backtest nowhere good.csv")]
    [InlineData(1, "this is no project", "stream .")]
    [InlineData(1, "Not a safetensors file, but a text", "inspect good.csv")]
    [InlineData(1, "Could not find file", "inspect missing")]
    [InlineData(1, "it is a directory; name a file", "inspect .")]
    [InlineData(1, "Not a safetensors file, but a text", "convert good.csv --output x --type bfloat16")]
    [InlineData(1, "good.csv is there; name another file by --output, or replace it by --force",
        "convert good.csv --output good.csv --type bfloat16")]
    [InlineData(2, "--precision goes with --compiled", "convert good.csv --output x --precision int8")]
    [InlineData(1, "there is no such folder", "export nowhere --output m.onnx")]
    [InlineData(1, "good.csv is a file; name the folder of the project", "export good.csv --output m.onnx")]
    [InlineData(1, "this is no project", "export . --output m.onnx")]
    [InlineData(1, "model.safetensors: there are no weights; train the model first", "export untrained --output m.onnx")]
    [InlineData(1, "model.safetensors: there are no weights; train the model first", "export untrained/P.csproj --output m.onnx")]
    [InlineData(1, "model.safetensors: there are no weights; train the model first", "bench untrained")]
    [InlineData(1, "untrained: it is a directory; name a file", "export trained --output untrained")]
    [InlineData(1, "does not exist; create it first", "export trained --output nowhere/m.onnx")]
    [InlineData(1, "good.csv is there; name another file by --output, or replace it by --force", "export trained --output good.csv")]
    [InlineData(2, "--output is empty", "export trained --output ")]
    [InlineData(2, "Option '--output' is required", "export trained")]
    [InlineData(2, "Argument 'both' not recognized", "export trained --output m.onnx --graph both")]
    [InlineData(2, "Unrecognized command or argument 'what'", "what")]
    public void A_mistake_is_a_line(int code, string expected, string arguments)
    {
        Write("good.csv", Table(100));
        Write("empty.csv", "");
        Write("header.csv", "time,load\n");
        Write("late.csv", Table(3000) + "2026-01-01T00:00Z,many\n");
        // 10.000, 11.000 and so on.
        Write("marks.csv", Table(100).Replace("Z,", "Z,1", StringComparison.Ordinal).Replace("\n", ".000\n", StringComparison.Ordinal)
            .Replace("load.000", "load", StringComparison.Ordinal));
        Write("timeless.csv", "a,load\n" + string.Concat(Enumerable.Range(0, 100).Select(static i => $"{i % 7}x,{i}\n")));
        foreach (string folder in (string[])["untrained", "trained"])
        {
            Directory.CreateDirectory(At(folder));
            Write($"{folder}/P.csproj", "<Project/>");
            Write($"{folder}/Live.cs", "");
        }
        Write("trained/model.safetensors", "");
        string before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = Path.GetDirectoryName(At("good.csv"))!;
        try
        {
            (int found, string error) = ProgramRun.Of(typeof(UserException).Assembly, arguments.Split(' '));
            Assert.Contains(expected, error, StringComparison.Ordinal);
            Assert.Equal(code, found);
            Assert.Matches("^error: [^\n]*\n$", error.ReplaceLineEndings("\n"));
            Assert.False(Directory.Exists(At("out")), "nothing was written");
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [Fact]
    public async Task A_machine_without_the_SDK_is_told()
    {
        UserException told = await Assert.ThrowsAsync<UserException>(() => DotNet.BuildAsync(".", default, "dotnet-that-is-not-there"));
        Assert.Contains("built by the .NET SDK, but 'dotnet-that-is-not-there' was not found", told.Message, StringComparison.Ordinal);
    }

    private static string Table(int rows) => "time,load\n" + string.Concat(Enumerable.Range(0, rows).Select(
        static i => string.Create(CultureInfo.InvariantCulture, $"{new DateTime(2025, 1, 1).AddHours(i):s}Z,{i}\n")));
}
