using System.Globalization;

namespace AarenGen;

/// <summary>
/// Steps a forecaster through series and scores what it forecasts from every row: one pass over each series, in time proportional to rows
/// × horizon. What is kept are sums, the last season of the simple forecasts and the errors of the conformal intervals.
/// </summary>
internal sealed class BacktestEngine
{
    /// <summary>Forecast values that wait for their truth in conformal intervals: half a gigabyte.</summary>
    private const long MaxPending = 1L << 25;

    private const int MaxAlarms = 10_000, ListedAlarms = 200, MaxPeriods = 100;

    /// <summary>Minimum number of scores per alarm where the options do not say how many alarms are wanted.</summary>
    private const int ScoresPerAlarm = 100;

    private readonly OriginForecaster first;
    private readonly Func<DateTimeOffset, OriginForecaster>? refit;
    private readonly BacktestOptions options;
    private readonly IReadOnlyList<RegularSeries> series;
    private readonly TimeGrid grid;
    private readonly IReadOnlyList<string> targets;
    private readonly IReadOnlyList<int> seasons;
    private readonly int season;
    private readonly ScoreShape shape;
    private readonly long fromIndex, toIndex;
    private readonly Dictionary<int, OriginForecaster> fitted = [];
    private readonly ScoreAccumulator[] totals;
    private readonly BacktestPeriods periods;
    private readonly PriorityQueue<Anomaly, double> likeliest = new();
    private readonly ScoreHistogram referenceScores = new(), testScores = new();
    private readonly List<SampledForecast> samples = [];
    private (SampledForecast[] Forecasts, double Error) worst = ([], double.NegativeInfinity);

    /// <summary>The first and the last interval whose values have test scores.</summary>
    private long firstTested = long.MaxValue, lastTested = long.MinValue;

