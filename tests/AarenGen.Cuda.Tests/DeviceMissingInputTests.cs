using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>The host fills in what is missing in what a device trains on, as it does for the CPU.</summary>
[Collection(Requirements.Device)]
public sealed class DeviceMissingInputTests
{
    [DeviceTheory]
    [InlineData(null)]
    [InlineData(8)]
    public void A_training_equals_that_of_the_CPU(int? carried)
    {
        TrainingOptions options =
            new() { Epochs = 4, BatchSize = 2, Threads = 1, Seed = 3, LearningRate = 3e-3, CarryState = carried };
        SequenceList train = ModelData.Random<MissingInInstances>([20, 7, 31, 12, 25, 9], seed: 1),
            validation = ModelData.Random<MissingInInstances>([20, 7], seed: 2);
        MissingInInstances onCpu = MissingInInstances.Create(1), onDevice = MissingInInstances.Create(1);
        TrainingReport expected = onCpu.Fit(train, validation, options);
        TrainingReport report = onDevice.Fit(train, validation, options with { Device = Device.Cuda });
        Assert.Equal(onCpu.Statistics!.Tokens, onDevice.Statistics!.Tokens);
        // At most some fifty steps in float32, whose sums are taken in another order. Tokens whose feature has no deviation yet make
        // losses of thousands.
        Assert.All(expected.Epochs.Zip(report.Epochs), static e =>
        {
            AssertClose(e.First.TrainingLoss, e.Second.TrainingLoss);
            AssertClose(e.First.ValidationLoss!.Value, e.Second.ValidationLoss!.Value);
        });

        static void AssertClose(double expected, double actual) =>
            Assert.Equal(expected, actual, 1e-5 * Math.Max(100, Math.Abs(expected)));
    }
}
