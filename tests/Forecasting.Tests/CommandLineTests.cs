using System.Globalization;

namespace Forecasting.Tests;

/// <summary>Mistakes of a user's end in one line and exit code 2, before anything is trained.</summary>
public sealed class CommandLineTests : TemporaryFolder
{
    [Theory]
    [InlineData("--horizon abc", "--horizon: 'abc' is not a whole number from 1 to")]
    [InlineData("--horizon 0", "--horizon: '0'")]
    [InlineData("--horizon -3", "--horizon: '-3'")]
    [InlineData("--horizon 1.5", "--horizon: '1.5'")]
    [InlineData("--horizon 99999999999", "--horizon: '99999999999'")]
    [InlineData("--horizon 2147483647", "rows to train / validate / test are too few; at least 96 / 32 / 2147483648")]
    [InlineData("--horizon --epochs 1", "argument")]
    [InlineData("--epochs abc", "--epochs: 'abc'")]
    [InlineData("--epochs 2147483647", "--epochs: '2147483647'")]
    [InlineData("--epochs x --horizon y", "is not a whole number")]
    [InlineData("--seed x", "--seed: 'x'")]
    [InlineData("--season 0", "--season: '0'")]
    [InlineData("--season 2147483647", "--season is 2147483647, but must be from 1 to the 368 rows of training.")]
    [InlineData("--split 1 2", "--split")]
    [InlineData("--split 1 x 3", "--split: 'x'")]
    [InlineData("--split 2147483647 2147483647 2147483647", "are not three parts of the 526 rows")]
    [InlineData("--split 30 30 30", "too few")]
    [InlineData("--time then", "there is no column 'then'")]
    [InlineData("--data nowhere.csv", "nowhere.csv: there is no such file")]
    [InlineData("--data .", "this is a folder")]
    [InlineData("--bogus", "'--bogus'")]
    [InlineData("bogus", "'bogus'")]
    public void A_mistake_is_one_line(string arguments, string expected)
    {
        (int code, string error) = Run([.. arguments.Split(' '), "--output", At("out")]);
        Assert.Equal(2, code);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void An_unwritable_output_is_reported_before_anything_is_read()
    {
        string file = Write("file", "");
        foreach (string output in (string[])[file, Path.Combine(file, "below"), "/proc/nowhere", At(new string('x', 300)), ""])
        {
            (int code, string error) = Run(["--data", "nowhere", "--output", output]);
            Assert.Equal(2, code);
            Assert.Contains("nothing can be written there", error, StringComparison.Ordinal);
            Assert.Single(error.TrimEnd().Split('\n'));
        }
    }

    [Fact]
    public void Cultures_do_not_change_what_an_option_says()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            foreach (string name in (string[])["sv-SE", "ar-SA", "tr-TR"])
            {
                CultureInfo.CurrentCulture = new CultureInfo(name);
                Assert.Contains("--horizon: '-3' is not a whole number from 1 to 2147483647.", Run(["--horizon", "-3"]).Error,
                    StringComparison.Ordinal);
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static (int Code, string Error) Run(string[] arguments) => ProgramRun.Of(typeof(Forecaster).Assembly, arguments);
}
