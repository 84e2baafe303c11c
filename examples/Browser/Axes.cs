using System.Globalization;
using System.Text;

namespace Browser;

/// <summary>Maps numbers to a picture of 1000 × 1000 units, and writes the paths of its lines.</summary>
/// <param name="Left">The number at the left edge.</param>
/// <param name="Right">At the right edge.</param>
/// <param name="Bottom">At the lower edge.</param>
/// <param name="Top">At the upper edge.</param>
public sealed record Axes(double Left, double Right, double Bottom, double Top)
{
    public const int Size = 1000;
    private const int Ticks = 4;

    /// <summary>Free space above the highest number, as a fraction.</summary>
    private const double Margin = 0.04;

    /// <summary>Axes that hold all numbers, with a round one at the lower edge.</summary>
    public static Axes Around(double left, double right, IEnumerable<double> heights, bool fromZero = false)
    {
        (double low, double high) = (fromZero ? 0 : double.PositiveInfinity, double.NegativeInfinity);
        foreach (double height in heights.Where(double.IsFinite))
        {
            (low, high) = (Math.Min(low, height), Math.Max(high, height));
        }
        (low, high) = low > high ? (0, 1) : low == high ? (low - 1, high + 1) : (low, high);
        double step = Step(high - low);
        return new(left, Math.Max(right, left + 1e-9), Math.Floor(low / step) * step, high + Margin * (high - low));
    }

    /// <summary>Round numbers between the lower and the upper edge.</summary>
    public IEnumerable<double> Levels
    {
        get
        {
            double step = Step(Top - Bottom);
            for (int i = 0; Bottom + i * step <= Top; i++)
            {
                yield return Bottom + i * step;
            }
        }
    }

    /// <summary>How far right a number lies, as a fraction.</summary>
    public double X(double number) => (number - Left) / (Right - Left);

    /// <summary>How far down a number lies, as a fraction.</summary>
    public double Y(double number) => (Top - number) / (Top - Bottom);

    /// <summary>A line through points; it is broken where one is missing.</summary>
    public string Line(IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        char command = 'M';
        foreach ((double x, double y) in points)
        {
            if (double.IsFinite(y))
            {
                Append(path, command, x, y);
            }
            command = double.IsFinite(y) ? 'L' : 'M';
        }
        return path.ToString();
    }

    /// <summary>The area between two lines.</summary>
    public string Area(IReadOnlyList<(double X, double Low, double High)> points) => points.Count == 0 ? ""
        : Line(points.Select(static p => (p.X, p.High)).Concat(points.Reverse().Select(static p => (p.X, p.Low)))) + "Z";

    /// <summary>Points that stay round in a picture that is stretched: lines without a length, with round ends.</summary>
    public string Dots(IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        foreach ((double x, double y) in points)
        {
            Append(path, 'M', x, y).Append("h0");
        }
        return path.ToString();
    }

    private StringBuilder Append(StringBuilder path, char command, double x, double y) =>
        path.Append(CultureInfo.InvariantCulture, $"{command}{Size * X(x):F1} {Size * Y(y):F1}");

    /// <summary>1, 2, 2.5 or 5 times a power of ten.</summary>
    private static double Step(double range)
    {
        double raw = range / Ticks, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        return power * ((raw / power) switch { <= 1 => 1, <= 2 => 2, <= 2.5 => 2.5, <= 5 => 5, _ => 10 });
    }
}
