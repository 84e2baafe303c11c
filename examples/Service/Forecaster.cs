using System.Globalization;

namespace Service;

/// <summary>
/// Reads a sensor's value, missing or not, and the time of day; forecasts the next values as normal distributions. A stream is normalised
/// by its own mean and deviation, so that one model serves sensors of any level.
/// </summary>
[SequenceModel]
[Continuous(1, Missing = MissingValues.MeanWithIndicator)]
[Continuous(2)]
[InstanceNorm(Columns = 1)]
[Dense(32), Aaren(Heads = 4, Repeat = 2, Forget = true, Convolution = 4)]
[Head("Next"), Dense(2 * Horizon), Gaussian]
internal sealed partial class Forecaster
{
    /// <summary>How many readings are forecast: two hours.</summary>
    public const int Horizon = 8;

    /// <summary>Writes the token of a reading.</summary>
    public static void WriteToken(long reading, float value, Span<float> token)
    {
        (double sine, double cosine) = Math.SinCos(Math.Tau * (reading % Fleet.ReadingsPerDay) / Fleet.ReadingsPerDay);
        (token[0], token[1], token[2]) = (value, (float)sine, (float)cosine);
    }
}

/// <summary>Trains the forecaster on simulated sensors without faults.</summary>
internal static class Training
{
    private const int Sequences = 384, ValidationSequences = 64, Length = 384, WarmUp = 32;

    public static Forecaster Run(CancellationToken cancellation)
    {
        // Sensors that no fleet has.
        SequenceList train = Simulate(1_000_000, Sequences), validation = Simulate(2_000_000, ValidationSequences);
        Forecaster model = Forecaster.Create(seed: 1);
        var options = new TrainingOptions { Epochs = 20, BatchSize = 16, LearningRate = 4e-3 };
        Console.WriteLine($"Training on {Sequences} simulated sensors; {Forecaster.Description.ParameterCount:N0} parameters.");
        model.Fit(train, validation, options, new EpochLines(), cancellation);
        return model;
    }

    /// <summary>
    /// Values are missing here and there, and now and then for long: then the targets are what the sensor would have sent, and the model
    /// learns to carry on alone.
    /// </summary>
    private static SequenceList Simulate(int first, int count)
    {
        const int Width = Forecaster.InputWidth;
        var data = new SequenceList(Width, Forecaster.Horizon);
        for (int sensor = first; sensor < first + count; sensor++)
        {
            var random = new Random(sensor);
            float[] tokens = new float[Length * Width], targets = new float[Length * Forecaster.Horizon], weights = new float[Length];
            // Not all begin at midnight.
            long before = random.Next(Fleet.ReadingsPerDay);
            for (int t = 0, missing = 0; t < Length; t++, missing--)
            {
                missing = missing <= 0 && random.Next(120) == 0 ? 1 + (int)Math.Exp(4.2 * random.NextDouble()) : missing;
                long reading = before + t + 1;
                Forecaster.WriteToken(
                    reading, missing > 0 ? float.NaN : Fleet.Healthy(sensor, reading), tokens.AsSpan(t * Width, Width));
                for (int h = 0; h < Forecaster.Horizon; h++)
                {
                    targets[t * Forecaster.Horizon + h] = Fleet.Healthy(sensor, reading + 1 + h);
                }
                weights[t] = t < WarmUp ? 0 : 1;
            }
            data.Add(tokens, targets, weights);
        }
        return data;
    }

    /// <summary>A line for each epoch; <see cref="Progress{T}"/> would write them late, and in any order.</summary>
    private sealed class EpochLines : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            // A slow machine also gets reports within an epoch.
            if (value.Step * value.Epochs == value.Epoch * value.Steps && value.ValidationLoss is { } loss)
            {
                Console.WriteLine($"Epoch {value.Epoch,2} of {value.Epochs}: loss of new sensors {loss:F3}");
            }
        }
    }
}
