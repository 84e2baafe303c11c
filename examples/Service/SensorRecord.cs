namespace Service;

/// <summary>An alarm of a sensor.</summary>
/// <param name="Reading">The number of the reading; 0: there was no alarm yet.</param>
/// <param name="Time">When it came, in milliseconds since 1970.</param>
/// <param name="Reason">What was wrong.</param>
internal readonly record struct Alarm(long Reading, long Time, AlarmReason Reason);

/// <summary>A reading and the forecast that was made of it.</summary>
/// <param name="Value">The value; NaN where it is missing.</param>
/// <param name="Mean">The mean of the forecast; NaN where there was none.</param>
/// <param name="Deviation">The standard deviation of the forecast.</param>
/// <param name="Marks">What is to be said of it.</param>
internal readonly record struct Point(float Value, float Mean, float Deviation, PointMarks Marks);

/// <summary>What is to be said of a reading.</summary>
[Flags]
internal enum PointMarks
{
    None = 0,

    /// <summary>The detector judges it wrong.</summary>
    Wrong = 1,

    /// <summary>The model has not read its value.</summary>
    Doubted = 2,

    /// <summary>A fault was planted there.</summary>
    Planted = 4,
}

/// <summary>What is known of a sensor beside the model's state, which the service keeps.</summary>
internal struct SensorRecord
{
    /// <summary>The number of the last reading that was judged.</summary>
    public long Reading;

    public Detector Detector;
    public Scoring Scoring;
    public Alarm LastAlarm;

    /// <summary>Judges the next reading of a sensor.</summary>
    /// <param name="sensor">The sensor.</param>
    /// <param name="output">The model's last output; empty where it has none.</param>
    public Point Judge(int sensor, ReadOnlySpan<float> output)
    {
        float value = Fleet.Read(sensor, ++Reading);
        if (output.IsEmpty)
        {
            return new(value, float.NaN, float.NaN, PointMarks.None);
        }
        GaussianPrediction forecast = Forecaster.Next(output);
        Fault? planted = Fleet.FaultAt(sensor, Reading);
        Judgement judgement = Detector.Judge(Reading, value, forecast);
        Scoring.Add(Reading, judgement, planted);
        if (judgement.IsAlarm)
        {
            LastAlarm = new(Reading, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), judgement.Reason);
        }
        PointMarks marks = (judgement.Reason != AlarmReason.None ? PointMarks.Wrong : PointMarks.None)
            | (judgement.IsDoubted ? PointMarks.Doubted : PointMarks.None)
            | (planted is { } fault && Reading < fault.End ? PointMarks.Planted : PointMarks.None);
        return new(value, forecast.Mean(), forecast.StandardDeviation(), marks);
    }
}
