using Xunit.Abstractions;

namespace Service.Tests;

/// <summary>What the sample finds of the faults that it plants.</summary>
public sealed class DetectorTests(ITestOutputHelper output)
{
    [Fact]
    public void Detectors_find_planted_faults_and_leave_healthy_sensors_alone()
    {
        const int Sensors = 1500;
        const long Readings = Fleet.HealthyReadings + 8 * Fleet.ReadingsPerDay;
        Forecaster model = TrainedModel.Model;
        var counts = new FaultCounts[FaultCountsByKind.KindCount];
        int falseAlarms = 0, open = 0;
        long judged = 0, within = 0;
        for (int sensor = 0; sensor < Sensors; sensor++)
        {
            var life = new SensorLife(model, sensor);
            while (life.Record.Reading < Readings)
            {
                Point point = life.Next();
                if (life.Record.Reading > Detector.LearningReadings && point.Marks == PointMarks.None && !float.IsNaN(point.Value))
                {
                    judged++;
                    within += Math.Abs(point.Value - point.Mean) < 1.96 * point.Deviation ? 1 : 0;
                }
            }
            falseAlarms += life.Record.Scoring.FalseAlarms;
            open += Fleet.FaultAt(sensor, Readings) is { } last && last.End + 8 > Readings ? 1 : 0;
            for (int kind = 0; kind < counts.Length; kind++)
            {
                FaultCounts some = life.Record.Scoring[(FaultKind)kind];
                counts[kind].Planted += some.Planted;
                counts[kind].Found += some.Found;
                counts[kind].Missed += some.Missed;
                counts[kind].Delay += some.Delay;
            }
        }
        for (int kind = 0; kind < counts.Length; kind++)
        {
            output.WriteLine($"{(FaultKind)kind}: {counts[kind].Found} of {counts[kind].Planted}, missed {counts[kind].Missed}, "
                + $"after {(double)counts[kind].Delay / counts[kind].Found:F1} readings");
        }
        double coverage = (double)within / judged;
        output.WriteLine($"{falseAlarms} false alarms in {Sensors * Readings} readings; {coverage:P2} within 95 %");
        // Two terms, each with a fault of probability 0.02: 60 in all, four standard deviations 31.
        Assert.InRange(counts.Sum(static c => c.Planted), 29, 91);
        Assert.InRange(counts.Sum(static c => c.Found + c.Missed), counts.Sum(static c => c.Planted) - open, int.MaxValue);
        Assert.All(counts, static c => Assert.InRange(c.Found, c.Planted - Math.Max(1, c.Planted / 10), c.Planted));
        Assert.Equal(0, counts[(int)FaultKind.Spike].Delay);
        Assert.InRange(falseAlarms, 0, 10);
        Assert.InRange(coverage, 0.93, 0.97);
    }

    [Fact]
    public void A_value_that_stays_elsewhere_is_believed_in_the_end()
    {
        var life = new SensorLife(TrainedModel.Model, sensor: 0);
        life.ReadTo(Fleet.HealthyReadings);
        Detector detector = life.Record.Detector;
        bool[] doubts =
        [
            .. Enumerable.Range(1, Fleet.ReadingsPerDay + 1).Select(
                i => detector.Judge(Fleet.HealthyReadings + i, 1000, Forecaster.Next(life.Output)).IsDoubted),
        ];
        Assert.All(doubts[..^1], Assert.True);
        Assert.False(doubts[^1]);
    }

    [Fact]
    public void Readings_follow_from_their_numbers_alone()
    {
        var fleet = new Fleet(100);
        Assert.Equal("sensor-00042", Fleet.IdOf(42));
        Assert.True(fleet.TryFind("sensor-00042", out int sensor));
        Assert.Equal(42, sensor);
        Assert.True(fleet.TryFind("99", out _));
        Assert.All(["100", "-1", "", "sensor-", "sensor-x", "１"], text => Assert.False(fleet.TryFind(text, out _)));
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            long end = Fleet.HealthyReadings + 4 * Fleet.ReadingsPerDay;
            int sick = Enumerable.Range(0, 10_000).First(i => Fleet.FaultAt(i, end)?.Kind == kind);
            Fault fault = Fleet.FaultAt(sick, end)!.Value;
            Assert.Null(Fleet.FaultAt(sick, fault.Start - 1));
            Assert.InRange(fault.Start, Fleet.HealthyReadings + 1, end - fault.Length);
            for (long reading = fault.Start; reading < fault.End; reading++)
            {
                float value = Fleet.Read(sick, reading), truth = Fleet.Healthy(sick, reading);
                Assert.Equal(value, Fleet.Read(sick, reading));
                Assert.True(kind == FaultKind.Dropout ? float.IsNaN(value) : float.IsNaN(value) || kind == FaultKind.Stuck
                    ? float.IsNaN(value) || value == Fleet.Healthy(sick, fault.Start) : value != truth);
            }
        }
    }
}
