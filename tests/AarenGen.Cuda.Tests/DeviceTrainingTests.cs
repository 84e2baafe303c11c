using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>Training on a device, or on what stands in for one, beside the CPU's.</summary>
[Collection(Requirements.Device)]
public sealed class DeviceTrainingTests : TemporaryFolder
{
    private static readonly SequenceList Train = Waves(40, seed: 1), Validation = Waves(7, seed: 2);

    // 5 steps an epoch.
    private static readonly TrainingOptions Options = new() { Epochs = 40, BatchSize = 8, Threads = 2, Seed = 3, LearningRate = 3e-3, Device = Device.Cuda };

    [DeviceFact]
    public void Two_hundred_steps_go_as_on_the_CPU()
    {
        (GoldenPre onDevice, TrainingReport device) = Fit(Options);
        (GoldenPre onCpu, TrainingReport cpu) = Fit(Options with { Device = Device.Cpu });
        Assert.Equal(200, device.Steps);
        Assert.Equal(cpu.Tokens, device.Tokens);
        Assert.True(device.Epochs[^1].TrainingLoss < 0.5 * device.Epochs[0].TrainingLoss, $"{device.Epochs[^1].TrainingLoss} after {device.Epochs[0].TrainingLoss}");
        foreach ((EpochReport wanted, EpochReport got) in cpu.Epochs.Zip(device.Epochs))
        {
            Assert.Equal(wanted.TrainingLoss, got.TrainingLoss, wanted.TrainingLoss * 1e-3);
            Assert.Equal(wanted.ValidationLoss!.Value, got.ValidationLoss!.Value, wanted.ValidationLoss.Value * 1e-3);
        }
        Assert.Equal(device.BestEpoch == cpu.BestEpoch ? onCpu.Evaluate(Validation) : device.Epochs[device.BestEpoch - 1].ValidationLoss!.Value, onDevice.Evaluate(Validation), 1e-3);
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

    [DeviceTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_checkpoint_of_one_goes_on_on_the_other(bool beginsOnDevice)
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
    public void A_loss_that_is_not_finite_is_said_with_its_step()
    {
        SequenceList spoilt = DeviceGradientTests.Random<GoldenPre>([20, 20], seed: 1, spoilt: 1);
        TrainingDivergedException e = Assert.Throws<TrainingDivergedException>(() => GoldenPre.Create(seed: 1).Fit(spoilt, options: Options with { Epochs = 2 }));
        Assert.Equal(1, e.Step);
    }

    [DeviceFact]
    public void Tokens_without_weight_change_nothing()
    {
        var data = new SequenceList(3, 5);
        data.Add(new float[30], new float[50], new float[10]);
        GoldenPre model = GoldenPre.Create(seed: 1);
        float[] before = model.Weights.ToArray();
        model.Fit(data, options: Options with { Epochs = 2 });
        Assert.Equal(before, model.Weights.ToArray());
    }

    private static (GoldenPre, TrainingReport) Fit(TrainingOptions options)
    {
        GoldenPre model = GoldenPre.Create(seed: 1);
        return (model, model.Fit(Train, Validation, options));
    }

    /// <summary>Waves of some lengths, of which the next samples are to be told.</summary>
    private static SequenceList Waves(int count, int seed)
    {
        var random = new Random(seed);
        var data = new SequenceList(3, 5);
        for (int i = 0; i < count; i++)
        {
            int length = random.Next(3, 40);
            double phase = random.NextDouble() * 6, speed = 0.1 + random.NextDouble() * 0.3;
            float At(int t, int channel) => (float)Math.Sin(phase + speed * t + channel);
            data.Add(
                [.. Enumerable.Range(0, length * 3).Select(j => At(j / 3, j % 3))], [.. Enumerable.Range(0, length * 5).Select(j => At(j / 5 + 1, j % 5))]);
        }
        return data;
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
