using System.Diagnostics;
using AarenGen;

namespace Browser;

/// <summary>An interval of 80 % and its median, of one hour.</summary>
public sealed record Band(DateTimeOffset Time, double Lower, double Median, double Upper);

/// <summary>An hour that has come: its value, what was forecast of it an hour before, and whether that is an alarm.</summary>
public sealed record Hour(DateTimeOffset Time, double Value, Band? Forecast, double Score, bool IsAlarm);

/// <summary>What the page does, without the page: trains on the first part of a series, scores on the next, and streams the last.</summary>
public sealed class Session
{
    /// <summary>Passes over the part for training.</summary>
    public const int Epochs = 24;

    private const double AlarmsPerDay = 1.0 / 7;
    private const int HoursPerDay = 24;

    private readonly Forecaster model = Forecaster.Create(seed: 1);
    private AnomalyThreshold threshold = new(AlarmsPerDay, HoursPerDay);
    private SeriesState<Forecaster>? state;
    private int next;

    /// <summary>Divides a series: 5/7 for training, 1/7 for validation, 1/7 for the stream.</summary>
    /// <param name="readings">At most one an hour, in order, <see cref="TableUpload.MinDays"/> or more.</param>
    public Session(IReadOnlyList<Reading> readings)
    {
        Readings = readings;
        DateTimeOffset first = readings[0].Time;
        double days = (readings[^1].Time - first).TotalDays + 1.0 / HoursPerDay;
        (ValidateFrom, LiveFrom) = (first.AddDays(Math.Floor(days * 5 / 7)), first.AddDays(Math.Floor(days * 6 / 7)));
    }

    public IReadOnlyList<Reading> Readings { get; }

    public DateTimeOffset ValidateFrom { get; }

    public DateTimeOffset LiveFrom { get; }

    /// <summary>The model beside simple forecasts on the part for validation; null before the training.</summary>
    public BacktestReport? Validation { get; private set; }

    /// <summary>Mean time of a step in the last warm-up.</summary>
    public double MicrosecondsPerStep { get; private set; }

    /// <summary>The hours that came, the part for validation included.</summary>
    public List<Hour> Hours { get; } = [];

    /// <summary>The newest forecast; empty before the first.</summary>
    public IReadOnlyList<Band> Ahead { get; private set; } = [];

    public bool HasEnded => next >= Readings.Count;

    /// <summary>Trains in pieces between which the page lives. Cancelled, the model keeps what it has learnt.</summary>
    /// <returns>False where it was cancelled.</returns>
    public async Task<bool> TrainAsync(IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        bool isWhole = true;
        try
        {
            // One sequence a step and none twice: here time is dearer than the last percent.
            await model.FitAsync(
                Readings, new()
                {
                    TrainUntil = ValidateFrom,
                    ValidateUntil = LiveFrom,
                    WindowLength = 4 * HoursPerDay,
                    Stride = 4 * HoursPerDay,
                    Training = new() { Epochs = Epochs, BatchSize = 1, LearningRate = 8e-3 },
                },
                progress, cancellation);
        }
        catch (OperationCanceledException)
        {
            isWhole = false;
        }
        Validation = model.Backtest(Readings, new() { From = ValidateFrom, To = LiveFrom }, cancellationToken: CancellationToken.None);
        return isWhole;
    }

    /// <summary>Begins the stream: the part for validation brings the state up to date and says which scores are usual.</summary>
    public void Begin()
    {
        state = model.CreateSeriesState("");
        threshold = new(AlarmsPerDay, HoursPerDay);
        Hours.Clear();
        Ahead = [];
        next = 0;
        while (Readings[next].Time < ValidateFrom)
        {
            next++;
        }
        int from = next;
        var scores = new List<double>();
        TimeSpan elapsed = TimeSpan.Zero;
        while (next < Readings.Count && Readings[next].Time < LiveFrom)
        {
            elapsed += Step();
            scores.Add(Hours[^1].Score);
        }
        scores.ForEach(threshold.Add);
        MicrosecondsPerStep = elapsed.TotalMicroseconds / (next - from);
    }

    /// <summary>Takes the next hour of the series.</summary>
    /// <returns>What the model's step took.</returns>
    public TimeSpan Step()
    {
        Reading reading = Readings[next++];
        long started = Stopwatch.GetTimestamp();
        Forecaster.Forecast forecast = model.Step(state!, reading)!.Value;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        double score = forecast.Value.Anomaly;
        Hours.Add(new(
            reading.Time, reading.Value ?? double.NaN, Ahead.FirstOrDefault(b => b.Time == reading.Time), score,
            threshold.IsAnomaly(score)));
        var ahead = new Band[forecast.Value.Count];
        for (int h = 0; h < ahead.Length; h++)
        {
            var hour = forecast.Value[h];
            ahead[h] = new(forecast.TimeOf(h), hour.Quantile(0.1), hour.Median, hour.Quantile(0.9));
        }
        Ahead = ahead;
        return elapsed;
    }
}
