namespace AarenGen;

/// <summary>A piece of a series: a sequence to train on or to validate with.</summary>
/// <param name="Series">The series' index.</param>
/// <param name="First">Its first row.</param>
/// <param name="Length">Its tokens.</param>
/// <param name="ScoredFrom">Rows before this one are history: their tokens have the weight 0.</param>
/// <param name="End">Values of this row and of later ones are not there as targets.</param>
internal readonly record struct ForecastWindow(int Series, int First, int Length, int ScoredFrom, int End);

/// <summary>Windows of series, read from the series themselves. Thread-safe.</summary>
internal sealed class ForecastSequences(ForecastLayout layout, ForecastSeries[] series, ForecastWindow[] windows) : SequenceData
{
    /// <summary>Windows that have each row of these once; null: these have.</summary>
    public ForecastSequences? Distinct { get; init; }

    internal override SequenceData ForStatistics => Distinct ?? this;

    public override int Count => windows.Length;

    public override int TokenWidth => layout.Description.InputWidth;

    public override int TargetWidth => layout.Description.TargetWidth;

    public ForecastLayout Layout => layout;

    public ForecastWindow Window(int index) => windows[index];

    public ForecastSeries SeriesOf(int index) => series[windows[index].Series];

    public override int GetLength(int index) => windows[index].Length;

    public override string? GetSeries(int index) => layout.StatisticsOf(SeriesOf(index).Series.Key);

    public override void ReadTokens(int index, Span<float> tokens) => ReadTokens(index, 0, tokens);

    public override void ReadTokens(int index, int first, Span<float> tokens)
    {
        ForecastWindow window = windows[index];
        ForecastSeries of = series[window.Series];
        CalendarClock clock = default;
        for (int i = 0; i * TokenWidth < tokens.Length; i++)
        {
            of.WriteToken(window.First + first + i, ref clock, tokens.Slice(i * TokenWidth, TokenWidth));
        }
    }

    public override float ReadTarget(int index, int token, Span<float> target)
    {
        ForecastWindow window = windows[index];
        int row = window.First + token;
        series[window.Series].WriteTarget(row, window.End, target);
        return row < window.ScoredFrom ? 0 : 1;
    }

    internal override string Locate(int index, int token)
    {
        RegularSeries of = SeriesOf(index).Series;
        return ForecastLayout.Where(of.Key, of.TimeOf(windows[index].First + token).UtcTicks, "interval");
    }

    internal override string ColumnName(int column) => layout.NameOf(column) is { } name
        ? FormattableString.Invariant($"{name} (column {column})") : base.ColumnName(column);

    /// <summary>Whether a target with a weight above 0 is there.</summary>
    public bool HasTargets()
    {
        for (int i = 0; i < windows.Length; i++)
        {
            ForecastWindow w = windows[i];
            if (i > 0 && w.Series == windows[i - 1].Series)
            {
                // What comes after it comes after the first window of the series, too.
                continue;
            }
            for (int c = 0; c < layout.TargetCount; c++)
            {
                if (series[w.Series].Series.Column(c)[Math.Min(Math.Max(w.First, w.ScoredFrom) + 1, w.End)..w.End]
                    .ContainsAnyExcept(double.NaN))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
