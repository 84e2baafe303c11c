using System.Text;
using AarenGen.Memory;
using AarenGen.Serialization;
using AarenGen.Tests.Models;

namespace AarenGen.Fuzzing;

/// <summary>Checkpoints of trainings: <c>Fit</c> resumes from them.</summary>
internal sealed class CheckpointTarget : FuzzTarget<CheckpointTarget.Training>
{
    private static readonly string[] sets = ["weights/", "moment1/", "moment2/", "best/"];
    private static readonly TrainingOptions options = new() { Epochs = 3, BatchSize = 2, Threads = 1, Seed = 1, CheckpointInterval = 1 };

    public override string Name => "checkpoints";

    public override bool RefusesInOneLine => false;

    public override IReadOnlyList<string> Words => SafetensorsText.Words;

    public override bool IsRefusal(Exception exception) => exception is ModelFileException or TrainingDivergedException;

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        foreach (int stop in (int[])[1, 3, 4, 6])
        {
            string path = Path.Combine(folder, $"seed-{stop}.checkpoint");
            using var source = new CancellationTokenSource();
            try
            {
                SmallModel.Create(1).Fit(
                    new StoppingData(Data(), stop * 2, source), Data(), options with { CheckpointPath = path },
                    cancellationToken: source.Token);
            }
            catch (OperationCanceledException)
            {
            }
            yield return File.ReadAllBytes(path);
        }
    }

    /// <summary>Damages a file, or changes its description of the training and its checksum.</summary>
    public override byte[] Mutate(byte[] input, Mutator mutator) =>
        mutator.Random.Next(3) == 0 ? SafetensorsText.Mutate(input, mutator) : Reseal(input, mutator) ?? mutator.Mutate(input);

    public override void Verify(object read, string path)
    {
        // Training has no file of its own to compare; weights that are not finite would be one that cannot be read.
        if (((Training)read).Model.Weights.ContainsAny(float.NaN, float.PositiveInfinity, float.NegativeInfinity))
        {
            throw new FuzzException("The training ended with weights that are not finite.");
        }
    }

    protected override Training ReadFile(string path)
    {
        SmallModel model = SmallModel.Create(2);
        return new(model, model.Fit(Data(), Data(), options with { CheckpointPath = path, Resume = true }));
    }

    protected override void Write(Training value, string path) => throw new NotSupportedException();

    protected override bool AreEqual(Training first, Training second) => throw new NotSupportedException();

    private static byte[]? Reseal(byte[] input, Mutator mutator)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.checkpoint");
        try
        {
            File.WriteAllBytes(path, input);
            (string Prefix, AlignedBuffer Weights)[] buffers =
                [.. sets.Select(static s => (s, new AlignedBuffer(SmallModel.Description.Layout.WeightFloats)))];
            var metadata = new Dictionary<string, string>(ModelFile.ReadSets(path, SmallModel.Description, buffers).Metadata);
            string key = mutator.Choose([.. metadata.Keys.Order(StringComparer.Ordinal)]);
            if (mutator.Random.Next(8) == 0)
            {
                metadata.Remove(key);
            }
            else
            {
                byte[] text = Encoding.UTF8.GetBytes(metadata[key]);
                metadata[key] = Encoding.Latin1.GetString(mutator.MutateText(text));
            }
            if (mutator.Random.Next(4) == 0)
            {
                Span<float> weights = mutator.Choose(buffers).Weights.Span;
                weights[mutator.Random.Next(weights.Length)] = mutator.Choose([0, -1, 1e-45f, 1e38f, -1e38f, 1e20f]);
            }
            ModelFile.WriteSets(path, SmallModel.Description, buffers, metadata);
            return File.ReadAllBytes(path);
        }
        catch (ModelFileException)
        {
            return null;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static SequenceList Data()
    {
        var data = new SequenceList(SmallModel.InputWidth, 2);
        for (int i = 0; i < 4; i++)
        {
            data.Add([i, 1, 2, i], [1, i, 0, 2]);
        }
        return data;
    }

    /// <summary>A training's outcome.</summary>
    internal sealed record Training(SmallModel Model, TrainingReport Report);
}
