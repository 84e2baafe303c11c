using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>Training on a device, or on what stands in for one, beside the CPU's.</summary>
[Collection(Requirements.Device)]
public sealed class DeviceTrainingTests : TemporaryFolder
{
    private static readonly SequenceList Train = Waves(40, seed: 1), Validation = Waves(7, seed: 2);

    // 5 steps an epoch.
    private static readonly TrainingOptions Options =
        new() { Epochs = 40, BatchSize = 8, Threads = 2, Seed = 3, LearningRate = 3e-3, Device = Device.Cuda };

    [DeviceFact]
    public void Two_hundred_steps_equal_those_of_the_CPU()
    {
        (GoldenPre onDevice, TrainingReport device) = Fit(Options);
        (GoldenPre onCpu, TrainingReport cpu) = Fit(Options with { Device = Device.Cpu });
        Assert.Equal(200, device.Steps);
        Assert.Equal(cpu.Tokens, device.Tokens);
        Assert.True(
            device.Epochs[^1].TrainingLoss < 0.5 * device.Epochs[0].TrainingLoss,
            $"{device.Epochs[^1].TrainingLoss} after {device.Epochs[0].TrainingLoss}");
        foreach ((EpochReport wanted, EpochReport got) in cpu.Epochs.Zip(device.Epochs))
        {
            Assert.Equal(wanted.TrainingLoss, got.TrainingLoss, wanted.TrainingLoss * 1e-3);
            Assert.Equal(wanted.ValidationLoss!.Value, got.ValidationLoss!.Value, wanted.ValidationLoss.Value * 1e-3);
        }
        Assert.Equal(
            device.BestEpoch == cpu.BestEpoch ? onCpu.Evaluate(Validation) : device.Epochs[device.BestEpoch - 1].ValidationLoss!.Value,
            onDevice.Evaluate(Validation), 1e-3);
    }

    [DeviceFact]
    public void A_run_is_repeatable_bit_for_bit()
    {
        TrainingOptions few = Options with { Epochs = 3 };
        (GoldenPre first, TrainingReport report) = Fit(few);
        (GoldenPre second, TrainingReport again) = Fit(few);
        Assert.Equal(first.Weights.ToArray(), second.Weights.ToArray());
        Assert.Equal(report.Epochs, again.Epochs);
    }

