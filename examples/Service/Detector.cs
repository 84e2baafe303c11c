namespace Service;

/// <summary>Why a detector judges a reading wrong.</summary>
internal enum AlarmReason : byte
{
    None,

    /// <summary>The value is far outside the forecast.</summary>
    FarOut,

    /// <summary>Values lie on one side of the forecast for too long.</summary>
    Drifting,

    /// <summary>Too many values in a row are missing.</summary>
    Silent,
}

/// <summary>What a detector made of a reading.</summary>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="IsDoubted">Whether the model must not read its value.</param>
/// <param name="IsAlarm">Whether an alarm begins with it.</param>
internal readonly record struct Judgement(AlarmReason Reason, bool IsDoubted, bool IsAlarm);

/// <summary>
/// Judges the readings of a sensor by the forecasts of them, before the model reads them. It knows nothing of the faults that the
/// simulation plants. A value, so that it can be kept in a file.
/// </summary>
internal struct Detector
{
    /// <summary>How many readings are not judged at first: the model begins to know the sensor.</summary>
    public const int LearningReadings = Fleet.ReadingsPerDay;

    /// <summary>
    /// Of normal values, one of 1.8 billion is that many standard deviations out; of the forecasts of healthy sensors, whose tails are
    /// a little heavier, one of two million was.
    /// </summary>
    private const double FarOut = 6.2;

    /// <summary>
    /// A cumulative sum (CUSUM; Page 1954) of what deviations have above one standard deviation. In 5 million readings of healthy sensors
    /// it never came above 6.7.
    /// </summary>
    private const double Allowance = 1, DriftLimit = 8, MaxDeviation = 4;

    /// <summary>One reading of 333 is missing anyway.</summary>
    private const int SilentReadings = 4;

    /// <summary>After how many readings with which nothing is wrong an alarm ends.</summary>
    private const int CalmReadings = 24;

    /// <summary>Beyond how many standard deviations values are not believed while there is an alarm.</summary>
    private const double Doubtful = 3;

    /// <summary>After how many doubted values in a row the next ones are believed: the sensor has changed for good.</summary>
    private const int MaxDoubted = Fleet.ReadingsPerDay;

    private float above, below;
    private ushort missing, doubted, calm;
    private bool hasAlarm;

    /// <summary>Whether there is an alarm.</summary>
    public readonly bool HasAlarm => hasAlarm;

    /// <summary>Judges the next reading.</summary>
    /// <param name="reading">Its number.</param>
    /// <param name="value">Its value; NaN where it is missing.</param>
    /// <param name="forecast">The forecast of it.</param>
    public Judgement Judge(long reading, float value, GaussianPrediction forecast)
    {
        if (reading <= LearningReadings)
        {
            return default;
        }
        bool isMissing = float.IsNaN(value);
        double deviation = isMissing ? 0 : (value - forecast.Mean()) / forecast.StandardDeviation();
        if (isMissing)
        {
            missing = (ushort)Math.Min(missing + 1, SilentReadings);
        }
        else
        {
            missing = 0;
            // A single value cannot be a drift, and a drift that was found may end.
            double bounded = Math.Clamp(deviation, -MaxDeviation, MaxDeviation);
            above = (float)Math.Clamp(above + bounded - Allowance, 0, DriftLimit + MaxDeviation);
            below = (float)Math.Clamp(below - bounded - Allowance, 0, DriftLimit + MaxDeviation);
        }
        AlarmReason reason = Math.Abs(deviation) > FarOut ? AlarmReason.FarOut
            : missing == SilentReadings ? AlarmReason.Silent
            : Math.Max(above, below) > DriftLimit ? AlarmReason.Drifting : AlarmReason.None;
        bool isAlarm = reason != AlarmReason.None && !hasAlarm;
        calm = (ushort)(reason == AlarmReason.None ? Math.Min(calm + 1, CalmReadings) : 0);
        if (hasAlarm && calm == CalmReadings)
        {
            hasAlarm = false;
            above = below = 0;
        }
        hasAlarm |= isAlarm;
        // A model that reads wrong values begins to forecast them.
        bool isDoubted = !isMissing && (reason != AlarmReason.None || (hasAlarm && Math.Abs(deviation) > Doubtful));
        doubted = (ushort)(isMissing ? doubted : isDoubted ? Math.Min(doubted + 1, MaxDoubted + 1) : 0);
        return new(reason, isDoubted && doubted <= MaxDoubted, isAlarm);
    }
}
