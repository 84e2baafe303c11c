namespace Experiments.Tests;

/// <summary>Sequences of events from text files.</summary>
public sealed class EventFileTests : TemporaryFolder
{
    [Fact]
    public void Times_and_marks_are_read_line_by_line()
    {
        string times = Write("t.txt", "0.5 1.25\t1.25 \n-3\n\n"), marks = Write("m.txt", "4 0 22\n7\n");
        EventSequence[] sequences = EventFile.Read(times, marks);
        Assert.Equal(2, sequences.Length);
        Assert.Equal([0.5, 1.25, 1.25], sequences[0].Times);
        Assert.Equal([4, 0, 22], sequences[0].Marks!);
        Assert.Equal([0.75, 0], sequences[0].Intervals);
        Assert.Equal([-3.0], sequences[1].Times);
        Assert.Empty(sequences[1].Intervals);
        Assert.All(EventFile.Read(times), static s => Assert.Null(s.Marks));
    }

    [Theory]
    [InlineData("1 2\n3 2.5\n", null, 2, "time 2, 2.5, lies before time 1, 3")]
    [InlineData("1 x\n", null, 1, "time 2 is 'x'")]
    [InlineData("1 NaN\n", null, 1, "time 2 is 'NaN'")]
    [InlineData("1 1e400\n", null, 1, "time 2 is '1e400'")]
    [InlineData("-1e308 1e308\n", null, 1, "time 1, '-1e308', lies beyond 1E+100")]
    [InlineData("1\n\n2\n", null, 2, "the line is blank")]
    [InlineData("", null, null, "the file is empty")]
    [InlineData("1\n2\n", "1\n", null, "lines: 1, but")]
    [InlineData("1\n2 3\n", "1\n2\n", 2, "marks: 1, but the same line of")]
    [InlineData("1\n2 3\n", "1\n2 -1\n", 2, "mark 2 is '-1'")]
    [InlineData("1\n2 3\n", "1\n2 1.5\n", 2, "mark 2 is '1.5'")]
    public void A_bad_file_is_rejected_at_the_mistake(string times, string? marks, int? line, string expected)
    {
        string timesPath = Write("t.txt", times);
        string? marksPath = marks is null ? null : Write("m.txt", marks);
        TableException error = Assert.Throws<TableException>(() => EventFile.Read(timesPath, marksPath));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal((marksPath ?? timesPath, line), (error.Path, error.Line));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        string times = Write("t.txt", "1\n");
        Assert.Equal(At("none.txt"), Assert.Throws<TableException>(() => EventFile.Read(times, At("none.txt"))).Path);
    }

    [DataFact]
    public void Taxi_is_read()
    {
        EventSequence[] days = EventFile.Read(BenchmarkData.At("events", "taxi.txt"));
        Assert.Equal((182, 17904), (days.Length, days.Sum(static d => d.Times.Length)));
    }
}
