using System.Collections.Concurrent;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Trainings that give their thread back: a page has one, which must serve the user meanwhile.</summary>
public sealed class FitAsyncTests
{
    private static readonly TrainingOptions Options = new() { Epochs = 4, BatchSize = 5, Threads = 1 };

    [Fact]
    public void The_thread_is_given_back_and_the_result_is_the_same()
    {
        EveryLayer whole = EveryLayer.Create(seed: 2), divided = EveryLayer.Create(seed: 2);
        TrainingReport expected = whole.Fit(Data(), Data(), Options);
        using var loop = new EventLoop();
        int thread = Environment.CurrentManagedThreadId;
        var reports = new SlowReports(check: () => Assert.Equal(thread, Environment.CurrentManagedThreadId));
        TrainingReport report = loop.Run(() => divided.FitAsync(Data(), Data(), Options, reports));
        Assert.Equal(whole.Weights.ToArray(), divided.Weights.ToArray());
        Assert.Equal(expected.Epochs, report.Epochs);
        // Each report takes longer than a piece may, so that a piece ends with each epoch.
        Assert.InRange(reports.Count, Options.Epochs, int.MaxValue);
        Assert.InRange(loop.Turns, Options.Epochs, int.MaxValue);
    }

    [Fact]
    public void What_is_done_between_two_pieces_can_stop_it_and_cannot_train_the_same_model()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        using var stop = new CancellationTokenSource();
        using var loop = new EventLoop();
        loop.Run(async () =>
        {
            Task<TrainingReport> training = model.FitAsync(Data(), options: Options with { Epochs = 1000 }, progress: new SlowReports(),
                cancellationToken: stop.Token);
            Assert.False(training.IsCompleted);
            Assert.Throws<InvalidOperationException>(() => model.Fit(Data(), options: Options));
            await Assert.ThrowsAsync<InvalidOperationException>(() => model.FitAsync(Data(), options: Options));
            await stop.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => training);
            return true;
        });
        // Its end is not forgotten.
        Assert.Equal(Options.Epochs, model.Fit(Data(), options: Options).Epochs.Count);
    }

    [Fact]
    public async Task Mistakes_fail_the_task()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        Assert.Throws<ArgumentNullException>(() => { _ = model.FitAsync(null!); });
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => model.FitAsync(Data(), options: new() { Epochs = 0 }));
        await Assert.ThrowsAsync<ArgumentException>(() => model.FitAsync(new SequenceList(EveryLayer.InputWidth, EveryLayer.OutputWidth)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Forecasts_train_alike(int threads)
    {
        MeterReading[] records = [.. ForecastModelTests.Wave("a", 200, 300)];
        CheckAlike<PointMeters, ForecastReport>(
            threads,
            (model, options, reports, token) => model.Fit(records, new() { Training = options }, reports, token),
            (model, options, reports, token) => model.FitAsync(records, new() { Training = options }, reports, token),
            static model => Assert.NotNull(model.FittedUntil), static report => string.Join("; ", report.Errors));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Classifications_train_alike(int threads)
    {
        StrokePoint[] records = [.. Enumerable.Range(0, 30).SelectMany(static i => ClassificationTests.Stroke(i))];
        CheckAlike<StrokeClassifier, ClassificationReport>(
            threads,
            (model, options, reports, token) => model.Fit(records, new() { Training = options }, null, reports, token),
            (model, options, reports, token) => model.FitAsync(records, new() { Training = options }, null, reports, token),
            static model => null, static report => report.Validation!.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Events_train_alike(int threads)
    {
        Visit[] records = [.. Enumerable.Range(0, 10).SelectMany(static i => EventTests.Visits(i, 30))];
        CheckAlike<VisitModel, EventReport>(
            threads,
            (model, options, reports, token) => model.Fit(records, new() { Training = options }, null, reports, token),
            (model, options, reports, token) => model.FitAsync(records, new() { Training = options }, null, reports, token),
            static model => Assert.NotNull(model.FittedUntil), static report => (report.Events, report.ValidationEvents));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Decisions_train_alike(int threads)
    {
        var random = new Random(1);
        Push[] records =
        [
            .. Enumerable.Range(0, 200).Select(i => new Push
            {
                Episode = i / 20, Time = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(i),
                Position = random.NextDouble(), Force = random.NextSingle(), Brake = 0.1, Reward = random.NextDouble(),
            }),
        ];
        CheckAlike<PushPolicy, DecisionReport>(
            threads,
            (model, options, reports, token) => model.Fit(records, new() { Training = options }, null, reports, token),
            (model, options, reports, token) => model.FitAsync(records, new() { Training = options }, null, reports, token),
            static model => model.ReturnScale == 1 ? throw new InvalidOperationException("The scale is missing.") : model.ReturnScale,
            static report => report.Validation!.ToString());
    }

    /// <summary>
    /// Trains a model in one piece and another in pieces that end with each epoch at the latest: to the end, and until it is cancelled
    /// after an epoch.
    /// </summary>
    /// <param name="threads">The threads of a training.</param>
    /// <param name="fit">Trains in one piece.</param>
    /// <param name="fitAsync">Trains in pieces.</param>
    /// <param name="known">What the model knows of its training.</param>
    /// <param name="scores">The scores of a report.</param>
    private static void CheckAlike<TModel, TReport>(
        int threads, Func<TModel, TrainingOptions, IProgress<TrainingProgress>, CancellationToken, TReport> fit,
        Func<TModel, TrainingOptions, IProgress<TrainingProgress>, CancellationToken, Task<TReport>> fitAsync,
        Func<TModel, object?> known, Func<TReport, object> scores)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TrainingOptions options = Options with { Threads = threads };
        TModel whole = SequenceModel<TModel>.Create(seed: 2), divided = SequenceModel<TModel>.Create(seed: 2);
        float[] initial = whole.Weights.ToArray();
        TReport expected = fit(whole, options, new SlowReports(), default);
        using (var loop = new EventLoop())
        {
            TReport report = loop.Run(() => fitAsync(divided, options, new SlowReports(), default));
            Assert.InRange(loop.Turns, options.Epochs, int.MaxValue);
            Assert.Equal(scores(expected), scores(report));
        }
        float[] trained = whole.Weights.ToArray();
        Assert.Equal(trained, divided.Weights.ToArray());
        Assert.Equal(whole.WeightFingerprint, divided.WeightFingerprint);
        Assert.Equal(known(whole), known(divided));

        (whole, divided) = (SequenceModel<TModel>.Create(seed: 2), SequenceModel<TModel>.Create(seed: 2));
        using (var stop = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => fit(whole, options, new SlowReports(stop), stop.Token));
        }
        using (var loop = new EventLoop())
        using (var stop = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(
                () => loop.Run(() => fitAsync(divided, options, new SlowReports(stop), stop.Token)));
        }
        float[] stopped = whole.Weights.ToArray();
        Assert.NotEqual(initial, stopped);
        Assert.NotEqual(trained, stopped);
        Assert.Equal(stopped, divided.Weights.ToArray());
        Assert.Equal(whole.WeightFingerprint, divided.WeightFingerprint);
        Assert.Equal(known(whole), known(divided));
    }

    private static SequenceList Data() => TrainingTests.Data(23, 30);

    /// <summary>Takes longer than a piece of a training may, and may cancel the training after its first epoch.</summary>
    private sealed class SlowReports(CancellationTokenSource? stop = null, Action? check = null) : IProgress<TrainingProgress>
    {
        public int Count { get; private set; }

        public void Report(TrainingProgress value)
        {
            check?.Invoke();
            Count++;
            Thread.Sleep(15);
            if (value.ValidationLoss is not null)
            {
                stop?.Cancel();
            }
        }
    }

    /// <summary>One thread that does what is posted to it, as that of a page or a window.</summary>
    private sealed class EventLoop : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback, object?)> posted = [];

        /// <summary>How often the loop took something up.</summary>
        public int Turns { get; private set; }

        public override void Post(SendOrPostCallback d, object? state) => posted.Add((d, state));

        public T Run<T>(Func<Task<T>> begin)
        {
            SynchronizationContext? before = Current;
            SetSynchronizationContext(this);
            try
            {
                Task<T> task = begin();
                while (!task.IsCompleted)
                {
                    (SendOrPostCallback callback, object? state) = posted.Take();
                    Turns++;
                    callback(state);
                }
                return task.GetAwaiter().GetResult();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }

        public void Dispose() => posted.Dispose();
    }
}
