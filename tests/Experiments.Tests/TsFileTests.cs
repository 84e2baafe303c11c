namespace Experiments.Tests;

/// <summary>Labelled sequences from .ts files, and their missing values.</summary>
public sealed class TsFileTests : TemporaryFolder
{
    private const string Header = "# made up\n@problemName Two\n@dimensions 2\n@equalLength false\n@classLabel true b a\n@data\n";

    [Fact]
    public void Cases_of_unequal_lengths_are_read_time_major()
    {
        TsDataset data = TsFile.Read(Write("good.ts", Header + "1,2,3:10,20,30:a\n\n 4 : 4e1 : b \r\n"));
        Assert.Equal((2, 2), (data.Channels, data.Cases.Length));
        Assert.Equal(["b", "a"], data.Labels);
        Assert.Equal([1.0, 10, 2, 20, 3, 30], data.Cases[0].Tokens);
        Assert.Equal([4.0, 40], data.Cases[1].Tokens);
        Assert.Equal([1, 0], data.Cases.Select(static c => c.Label));
    }

    [Theory]
    [InlineData("% made by hand\n# and so on\n@problemName X\n@timeStamps false\n@missing true\n@univariate true\n@equalLength "
        + "true\n@seriesLength 2\n@classLabel true a b\n%\n@Data\n% a comment\n1,2:a\n")]
    [InlineData("@PROBLEMNAME\tX\n@UNIVARIATE\ttrue\n@CLASSLABEL\ttrue\ta\tb\n@DATA   \n1,2:a\r\n\r\n")]
    [InlineData("@dimension 1\n@classLabel true \"a\" 'b c'\n@data\n1,2:\"a\"\n3,4:'b c'\n5,6:b c\n")]
    [InlineData("\uFEFF@classLabel true a b\n@data\n1 , 2 : a\n")]
    public void Headers_of_other_writers_are_read(string text)
    {
        TsDataset data = TsFile.Read(Write("header.ts", text));
        Assert.Equal(1, data.Channels);
        Assert.Equal([1.0, 2], data.Cases[0].Tokens);
        Assert.Equal("a", data.Labels[data.Cases[0].Label]);
    }

    [Fact]
    public void Large_offsets_keep_their_digits()
    {
        Assert.Equal([1e9 + 0.25, 1e9 + 0.5],
            TsFile.Read(Write("offset.ts", "@classLabel true a\n@data\n1000000000.25,1000000000.5:a\n")).Cases[0].Tokens);
    }

    [Fact]
    public void Missing_values_are_NaN()
    {
        Assert.Equal([double.NaN, 1, 2, double.NaN, double.NaN, 3],
            TsFile.Read(Write("missing.ts", Header + "?,2,NaN:1,?,3:a\n")).Cases[0].Tokens);
    }

    [Fact]
    public void Channels_follow_from_univariate_or_the_first_case()
    {
        Assert.Equal(1, TsFile.Read(Write("one.ts", "@univariate true\n@classLabel true x\n@data\n5:x\n")).Channels);
        Assert.Equal(3, TsFile.Read(Write("three.ts", "@univariate false\n@CLASSLABEL true x\n@DATA\n5:6:7:x\n")).Channels);
    }

