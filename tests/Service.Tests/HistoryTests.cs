using Reporting;

namespace Service.Tests;

/// <summary>The file that keeps records and readings beside the service's own.</summary>
public sealed class HistoryTests : TemporaryFolder
{
    [Fact]
    public void A_history_keeps_the_last_three_days_of_each_sensor()
    {
        string path = At("history.bin");
        var records = new SensorRecord[2];
        using (var history = new History(path, 2))
        {
            for (int i = 0; i < 2 * History.Kept; i++)
            {
                foreach (int sensor in (int[])[0, 1])
                {
                    records[sensor].Reading++;
                    records[sensor].LastAlarm = new(i, 2, AlarmReason.Silent);
                    history.Write(sensor, ref records[sensor], new(i, sensor, 0.5f, PointMarks.Wrong));
                    if (sensor == 0 && i % 2 == 0)
                    {
                        // The other sensor is now one behind.
                        Assert.Equal((i + 1, i), (history.Read(0).Reading, history.Read(1).Reading));
                    }
                }
            }
        }
        // More sensors than before: the new ones have nothing yet.
        using var again = new History(path, 3);
        Assert.Equal(records[1].LastAlarm, again.Read(1).LastAlarm);
        Assert.Equal(0, again.Read(2).Reading);
        long first = 1;
        Point[] points = again.Points(1, ref first);
        Assert.Equal((History.Kept + 1, History.Kept), (first, points.Length));
        Assert.Equal([.. Enumerable.Range(History.Kept, History.Kept).Select(static i => (float)i)], points.Select(static p => p.Value));
        Assert.All(points, static p => Assert.Equal((1, 0.5f, PointMarks.Wrong), (p.Mean, p.Deviation, p.Marks)));
        first = 2 * History.Kept;
        Assert.Single(again.Points(1, ref first));
        first++;
        Assert.Empty(again.Points(1, ref first));
        first = 1;
        Assert.Empty(again.Points(2, ref first));
    }

    [Fact]
    public void Another_file_is_no_history()
    {
        string path = Write("history.bin", "another program's file");
        Assert.Contains("Delete it", Assert.Throws<UserException>(() => new History(path, 1)).Message, StringComparison.Ordinal);
    }
}
