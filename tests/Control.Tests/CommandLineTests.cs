namespace Control.Tests;

/// <summary>A mistake on the command line is one line on the error stream, exit code 2, and nothing is begun.</summary>
[Collection(ProgramRun.Collection)]
public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train --seeds x", "--seeds: 'x' is not a whole number from 1 to 10000.")]
    [InlineData("train --seeds 1.5", "--seeds: '1.5' is not a whole number from 1 to 10000.")]
    [InlineData("train --epochs 0", "--epochs: '0' is not a whole number from 1 to 100000.")]
    [InlineData("--batch 99999999999", "--batch: '99999999999' is not a whole number from 1 to 1000000.")]
    [InlineData("evaluate --episodes -1", "--episodes: '-1' is not a whole number from 1 to 1000000.")]
    [InlineData("collect --size 1", "--size: '1' is not a whole number from 2 to 100000000.")]
    [InlineData("collect --iterations x", "--iterations: 'x' is not a whole number from 1 to 1000000.")]
    [InlineData("watch --seed -1", "--seed: '-1' is not a whole number from 0 to 2147483647.")]
    [InlineData("train --learning-rate 0", "--learning-rate: '0' is not a number above 0.")]
    [InlineData("train --learning-rate NaN", "--learning-rate: 'NaN' is not a number above 0.")]
    [InlineData("train --learning-rate 1,5", "--learning-rate: '1,5' is not a number above 0.")]
    [InlineData("watch --acting x", "Cannot parse argument 'x' for option '--acting'")]
    [InlineData("train --mixers x",
        "--mixers: there is no 'x'; choose from aaren, forgetting, forgetting-by-channel, transformer, mingru, minlstm, cloning.")]
    [InlineData("train --environment x", "There is no environment 'x'; choose from cartpole, hopper, halfcheetah, walker2d, ant.")]
    [InlineData("train --dataset x",
        "--dataset: there is no set 'x'; choose from medium, medium-replay, medium-expert, or name a file that ends with .hdf5.")]
    [InlineData("train --dataset x.hdf5", "x.hdf5: there is no such file;")]
    [InlineData("evaluate", "make it by: control collect --environment cartpole")]
    public void AMistakeIsOneLine(string arguments, string message)
    {
        (int exitCode, string error) = Run([.. arguments.Split(' '), "--output", folder.File("out")]);
        Assert.Equal(2, exitCode);
        Assert.Contains(message, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("collect")]
    [InlineData("watch")]
    public void AFolderThatCannotBeWrittenIsFoundBeforeAnythingElse(string command)
    {
        File.WriteAllText(folder.File("file"), "");
        foreach (string output in (string[])[folder.File("file"), "/proc/nowhere", folder.File(new string('x', 300))])
        {
            (int exitCode, string error) = Run([command, "--output", output]);
            Assert.Equal(2, exitCode);
            Assert.Contains("nothing can be written there", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        }
    }

    private static (int Code, string Error) Run(string[] arguments) => ProgramRun.Of(typeof(Workplace).Assembly, arguments);
}