    [DeviceFact]
    public async Task A_run_that_changes_threads_is_the_same()
    {
        TrainingOptions few = Options with { Epochs = 3 };
        (GoldenPre whole, TrainingReport report) = Fit(few);
        GoldenPre divided = GoldenPre.Create(seed: 1);
        var threads = new ThreadReports();
        Task<TrainingReport> training = await Task.Run(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new NewThreads());
            Task<TrainingReport> begun = divided.FitAsync(Train, Validation, few, threads);
            SynchronizationContext.SetSynchronizationContext(null);
            return Task.FromResult(begun);
        });
        TrainingReport again = await training;
        Assert.Equal(whole.Weights.ToArray(), divided.Weights.ToArray());
        Assert.Equal(report.Epochs, again.Epochs);
        Assert.InRange(threads.Seen.Count, few.Epochs, int.MaxValue);
    }

    [DeviceTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_checkpoint_of_one_device_resumes_on_the_other(bool beginsOnDevice)
    {
        TrainingOptions whole = Options with { Epochs = 6, CheckpointPath = At("checkpoint.safetensors") };
        (_, TrainingReport unbroken) = Fit(whole with { Device = Device.Cpu, CheckpointPath = null });
        using var cancellation = new CancellationTokenSource();
        var stop = new Stopper(after: 3, cancellation);
        Assert.Throws<OperationCanceledException>(() => GoldenPre.Create(seed: 1).Fit(
            Train, Validation, whole with { Device = beginsOnDevice ? Device.Cuda : Device.Cpu }, stop, cancellation.Token));
        (_, TrainingReport resumed) = Fit(whole with { Device = beginsOnDevice ? Device.Cpu : Device.Cuda, Resume = true });
        Assert.Equal(6, resumed.Epochs.Count);
        foreach ((EpochReport wanted, EpochReport got) in unbroken.Epochs.Zip(resumed.Epochs))
        {
            Assert.Equal(wanted.TrainingLoss, got.TrainingLoss, wanted.TrainingLoss * 1e-3);
        }
    }

    [DeviceFact]
    public void A_non_finite_loss_is_reported_with_its_step()
    {
        // A target and an output, by the last layer's bias, whose difference is beyond all floats.
        SequenceList data = Weighted(1, 20);
        data.Add(new float[3], [.. Enumerable.Repeat(-3e38f, 5)]);
        GoldenPre model = GoldenPre.Create(seed: 1);
        model.Weights[GoldenPre.Description.Parameters[^1].Offset] = 3e38f;
        model.WeightsChanged();

        TrainingDivergedException e = Assert.Throws<TrainingDivergedException>(() => model.Fit(data, options: Options with { Epochs = 2 }));

        Assert.Equal(1, e.Step);
    }

    [DeviceFact]
    public void Batches_without_weight_change_nothing()
    {
        SequenceList data = Weighted(1, 5), none = Weighted(0, 5);
        SequenceList both = Weighted(1, 5);
        both.Add(new float[15], new float[25], new float[5]);
        TrainingOptions options = Options with { Epochs = 1, BatchSize = 1, WarmupSteps = 0, FinalLearningRateFraction = 1 };
        GoldenPre one = GoldenPre.Create(seed: 1), two = GoldenPre.Create(seed: 1);
        Assert.Equal(one.Fit(data, null, options).Epochs, two.Fit(both, null, options).Epochs);
        Assert.Equal(one.Weights.ToArray(), two.Weights.ToArray());
        Assert.Throws<ArgumentException>("train", () => one.Fit(none, null, options));
    }

    /// <summary>Like a batch whose tokens have no weight.</summary>
    [DeviceFact]
    public void Batches_that_lack_all_targets_change_nothing()
    {
        SequenceList data = Weighted(1, 5), none = new(3, 5), both = Weighted(1, 5);
        float[] missing = [.. Enumerable.Repeat(float.NaN, 25)];
        none.Add(new float[15], missing);
        both.Add(new float[15], missing);
        TrainingOptions options = Options with { Epochs = 1, BatchSize = 1, WarmupSteps = 0, FinalLearningRateFraction = 1 };
        GoldenPre one = GoldenPre.Create(seed: 1), two = GoldenPre.Create(seed: 1);
        Assert.Equal(one.Fit(data, both, options).Epochs, two.Fit(both, data, options).Epochs);
        Assert.Equal(one.Weights.ToArray(), two.Weights.ToArray());
        Assert.Throws<ArgumentException>("train", () => one.Fit(none, null, options));
        Assert.Throws<ArgumentException>("validation", () => one.Fit(data, none, options));
    }

    [DeviceFact]
    public void A_training_that_lacks_targets_equals_the_CPUs()
    {
        SequenceList train = Waves(40, seed: 1, missing: 0.3), validation = Waves(7, seed: 2, missing: 0.3);
        TrainingOptions options = Options with { Epochs = 10 };
        TrainingReport device = GoldenPre.Create(seed: 1).Fit(train, validation, options),
            cpu = GoldenPre.Create(seed: 1).Fit(train, validation, options with { Device = Device.Cpu });
        Assert.True(device.Epochs[^1].ValidationLoss < 0.8 * device.Epochs[0].ValidationLoss);
        foreach ((EpochReport wanted, EpochReport got) in cpu.Epochs.Zip(device.Epochs))
        {
            Assert.Equal(wanted.TrainingLoss, got.TrainingLoss, wanted.TrainingLoss * 1e-3);
            Assert.Equal(wanted.ValidationLoss!.Value, got.ValidationLoss!.Value, wanted.ValidationLoss.Value * 1e-3);
        }
    }

    /// <summary>Only the ratio of weights matters, and a power of two changes no bit of it.</summary>
    [DeviceTheory]
    [InlineData(-140)]
    [InlineData(125)]
    public void Weights_of_any_size_train_as_1_does(int exponent)
    {
        TrainingOptions options = Options with { Epochs = 2 };
        float weight = MathF.ScaleB(1, exponent);
        GoldenPre one = GoldenPre.Create(seed: 1), scaled = GoldenPre.Create(seed: 1);
        Assert.Equal(
            one.Fit(Weighted(1, 5), Weighted(1, 4), options).Epochs, scaled.Fit(Weighted(weight, 5), Weighted(weight, 4), options).Epochs);
        Assert.Equal(one.Weights.ToArray(), scaled.Weights.ToArray());
    }

    [DeviceTheory]
    [InlineData(1e-40f)]
    [InlineData(1e-45f)]
    [InlineData(float.MaxValue)]
    public void Weights_at_the_ends_of_float_leave_finite_weights(float weight)
    {
        foreach (float[] weights in (float[][])[[weight], [weight, 0], [1, weight], [weight, weight, weight]])
        {
            SequenceList data = Weighted(weights);
            GoldenPre model = GoldenPre.Create(seed: 1);
            TrainingReport report = model.Fit(data, data, Options with { Epochs = 2 });
            Assert.All(report.Epochs, static e => Assert.True(double.IsFinite(e.TrainingLoss) && double.IsFinite(e.ValidationLoss!.Value)));
            Assert.All(model.Weights.ToArray(), static w => Assert.True(float.IsFinite(w)));
        }
    }

    [DeviceFact]
    public void An_exception_of_a_listener_passes_through_and_leaves_the_weights_of_the_last_step()
    {
        GoldenPre stopped = GoldenPre.Create(seed: 1), whole = GoldenPre.Create(seed: 1);
        // The learning rate is constant, so that the steps of the first two epochs do not depend on how many follow.
        TrainingOptions options = Options with { Epochs = 2, WarmupSteps = 0, FinalLearningRateFraction = 1 };
        whole.Fit(Train, null, options);

        Assert.Throws<NotSupportedException>(() => stopped.Fit(Train, null, options with { Epochs = 9 }, new Thrower(steps: 10)));

        Assert.Equal(whole.Weights.ToArray(), stopped.Weights.ToArray());
    }

    [DeviceFact]
    public void An_exception_of_the_data_passes_through_and_leaves_the_weights_of_the_last_step()
    {
        GoldenPre stopped = GoldenPre.Create(seed: 1), whole = GoldenPre.Create(seed: 1);
        TrainingOptions options = Options with { Epochs = 1, WarmupSteps = 0, FinalLearningRateFraction = 1 };
        whole.Fit(Train, null, options);

        // Each sequence is read once before the first step and once an epoch.
        var data = new Failing(Train, reads: 2 * Train.Count);
        Assert.Throws<NotSupportedException>(() => stopped.Fit(data, null, options with { Epochs = 2 }));

        Assert.Equal(whole.Weights.ToArray(), stopped.Weights.ToArray());
    }

    /// <summary>One sequence whose tokens all have a weight.</summary>
    private static SequenceList Weighted(float weight, int length) => Weighted([.. Enumerable.Repeat(weight, length)]);

    /// <summary>One sequence whose tokens have these weights.</summary>
    private static SequenceList Weighted(float[] weights)
    {
        var data = new SequenceList(3, 5);
        data.Add(
            [.. Enumerable.Range(0, weights.Length * 3).Select(static i => MathF.Sin(i))],
            [.. Enumerable.Range(0, weights.Length * 5).Select(static i => MathF.Cos(i))], weights);
        return data;
    }

    private static (GoldenPre, TrainingReport) Fit(TrainingOptions options)
    {
        GoldenPre model = GoldenPre.Create(seed: 1);
        return (model, model.Fit(Train, Validation, options));
    }

    /// <summary>Waves of several lengths; the task is to predict the next samples, of which a fraction is missing.</summary>
    private static SequenceList Waves(int count, int seed, double missing = 0)
    {
        Random random = new(seed), gaps = new(seed);
        var data = new SequenceList(3, 5);
        for (int i = 0; i < count; i++)
        {
            int length = random.Next(3, 40);
            double phase = random.NextDouble() * 6, speed = 0.1 + random.NextDouble() * 0.3;
            float At(int t, int channel) => (float)Math.Sin(phase + speed * t + channel);
            data.Add(
                [.. Enumerable.Range(0, length * 3).Select(j => At(j / 3, j % 3))],
                [.. Enumerable.Range(0, length * 5).Select(j => gaps.NextDouble() < missing ? float.NaN : At(j / 5 + 1, j % 5))]);
        }
        return data;
    }

    /// <summary>Continues each piece of a training on a thread that has never seen the device.</summary>
    private sealed class NewThreads : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            var thread = new Thread(() =>
            {
                SetSynchronizationContext(this);
                d(state);
            });
            thread.Start();
        }
    }

    /// <summary>Notes the threads of the reports, and takes longer than a piece of a training may.</summary>
    private sealed class ThreadReports : IProgress<TrainingProgress>
    {
        public HashSet<Thread> Seen { get; } = [];

        public void Report(TrainingProgress value)
        {
            Seen.Add(Thread.CurrentThread);
            Thread.Sleep(15);
        }
    }

    private sealed class Thrower(long steps) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == steps)
            {
                throw new NotSupportedException();
            }
        }
    }

    /// <summary>Sequences that cannot be read any more after a number of reads.</summary>
    private sealed class Failing(SequenceData inner, int reads) : SequenceData
    {
        private int done;

        public override int Count => inner.Count;

        public override int TokenWidth => inner.TokenWidth;

        public override int TargetWidth => inner.TargetWidth;

        public override int GetLength(int index) => inner.GetLength(index);

        public override void ReadTokens(int index, Span<float> tokens)
        {
            if (done++ == reads)
            {
                throw new NotSupportedException();
            }
            inner.ReadTokens(index, tokens);
        }

        public override float ReadTarget(int index, int token, Span<float> target) => inner.ReadTarget(index, token, target);
    }

    private sealed class Stopper(int after, CancellationTokenSource cancellation) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Epoch >= after)
            {
                cancellation.Cancel();
            }
        }
    }
}