    private BacktestEngine(
        OriginForecaster forecaster, IReadOnlyList<RegularSeries> series, BacktestOptions options,
        Func<DateTimeOffset, OriginForecaster>? refit)
    {
        (first, this.series, this.options, this.refit) = (forecaster, series, options, refit);
        if (series.Count == 0)
        {
            throw new ArgumentException("There is no series; give at least one.", nameof(series));
        }
        if (options.To <= options.From)
        {
            throw new ArgumentException("The backtest ends before it begins: To must lie after From.", nameof(options));
        }
        if (options.RefitEvery is not null && refit is null)
        {
            throw new ArgumentException("RefitEvery is set, but there is nothing that fits a model anew.", nameof(options));
        }
        grid = series[0].Grid;
        targets = forecaster.Targets;
        foreach (RegularSeries one in series)
        {
            if (!one.Grid.Equals(grid) || one.Names.Count < targets.Count)
            {
                throw new ArgumentException(
                    $"Series {TableException.Quote(one.Key)} has another grid than the first one, or fewer columns than there are targets.",
                    nameof(series));
            }
        }
        fromIndex = FirstIndexFrom(options.From);
        // Intervals before 2001 have numbers below 0: the distance of an end from one of them must be a long, too.
        toIndex = options.To is { } to ? FirstIndexFrom(to) : long.MaxValue / 2;
        if (options.Season > series.Max(static s => s.Rows))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Season is {options.Season} intervals, more than any series has; choose a shorter one."),
                nameof(options));
        }
        // A season helps only where two of them are known, and takes memory.
        long before = series.Max(s => fromIndex - FirstIndexOf(s));
        IReadOnlyList<int> known = [.. grid.Seasons.Where(s => 2L * s <= before)];
        seasons = options.Season is { } chosen ? [chosen] : known.Count > 0 ? known : [1];
        season = seasons[0];
        double[] levels = [.. forecaster.Levels];
        (int Lower, int Upper)[] pairs = ScoreShape.PairsOf(levels);
        shape = new(
            Baselines.Names(seasons), 1, levels, pairs, forecaster.HasDensity,
            pairs.Length > 0 ? Math.Round(levels[pairs[0].Upper] - levels[pairs[0].Lower], 9) : options.ConformalCoverage ?? 0.8);
        totals = Accumulators();
        long last = Math.Min(toIndex - 1, series.Max(s => FirstIndexOf(s) + s.Rows - 1));
        periods = new(fromIndex, last, MaxPeriods, shape);
    }

    /// <summary>Runs a backtest.</summary>
    /// <param name="model">What is tested, for the report.</param>
    /// <param name="forecaster">The model, trained on what lies before the options' beginning.</param>
    /// <param name="series">The series, all on one grid.</param>
    /// <param name="options">What is scored.</param>
    /// <param name="refit">
    /// Gives a forecaster that was trained on what lies before a time; called once for each time, as
    /// <see cref="BacktestOptions.RefitEvery"/> says.
    /// </param>
    /// <param name="progress">Receives a report after each series.</param>
    /// <param name="cancellation">Stops between two rows.</param>
    /// <exception cref="ArgumentException">The series or options do not fit, or nothing can be scored.</exception>
    public static BacktestReport Run(
        string model, OriginForecaster forecaster, IReadOnlyList<RegularSeries> series, BacktestOptions options,
        Func<DateTimeOffset, OriginForecaster>? refit = null, IProgress<BacktestProgress>? progress = null,
        CancellationToken cancellation = default) =>
        new BacktestEngine(forecaster, series, options, refit).Run(model, progress, cancellation);

    private BacktestReport Run(string model, IProgress<BacktestProgress>? progress, CancellationToken cancellation)
    {
        List<SeriesReport> reports = [];
        List<string> notices = [];
        long origins = 0, lastIndex = long.MinValue, unscaled = 0, unknown = 0;
        int scored = 0, tested = 0;
        foreach (RegularSeries one in series)
        {
            var run = new SeriesRun(this, one);
            run.Run(cancellation);
            progress?.Report(new(++tested, series.Count));
            if (run.Origins == 0)
            {
                continue;
            }
            scored++;
            origins += run.Origins;
            lastIndex = Math.Max(lastIndex, run.LastIndex);
            unknown += run.WithoutBaseline;
            var sum = new ScoreAccumulator(shape);
            for (int i = 0; i < totals.Length; i++)
            {
                totals[i].Merge(run.Scores[i]);
                sum.Merge(run.Scores[i]);
            }
            unscaled += sum.Model.Scaled.UnscaledCount;
            reports.Add(ReportOf(one.Key, run.Origins, sum.ToScores()));
        }
        if (origins == 0)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"Nothing can be scored: no series has a forecast and values from {options.From.UtcDateTime:yyyy-MM-dd HH:mm}Z on; choose "
                + $"an earlier beginning, or give longer series."));
        }
        ForecastScores overall = Sum(totals);
        if (overall.Model.Count == 0)
        {
            throw new ArgumentException("Nothing can be scored: all values that were forecast are missing.");
        }
        DateTimeOffset begin = grid.StartOf(fromIndex);
        if (first.FittedUntil is { } end && end > begin)
        {
            notices.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"The model was trained on what it is tested on, so that its errors are too small: its training used intervals up to "
                + $"{end.UtcDateTime:yyyy-MM-dd HH:mm}Z, and the test begins at {begin.UtcDateTime:yyyy-MM-dd HH:mm}Z. Pass the beginning "
                + $"of the test to Fit, as ValidateUntil."));
        }
        if (scored < series.Count)
        {
            notices.Add(FormattableString.Invariant(
                $"{series.Count - scored} of {series.Count} series have no forecast in the scored time."));
        }
        if (unscaled > 0)
        {
            notices.Add(FormattableString.Invariant(
                $"{unscaled} values count in no MASE: their series is constant, or shorter than a season, before the scored time."));
        }
        if (unknown > 0)
        {
            notices.Add(FormattableString.Invariant($"{unknown} values were not scored, because no earlier value of them is known."));
        }
        if (seasons[0] == 1)
        {
            notices.Add(options.Season is not null || grid.Seasons.Count == 0
                ? "There is no season, so that the seasonal naive forecast is the last value."
                : FormattableString.Invariant($"No series has two seasons of {grid.Seasons[0]} intervals before the scored time, so that ")
                    + "the seasonal naive forecast is the last value.");
        }
        if (overall.ConformalInterval.Count == 0)
        {
            notices.Add(HasConformal ? "Too few errors are known for conformal intervals; test a longer time."
                : "There are no conformal intervals: for this horizon, too many forecasts would wait for their truth.");
        }
        AnomalyReport? anomalies = first.IsDistribution ? Anomalies(notices) : null;
        return new()
        {
            Model = model,
            Grid = grid.ToString(),
            From = grid.StartOf(fromIndex),
            To = grid.StartOf(lastIndex),
            Horizon = first.Horizon,
            Season = season,
            Levels = shape.Levels,
            SeriesCount = scored,
            Origins = origins,
            Refits = fitted.Keys.Count(static k => k > 0),
            Overall = overall,
            Targets = [.. targets.Select((name, i) => new TargetReport
            {
                Name = name,
                Scores = Sum(totals.AsSpan(i * first.Horizon, first.Horizon)),
                Steps = [.. totals.AsSpan(i * first.Horizon, first.Horizon).ToArray().Select(static s => s.ToScores())],
            })],
            Series = reports,
            Periods = periods.ToReports(grid),
            Anomalies = anomalies,
            Samples = [.. samples, .. worst.Forecasts],
            Notices = notices,
        };
    }

    private bool HasConformal => targets.Count * (first.Horizon + 1L) * first.Horizon / 2 <= MaxPending;

    private static SeriesReport ReportOf(string key, long origins, ForecastScores scores) => new()
    {
        Key = key,
        Origins = origins,
        Model = scores.Model,
        Skill = scores.Skill,
        PinballLoss = scores.PinballLoss,
        RankedProbabilityScore = scores.RankedProbabilityScore,
        LogLikelihood = scores.LogLikelihood,
        Coverage = scores.Intervals.Count > 0 ? scores.Intervals[0].Coverage : double.NaN,
        ConformalCoverage = scores.ConformalInterval.Coverage,
    };

    private long FirstIndexFrom(DateTimeOffset time)
    {
        long index = grid.IndexOf(time);
        return grid.StartOf(index) < time ? index + 1 : index;
    }

    private long FirstIndexOf(RegularSeries one) => grid.IndexOf(one.TimeOf(0));

    private ScoreAccumulator[] Accumulators() =>
        [.. Enumerable.Range(0, targets.Count * first.Horizon).Select(_ => new ScoreAccumulator(shape))];

    private ForecastScores Sum(ReadOnlySpan<ScoreAccumulator> accumulators)
    {
        var sum = new ScoreAccumulator(shape);
        foreach (ScoreAccumulator accumulator in accumulators)
        {
            sum.Merge(accumulator);
        }
        return sum.ToScores();
    }

    private OriginForecaster ForecasterOf(int segment)
    {
        if (!fitted.TryGetValue(segment, out OriginForecaster? forecaster))
        {
            forecaster = segment == 0 ? first : refit!(grid.StartOf(fromIndex + (long)segment * options.RefitEvery!.Value));
            if (forecaster.Horizon != first.Horizon || !forecaster.Targets.SequenceEqual(targets)
                || !forecaster.Levels.SequenceEqual(first.Levels) || forecaster.HasDensity != first.HasDensity)
            {
                throw new InvalidOperationException("A model that was fitted anew has another horizon, other targets or another loss.");
            }
            fitted[segment] = forecaster;
        }
        return forecaster;
    }

    private AnomalyReport Anomalies(List<string> notices)
    {
        // Values may be missing and series may end, so that only counting tells how many scores a day has.
        double days = testScores.Count == 0 ? double.NaN : (lastTested - firstTested + 1) / grid.IntervalsPerDay,
            scoresPerDay = testScores.Count / days, wanted = options.AlarmsPerDay ?? Math.Min(1, scoresPerDay / ScoresPerAlarm);
        double threshold = wanted < scoresPerDay
            ? referenceScores.Threshold(wanted / scoresPerDay * referenceScores.Count) : double.NaN;
        if (wanted >= scoresPerDay)
        {
            notices.Add(FormattableString.Invariant(
                $"There is no threshold of anomalies: {wanted:G4} alarms a day are wanted, of only {scoresPerDay:G4} scores a day."));
        }
        else if (double.IsNaN(threshold))
        {
            notices.Add("There is no threshold of anomalies: the reference has fewer than 100 scores, or the test none.");
        }
        Anomaly[] alarms = [.. likeliest.UnorderedItems.Select(static i => i.Element).Where(a => a.Score > threshold)];
        // If all that are held are alarms, there may be more of them.
        long count = alarms.Length < MaxAlarms
            ? alarms.Length : Math.Max(MaxAlarms, (long)Math.Round(testScores.CountAbove(threshold)));
        return new()
        {
            WantedPerDay = wanted,
            Threshold = threshold,
            ReferenceCount = referenceScores.Count,
            Count = testScores.Count,
            ScoresPerDay = scoresPerDay,
            AlarmCount = count,
            PerDay = double.IsNaN(threshold) ? double.NaN : count / days,
            Alarms = [.. alarms.OrderByDescending(static a => a.Score).Take(ListedAlarms).OrderBy(static a => a.Time)],
        };
    }

    private void AddTestScore(RegularSeries one, int target, int row, double score, OriginForecaster forecaster, int step)
    {
        testScores.Add(score);
        if (likeliest.Count == MaxAlarms && likeliest.TryPeek(out _, out double smallest) && smallest >= score)
        {
            return;
        }
        likeliest.Enqueue(
            new()
            {
                Series = one.Key,
                Target = targets[target],
                Time = one.TimeOf(row),
                Score = score,
                Truth = one.Column(target)[row],
                Forecast = forecaster.Value(target, step),
            },
            score);
        if (likeliest.Count > MaxAlarms)
        {
            likeliest.Dequeue();
        }
    }

    /// <summary>The way through one series.</summary>
    private sealed class SeriesRun
    {
        private readonly BacktestEngine engine;
        private readonly RegularSeries series;
        private readonly int horizon, levelCount, rows, originStart, referenceStart, minErrors;
        private readonly long firstIndex;
        private readonly Baselines[] baselines;
        private readonly ConformalIntervals? conformal;
        private readonly double[] scales, truth, values, quantiles, lower, upper, conformalLower, conformalUpper, simple;
        private readonly bool[] isReady;
        private readonly Dictionary<int, string> planned = [];

        /// <summary>The row of the forecaster's last forecast; below 0: there is none.</summary>
        private int lastOrigin;

        public SeriesRun(BacktestEngine engine, RegularSeries series)
        {
            (this.engine, this.series, horizon) = (engine, series, engine.first.Horizon);
            firstIndex = engine.FirstIndexOf(series);
            rows = (int)Math.Clamp(engine.toIndex - firstIndex, 0, series.Rows);
            // The row after an origin is the first one that is scored.
            originStart = (int)Math.Clamp(engine.fromIndex - firstIndex - 1, 0, rows);
            int known = (int)Math.Clamp(engine.fromIndex - firstIndex, 0, rows);
            referenceStart = (int)Math.Min(originStart, known - Math.Floor(known * engine.options.ReferenceFraction));
            int targets = engine.targets.Count, count = targets * horizon;
            levelCount = engine.shape.Levels.Length;
            // A season beyond the last forecast interval is never complete: memory is that of the series, however long the season.
            int longest = (int)Math.Min(series.Rows + horizon + 1L, Array.MaxLength);
            int[] seasons = [.. engine.seasons.Select(s => Math.Min(s, longest))];
            baselines = [.. Enumerable.Range(0, targets).Select(_ => new Baselines(seasons))];
            conformal = engine.HasConformal ? new(targets, horizon, engine.shape.ConformalCoverage, engine.options.Conformal) : null;
            minErrors = (int)Math.Ceiling(engine.shape.ConformalCoverage / (1 - engine.shape.ConformalCoverage) - 1e-9);
            scales = [.. Enumerable.Range(0, targets).Select(t => ScaledError.ScaleOf(series.Column(t)[..known], engine.season))];
            truth = new double[targets];
            values = new double[count];
            quantiles = new double[count * levelCount];
            (lower, upper, conformalLower, conformalUpper) = (new double[count], new double[count], new double[count], new double[count]);
            isReady = new bool[count];
            conformalLower.AsSpan().Fill(double.NaN);
            conformalUpper.AsSpan().Fill(double.NaN);
            simple = new double[2 + engine.seasons.Count];
            Scores = engine.Accumulators();
        }

        public ScoreAccumulator[] Scores { get; }

        public long Origins { get; private set; }

        /// <summary>The number of the last interval that was scored.</summary>
        public long LastIndex { get; private set; } = long.MinValue;

        /// <summary>Values that were not scored, since no simple forecast is there.</summary>
        public long WithoutBaseline { get; private set; }

        public void Run(CancellationToken cancellation)
        {
            PlanSamples();
            // After the last row nothing comes that a forecast could be compared with.
            int origins = rows - 1, segmentRows = engine.options.RefitEvery ?? int.MaxValue;
            for (int row = 0, segment = 0; row < origins; segment++)
            {
                // An origin belongs to the segment in which the row after it lies.
                long segmentEnd = engine.fromIndex - firstIndex - 1 + (segment + 1L) * segmentRows;
                int end = (int)Math.Min(origins, segmentEnd);
                if (end <= row)
                {
                    continue;
                }
                OriginForecaster forecaster = engine.ForecasterOf(segment);
                forecaster.Begin(series);
                lastOrigin = -1;
                for (int past = 0; past < row; past++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    lastOrigin = forecaster.Step(past) ? past : lastOrigin;
                }
                for (; row < end; row++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Step(forecaster, row);
                }
            }
        }

        /// <summary>Only the first series is shown at fixed places, with a whole horizon of truth where there is one.</summary>
        private void PlanSamples()
        {
            int last = rows - 2;
            if (engine.samples.Count > 0 || last < originStart)
            {
                return;
            }
            int whole = Math.Max(originStart, rows - 1 - horizon);
            planned.TryAdd(originStart, "first");
            planned.TryAdd(originStart + (whole - originStart) / 2, "middle");
            planned.TryAdd(whole, "last");
        }

        private void Step(OriginForecaster forecaster, int row)
        {
            for (int target = 0; target < truth.Length; target++)
            {
                truth[target] = series.Column(target)[row];
                baselines[target].Add(truth[target]);
            }
            conformal?.Observe(truth);
            bool hasForecast = forecaster.Step(row);
            lastOrigin = hasForecast ? row : lastOrigin;
            if (row < referenceStart)
            {
                return;
            }
            if (forecaster.IsDistribution)
            {
                AddTailProbabilities(forecaster, row);
            }
            if (!hasForecast)
            {
                if (planned.Remove(row, out string? reason))
                {
                    planned.TryAdd(row + 1, reason);
                }
                return;
            }
            ReadForecast(forecaster);
            if (row < originStart)
            {
                return;
            }
            Origins++;
            Score(forecaster, row);
            if (planned.Remove(row, out string? why))
            {
                engine.samples.AddRange(Sample(row, why));
            }
        }

        private void ReadForecast(OriginForecaster forecaster)
        {
            (int Lower, int Upper)[] pairs = engine.shape.Pairs;
            for (int i = 0; i < values.Length; i++)
            {
                int target = i / horizon, step = i % horizon;
                values[i] = forecaster.Value(target, step);
                Span<double> levels = quantiles.AsSpan(i * levelCount, levelCount);
                if (levelCount > 0)
                {
                    forecaster.ReadQuantiles(target, step, levels);
                }
                (lower[i], upper[i]) = pairs.Length > 0 ? (levels[pairs[0].Lower], levels[pairs[0].Upper]) : (values[i], values[i]);
                isReady[i] = conformal is not null && conformal.ErrorCount(target, step) >= minErrors;
            }
            conformal?.Predict(lower, upper, conformalLower, conformalUpper);
        }

        /// <summary>Scores the values of the row after this one by the newest forecast of them, as a live stream does.</summary>
        private void AddTailProbabilities(OriginForecaster forecaster, int row)
        {
            int step = row - lastOrigin;
            if (lastOrigin < 0 || step >= horizon)
            {
                return;
            }
            for (int target = 0; target < truth.Length; target++)
            {
                double next = series.Column(target)[row + 1];
                double score = double.IsNaN(next) ? double.NaN
                    : AnomalyThreshold.ScoreOf(forecaster.TailProbability(target, step, next));
                if (double.IsNaN(score))
                {
                    continue;
                }
                if (row < originStart)
                {
                    engine.referenceScores.Add(score);
                }
                else
                {
                    engine.AddTestScore(series, target, row + 1, score, forecaster, step);
                    engine.firstTested = Math.Min(engine.firstTested, firstIndex + row + 1);
                    engine.lastTested = Math.Max(engine.lastTested, firstIndex + row + 1);
                    engine.periods.AddAnomaly(firstIndex + row + 1, score);
                }
            }
        }

        private void Score(OriginForecaster forecaster, int row)
        {
            double errors = 0;
            int count = 0, steps = Math.Min(horizon, rows - row - 1);
            LastIndex = Math.Max(LastIndex, firstIndex + row + steps);
            for (int target = 0; target < truth.Length; target++)
            {
                ReadOnlySpan<double> column = series.Column(target);
                double scale = scales[target];
                for (int step = 0; step < steps; step++)
                {
                    double came = column[row + 1 + step];
                    if (double.IsNaN(came))
                    {
                        continue;
                    }
                    if (!baselines[target].HasForecast)
                    {
                        WithoutBaseline++;
                        continue;
                    }
                    int i = target * horizon + step;
                    baselines[target].Forecast(step, simple);
                    ScoreAccumulator scores = Scores[i];
                    scores.AddValue(values[i], simple, came, scale);
                    if (levelCount > 0)
                    {
                        scores.AddQuantiles(quantiles.AsSpan(i * levelCount, levelCount), came);
                        scores.AddRanked(forecaster.RankedProbabilityScore(target, step, came), came);
                    }
                    if (forecaster.HasDensity)
                    {
                        scores.AddLogDensity(forecaster.LogDensity(target, step, came), came);
                    }
                    if (isReady[i])
                    {
                        scores.AddConformal(lower[i], upper[i], conformalLower[i], conformalUpper[i], came);
                    }
                    engine.periods.Add(
                        firstIndex + row + 1 + step, values[i], simple[engine.shape.Reference], came, scale, (lower[i], upper[i]),
                        isReady[i] ? (conformalLower[i], conformalUpper[i]) : (double.NaN, double.NaN));
                    errors += Math.Abs(values[i] - came) / (scale > 0 ? scale : 1);
                    count++;
                }
            }
            if (count > 0 && errors / count > engine.worst.Error)
            {
                engine.worst = (Sample(row, "worst"), errors / count);
            }
        }

        private SampledForecast[] Sample(int row, string reason)
        {
            const int maxTargets = 6, minHistory = 24, maxHistory = 1000;
            int from = Math.Max(0, row + 1 - Math.Clamp(2 * horizon, minHistory, maxHistory));
            int[] history = [.. Enumerable.Range(from, row + 1 - from)], ahead = [.. Enumerable.Range(0, horizon)];
            return
            [
                .. Enumerable.Range(0, Math.Min(maxTargets, truth.Length)).Select(target => new SampledForecast
                {
                    Reason = reason,
                    Series = series.Key,
                    Target = engine.targets[target],
                    HistoryTimes = [.. history.Select(series.TimeOf)],
                    History = [.. history.Select(r => series.Column(target)[r])],
                    Times = [.. ahead.Select(s => series.TimeOf(row + 1 + s))],
                    Truth = [.. ahead.Select(s => row + 1 + s < rows ? series.Column(target)[row + 1 + s] : double.NaN)],
                    Forecast = values.AsSpan(target * horizon, horizon).ToArray(),
                    Lower = engine.shape.Pairs.Length > 0 ? lower.AsSpan(target * horizon, horizon).ToArray() : [],
                    Upper = engine.shape.Pairs.Length > 0 ? upper.AsSpan(target * horizon, horizon).ToArray() : [],
                    ConformalLower = conformalLower.AsSpan(target * horizon, horizon).ToArray(),
                    ConformalUpper = conformalUpper.AsSpan(target * horizon, horizon).ToArray(),
                    Baseline = [.. ahead.Select(s =>
                    {
                        baselines[target].Forecast(s, simple);
                        return simple[engine.shape.Reference];
                    })],
                }),
            ];
        }
    }
}