    [Theory]
    [InlineData("", null, "no @data line")]
    [InlineData(Header, null, "no cases below @data")]
    [InlineData(Header + "1:2:c\n", 7, "the label 'c' is not among the classes of @classLabel (b, a)")]
    [InlineData(Header + "1:2:a\n1:2:3:a\n", 8, "channels before the label: 3, but 2")]
    [InlineData(Header + "1,2:a\n", 7, "channels before the label: 1, but 2")]
    [InlineData(Header + "1,2:3,x:a\n", 7, "value 2 of channel 2 is 'x'")]
    [InlineData(Header + "1,,2:3,4,5:a\n", 7, "value 2 of channel 1 is ''")]
    [InlineData(Header + "1e400:3:a\n", 7, "value 1 of channel 1 is '1e400'")]
    [InlineData(Header + "1,2:3:a\n", 7, "channel 2 has 1 values, but channel 1 has 2")]
    [InlineData(Header + "1::a\n", 7, "channel 2 is empty")]
    [InlineData(Header + "::a\n", 7, "channel 1 is empty")]
    [InlineData(Header + "1:2:a\n@data\n", 8, "a header line stands below @data")]
    [InlineData("1:2:a\n", 1, "a case stands above @data")]
    [InlineData("@dimensions 0\n", 1, "@dimensions needs one whole number")]
    [InlineData("@classLabel true a\n@data\n(2020-01-01 00:00,1.5),(2020-01-01 01:00,2.5):a\n", 3, "time stamps are not supported")]
    [InlineData("@timeStamps true\n", 1, "time stamps are not supported")]
    [InlineData("@classLabel false\n", 1, "classes are needed")]
    [InlineData("@targetlabel true\n", 1, "numbers as targets")]
    [InlineData("@classLabel true a a\n", 1, "each once")]
    [InlineData("@classLabel a b\n", 1, "needs 'true' or 'false'")]
    [InlineData("@dimensions 1\n@data\n", 2, "no @classLabel line")]
    [InlineData("@classLabel true a\n@data\na\n", 3, "channels before the label: 0, but 1")]
    public void A_bad_file_is_rejected_at_the_mistake(string text, int? line, string expected)
    {
        TableException error = Assert.Throws<TableException>(() => TsFile.Read(Write("bad.ts", text)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(line, error.Line);
    }

    [Fact]
    public void A_gap_takes_the_last_value_or_the_training_mean()
    {
        double n = double.NaN;
        TsCase[] train = [new([1, n, 3, n], 0), new([n, 10, 5, 20], 1)];
        var imputer = Imputer.Fit(train, 2);
        Assert.Equal([3.0, 15], imputer.Means);
        TsCase whole = new([1, 2], 0);
        TsCase[] filled = imputer.Fill([new([n, 7, n, n, 9, n, n, n], 1), whole]);
        Assert.Equal([3.0, 7, 3, 7, 9, 7, 9, 7], filled[0].Tokens);
        Assert.Equal(1, filled[0].Label);
        Assert.Same(whole, filled[1]);
        Assert.True(double.IsNaN(train[0].Tokens[1]));
    }

    [Fact]
    public void A_filled_value_depends_on_nothing_later()
    {
        var random = new Random(4);
        const int Channels = 3, Length = 40;
        double[] tokens = [.. Enumerable.Range(0, Channels * Length).Select(_ => random.Next(3) == 0 ? double.NaN : random.NextDouble())];
        var imputer = Imputer.Fit([new(tokens, 0)], Channels);
        double[] whole = imputer.Fill([new(tokens, 0)])[0].Tokens, first = imputer.Fill([new(tokens[..60], 0)])[0].Tokens;
        Assert.Equal(whole[..60], first);
        Assert.DoesNotContain(double.NaN, whole);
        Assert.All(Enumerable.Range(0, tokens.Length).Where(i => !double.IsNaN(tokens[i])), i => Assert.Equal(tokens[i], whole[i]));
    }

    [Fact]
    public void A_channel_never_observed_is_rejected()
    {
        Assert.Contains("Channel 2", Assert.Throws<ArgumentException>(static () => Imputer.Fit([new([1, double.NaN], 0)], 2)).Message,
            StringComparison.Ordinal);
        var imputer = Imputer.Fit([new([1, 2], 0)], 2);
        Assert.Throws<ArgumentException>(() => imputer.Fill([new([1, 2, 3], 0)]));
    }

    [DataTheory]
    [InlineData("JapaneseVowels", 270, 370, 12, 7, 29, 9)]
    [InlineData("Handwriting", 150, 850, 3, 152, 152, 26)]
    [InlineData("PenDigits", 7494, 3498, 2, 8, 8, 10)]
    public void The_benchmarks_are_read(string name, int train, int test, int channels, int shortest, int longest, int classes)
    {
        TsDataset a = BenchmarkData.Classification(name, "TRAIN"), b = BenchmarkData.Classification(name, "TEST");
        int[] lengths = [.. a.Cases.Concat(b.Cases).Select(c => c.Tokens.Length / channels)];
        Assert.Equal((train, test, channels, classes), (a.Cases.Length, b.Cases.Length, a.Channels, a.Labels.Length));
        Assert.Equal((shortest, longest), (lengths.Min(), lengths.Max()));
    }
}
