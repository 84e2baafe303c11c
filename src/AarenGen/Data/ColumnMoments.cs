namespace AarenGen;

/// <summary>
/// Mean and standard deviation of a column in double, exact but for rounding. All values are read three times: by <see cref="Widen"/>, by
/// <see cref="AddToMean"/> and by <see cref="AddToSquares"/>. Missing values are left out by the caller, each time.
/// </summary>
internal struct ColumnMoments
{
    /// <summary>
    /// Values that differ by no more than this fraction of the largest are equal except for rounding. A double resolves 2^-52, so at most
    /// their last six bits differ.
    /// </summary>
    private const double NoiseFraction = 1.0 / (1L << 46);

    private long count;
    private double low, high, sum, lost, scaledMean, squares, differences;

    public double Smallest { get; private set; }

    public double Largest { get; private set; }

    public double Mean { get; private set; }

    public double Deviation { get; private set; }

    /// <summary>How far values may lie apart that are equal except for rounding.</summary>
    public readonly double Noise => NoiseFraction * Math.Max(Math.Abs(Smallest), Math.Abs(Largest));

    public readonly bool IsConstant => Largest - Smallest <= Noise;

    /// <summary>Whether there was no value at all.</summary>
    public readonly bool IsEmpty => count == 0;

    public void Widen(double value) =>
        (Smallest, Largest) = count++ == 0 ? (value, value) : (Math.Min(Smallest, value), Math.Max(Largest, value));

    /// <summary>
    /// A power of two brings the numbers to at most 1 exactly, so neither sums nor squares overflow or vanish. It is halved because
    /// 2^-1074, the inverse of the smallest exponent, is not a double.
    /// </summary>
    public void ChooseScale()
    {
        double size = Math.Max(Math.Abs(Smallest), Math.Abs(Largest));
        int exponent = size == 0 ? 0 : Math.ILogB(size) + 1;
        low = Math.ScaleB(1, -exponent / 2);
        high = Math.ScaleB(1, -exponent - (-exponent / 2));
    }

    /// <summary>Neumaier's sum: the error of the mean does not grow with the rows.</summary>
    public void AddToMean(double value)
    {
        value *= low;
        value *= high;
        double next = sum + value;
        lost += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
        sum = next;
    }

    /// <summary>Rounding must not take the mean out of the values' range.</summary>
    public void EndMean()
    {
        scaledMean = (sum + lost) / count;
        Mean = Math.Clamp(scaledMean / low / high, Smallest, Largest);
    }

    public void AddToSquares(double value)
    {
        double difference = value * low * high - scaledMean;
        differences += difference;
        squares += difference * difference;
    }

    /// <summary>
    /// What rounding left in the mean is taken out again (Chan, Golub and LeVeque's corrected two-pass algorithm). A deviation
    /// that a double cannot hold is 1, like that of a constant column.
    /// </summary>
    public void EndDeviation()
    {
        double deviation = Math.Sqrt(Math.Max(0, (squares - differences * differences / count) / count)) / low / high;
        Deviation = !IsConstant && deviation > 0 ? deviation : 1;
    }
}
