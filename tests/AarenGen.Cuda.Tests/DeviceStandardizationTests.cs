using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>The host standardises what a device trains on, as it does for the CPU.</summary>
[Collection(Requirements.Device)]
public sealed class DeviceStandardizationTests
{
    [DeviceFact]
    public void A_training_equals_that_of_the_CPU()
    {
        TrainingOptions options = new() { Epochs = 6, BatchSize = 2, Threads = 1, Seed = 3, LearningRate = 3e-3 };
        StandardizedCovariates onCpu = StandardizedCovariates.Create(1), onDevice = StandardizedCovariates.Create(1);
        TrainingReport expected = onCpu.Fit(Data(1), Data(2), options);
        TrainingReport report = onDevice.Fit(Data(1), Data(2), options with { Device = Device.Cuda });
        Assert.True(onDevice.Statistics!.IsFitted);
        Assert.Equal(onCpu.Statistics!.Tokens, onDevice.Statistics.Tokens);
        Assert.Equal(onCpu.Statistics.Targets, onDevice.Statistics.Targets);
        // A normalised column far from 0, which would cost float most of its digits if it were not standardised.
        Assert.InRange(onDevice.Statistics.Tokens[0].Center, 99_000, 101_000);
        // Eighteen steps in float32, whose sums are taken in another order; losses of size 1.
        Assert.All(expected.Epochs.Zip(report.Epochs), static e =>
        {
            Assert.Equal(e.First.TrainingLoss, e.Second.TrainingLoss, 1e-3);
            Assert.Equal(e.First.ValidationLoss!.Value, e.Second.ValidationLoss!.Value, 1e-3);
        });
    }

    [DeviceFact]
    public void A_training_of_series_equals_that_of_the_CPU()
    {
        TrainingOptions options = new() { Epochs = 6, BatchSize = 2, Threads = 1, Seed = 3, LearningRate = 3e-3 };
        SeriesByMean onCpu = SeriesByMean.Create(1), onDevice = SeriesByMean.Create(1);
        TrainingReport expected = onCpu.Fit(Series(1), Series(2), options);
        TrainingReport report = onDevice.Fit(Series(1), Series(2), options with { Device = Device.Cuda });
        Assert.True(onCpu.Statistics!.IsSame(onDevice.Statistics));
        Assert.InRange(onDevice.Statistics!.Series["large"].Tokens[0].Center, 99_000, 101_000);
        Assert.InRange(onDevice.Statistics.Series["small"].Tokens[0].Center, -1, 1);
        // Eighteen steps in float32, whose sums are taken in another order; losses of size 1.
        Assert.All(expected.Epochs.Zip(report.Epochs), static e =>
        {
            Assert.Equal(e.First.TrainingLoss, e.Second.TrainingLoss, 1e-3);
            Assert.Equal(e.First.ValidationLoss!.Value, e.Second.ValidationLoss!.Value, 1e-3);
        });
    }

    /// <summary>Two series of very different sizes: the first column of tokens and targets of one is some 100,000.</summary>
    private static SequenceList Series(int seed)
    {
        SequenceList modest = ModelData.Random<SeriesByMean>([20, 7, 31, 12, 25, 9], seed);
        var data = new SequenceList(modest.TokenWidth, modest.TargetWidth);
        for (int i = 0; i < modest.Count; i++)
        {
            int length = modest.GetLength(i);
            bool isLarge = i % 2 == 1;
            float[] tokens = new float[length * data.TokenWidth], targets = new float[length * data.TargetWidth];
            modest.ReadTokens(i, tokens);
            for (int t = 0; t < length; t++)
            {
                modest.ReadTarget(i, t, targets.AsSpan(t * data.TargetWidth, data.TargetWidth));
                tokens[t * data.TokenWidth] = isLarge ? 100_000 + 500 * tokens[t * data.TokenWidth] : tokens[t * data.TokenWidth];
                targets[t * data.TargetWidth] = isLarge ? 100_000 + 500 * targets[t * data.TargetWidth] : targets[t * data.TargetWidth];
            }
            data.Add(tokens, targets, series: isLarge ? "large" : "small");
        }
        return data;
    }

    private static SequenceList Data(int seed)
    {
        SequenceList modest = ModelData.Random<StandardizedCovariates>([20, 7, 31, 12, 25, 9], seed);
        var data = new SequenceList(modest.TokenWidth, modest.TargetWidth);
        for (int i = 0; i < modest.Count; i++)
        {
            int length = modest.GetLength(i);
            float[] tokens = new float[length * data.TokenWidth], targets = new float[length * data.TargetWidth];
            modest.ReadTokens(i, tokens);
            for (int t = 0; t < length; t++)
            {
                modest.ReadTarget(i, t, targets.AsSpan(t * data.TargetWidth, data.TargetWidth));
                tokens[t * data.TokenWidth] = 100_000 + 500 * tokens[t * data.TokenWidth];
                // The targets' first and third column are of the first feature.
                targets[t * data.TargetWidth] = 100_000 + 500 * targets[t * data.TargetWidth];
                targets[t * data.TargetWidth + 2] = 100_000 + 500 * targets[t * data.TargetWidth + 2];
            }
            data.Add(tokens, targets);
        }
        return data;
    }
}
