namespace AarenGen;

/// <summary>
/// What events tell without a model: waits that depend on nothing, as a Poisson process has them or log-normal ones, and a Markov chain of
/// marks, which depend on the mark before.
/// </summary>
internal sealed class EventBaselines
{
    private readonly EventLayout layout;
    private readonly CategoryTransitions? marks;
    private readonly double rate, center, deviation;

    /// <param name="layout">Where everything stands.</param>
    /// <param name="series">The series that they are fitted to.</param>
    /// <param name="until">Only events before this moment, in ticks.</param>
    /// <exception cref="ArgumentException">No series has two events.</exception>
    public EventBaselines(EventLayout layout, IReadOnlyList<RecordSequence> series, long until)
    {
        this.layout = layout;
        // A missing mark is a context of its own.
        marks = layout.HasMark ? new(layout.Task.Marks.Count + 1, layout.Task.Marks.Count) : null;
        long count = 0;
        double sum = 0, logs = 0, squares = 0;
        foreach (RecordSequence s in series)
        {
            for (int i = 1; i < s.Count && s.Times[i] < until; i++)
            {
                double wait = layout.Wait(s.Times[i] - s.Times[i - 1]), mark = layout.Mark(s.Values(i)), log = Math.Log(wait);
                count++;
                sum += wait;
                // Welford's update, which loses no digits where all logarithms are far from 0.
                double off = log - logs;
                logs += off / count;
                squares += off * (log - logs);
                if (!double.IsNaN(mark))
                {
                    marks!.Add(Context(s, i - 1), (int)mark);
                }
            }
        }
        if (count == 0)
        {
            throw new ArgumentException("No series has two events, so there is nothing to fit the baselines to; give longer ones.");
        }
        rate = count / sum;
        // Waits that are all equal have no density: they are as far apart as the clock tells.
        (center, deviation) = (logs, Math.Max(Math.Sqrt(squares / count), layout.RelativeResolution(Math.Exp(logs))));
    }

    /// <summary>Scores every event but the first of each series.</summary>
    /// <param name="series">The series.</param>
    /// <param name="from">Only events from this moment on, in ticks.</param>
    public IReadOnlyList<EventBaselineScores> Evaluate(IReadOnlyList<RecordSequence> series, long from)
    {
        EventScores poisson = new(), logNormal = new();
        double logNormalMean = Math.Exp(center + deviation * deviation / 2), normalizer = Math.Log(deviation) + 0.5 * Math.Log(Math.Tau);
        foreach (RecordSequence s in series)
        {
            for (int i = s.FirstScored(from); i < s.Count; i++)
            {
                double wait = layout.Wait(s.Times[i] - s.Times[i - 1]), log = Math.Log(wait), z = (log - center) / deviation;
                poisson.AddWait(Math.Log(rate) - rate * wait, 1 / rate, wait);
                logNormal.AddWait(-0.5 * z * z - normalizer - log, logNormalMean, wait);
                double mark = layout.Mark(s.Values(i));
                if (!double.IsNaN(mark))
                {
                    int context = Context(s, i - 1);
                    double probability = marks!.LogProbability(context, (int)mark);
                    bool isMostLikely = marks.MostLikely(context) == (int)mark;
                    poisson.AddMark(probability, isMostLikely);
                    logNormal.AddMark(probability, isMostLikely);
                }
            }
        }
        string chain = poisson.MarkCount > 0 ? ", Markov chain" : "";
        return [new("Poisson" + chain, poisson), new("log-normal" + chain, logNormal)];
    }

    private int Context(RecordSequence series, int index)
    {
        double mark = layout.Mark(series.Values(index));
        return double.IsNaN(mark) ? layout.Task.Marks.Count : (int)mark;
    }
}
