namespace Experiments.Tests;

/// <summary>Mistakes of a user's end in one line and exit code 2.</summary>
[Collection(ProgramRun.Collection)]
public sealed class CommandLineTests : TemporaryFolder
{
    [Theory]
    [InlineData("forecasting --data DATA --horizon abc", "--horizon: 'abc' is not a whole number from 1 to 2147483647.")]
    [InlineData("forecasting --data DATA --horizon 24,0", "--horizon: '0'")]
    [InlineData("forecasting --data DATA --horizon ,", "--horizon: give at least one.")]
    [InlineData("forecasting --data DATA --horizon 2147483647", "DATA: A window looks back")]
    [InlineData("forecasting --data DATA --epochs abc", "--epochs: 'abc'")]
    [InlineData("forecasting --data DATA --seeds -1", "--seeds: '-1'")]
    [InlineData("forecasting --data DATA --seeds 2147483647", "--seeds: '2147483647'")]
    [InlineData("forecasting --data DATA --stride 0", "--stride: '0'")]
    [InlineData("forecasting --data DATA --season 2147483647", "--season is 2147483647")]
    [InlineData("forecasting --data DATA --time then", "DATA: there is no column 'then'")]
    [InlineData("forecasting --data DATA --mixers rnn", "--mixers: 'rnn' is unknown")]
    [InlineData("forecasting --data DATA --mixers aaren+lstm", "--mixers: 'aaren+lstm' is unknown")]
    [InlineData("forecasting --data DATA --patch 585", "--patch: '585'")]
    [InlineData("forecasting --data nowhere", "nowhere: there is no such file")]
    [InlineData("forecasting", "--data")]
    [InlineData("classification --train DATA --test DATA", "DATA, line 1: a case stands above @data")]
    [InlineData("events --times nowhere", "nowhere: there is no such file")]
    [InlineData("events --times DATA --marks DATA,DATA", "1 files of times but 2 of marks")]
    [InlineData("events --times DATA", "DATA, line 1: time 1 is 'date,y'")]
    [InlineData("events --times ,", "--times: give at least one file.")]
    [InlineData("bogus", "command")]
    public void A_mistake_is_one_line(string arguments, string expected)
    {
        string data = Write("data.csv",
            "date,y\n" + string.Concat(Enumerable.Range(1, 28).Select(static day => $"2020-01-{day:D2},{day}\n")));
        (int code, string error) = Run([.. arguments.Replace("DATA", data, StringComparison.Ordinal).Split(' '), "--output", At("out")]);
        Assert.Equal(2, code);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains(expected.Replace("DATA", data, StringComparison.Ordinal), error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("forecasting --data nowhere")]
    [InlineData("classification --train nowhere --test nowhere")]
    [InlineData("events --times nowhere")]
    public void An_unwritable_output_is_reported_before_anything_is_read(string arguments)
    {
        foreach (string output in (string[])[Write("file", ""), "/proc/nowhere", At(new string('x', 300)), ""])
        {
            (int code, string error) = Run([.. arguments.Split(' '), "--output", output]);
            Assert.Equal(2, code);
            Assert.Contains("nothing can be written there", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        }
    }

    private static (int Code, string Error) Run(string[] arguments) => ProgramRun.Of(typeof(Mixer).Assembly, arguments);
}
