using System.Globalization;
using AarenGen.Memory;
using AarenGen.Serialization;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Resuming a training: the data and options with which it resumes, and the errors otherwise.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-resume").FullName;

    private string File => Path.Combine(folder, "run.checkpoint");

    private TrainingOptions Options => TrainingTests.Options with { Epochs = 2, CheckpointPath = File, Resume = true };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("training data: other tokens")]
    [InlineData("training data: other targets")]
    [InlineData("training data: other weights")]
    [InlineData("training data: other lengths, tokens, weights, targets")]
    [InlineData("training data: the number of sequences was 4, and is now 5")]
    [InlineData("validation data: other tokens")]
    [InlineData("validation data: other targets")]
    [InlineData("validation data: the number of sequences was 3, and is now none")]
    public void Other_data_of_the_same_count_are_rejected(string difference)
    {
        Start(Options);
        SequenceData? train = Changed(4), validation = Changed(3);
        switch (difference)
        {
            case "training data: other tokens": train = Changed(4, token: 0.25f); break;
            case "training data: other targets": train = Changed(4, target: 0.25f); break;
            case "training data: other weights": train = Changed(4, weight: 0.25f); break;
            case "training data: other lengths, tokens, weights, targets": train = Changed(4, longer: 1); break;
            case "training data: the number of sequences was 4, and is now 5": train = Changed(5); break;
            case "validation data: other tokens": validation = Changed(3, token: 0.25f); break;
            case "validation data: other targets": validation = Changed(3, target: 0.25f); break;
            default: validation = null; break;
        }
        EveryLayer model = EveryLayer.Create(seed: 9);
        float[] before = model.Weights.ToArray();
        ModelFileException e = Assert.Throws<ModelFileException>(() => model.Fit(train, validation, Options with { Epochs = 3 }));
        Assert.EndsWith("What differs:\n  " + difference, e.Message, StringComparison.Ordinal);
        Assert.Equal(before, model.Weights.ToArray());
    }

    [Fact]
    public void The_same_data_from_another_class_resume()
    {
        Start(Options);
        TrainingReport report = EveryLayer.Create(seed: 9)
            .Fit(new Forwarded(Changed(4)), new Forwarded(Changed(3)), Options with { Epochs = 3 });
        Assert.Equal(3, report.Epochs.Count);
    }

    [Fact]
    public void A_target_that_does_not_count_may_change()
    {
        float[] tokens = StreamingTests.Random(2 * 5, 1);
        TrainingReport Fit(float unknown)
        {
            var data = new SequenceList(5, 4);
            data.Add(tokens, [1, 2, 3, 4, unknown, unknown, unknown, unknown], [1, 0]);
            return EveryLayer.Create(seed: 1).Fit(data, null, Options);
        }
        Assert.Equal(Fit(float.NaN).Epochs, Fit(7).Epochs);
    }

    [Theory]
    [InlineData("sv-SE")]
    [InlineData("fa-IR")]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void A_checkpoint_is_the_same_in_every_culture(string name)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        TrainingOptions options = Options with { Seed = -7, ClipNorm = double.PositiveInfinity, WeightDecay = 1e-7 };
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            Start(options);
            byte[] expected = System.IO.File.ReadAllBytes(File);
            System.IO.File.Delete(File);
            CultureInfo.CurrentCulture = new CultureInfo(name);
            Start(options);
            Assert.Equal(expected, System.IO.File.ReadAllBytes(File));
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            Assert.Equal(3, EveryLayer.Create(seed: 9).Fit(Changed(4), Changed(3), options with { Epochs = 3 }).Epochs.Count);
            CultureInfo.CurrentCulture = new CultureInfo(name);
            Assert.Equal(4, EveryLayer.Create(seed: 9).Fit(Changed(4), Changed(3), options with { Epochs = 4 }).Epochs.Count);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Different_options_are_named_with_their_old_values()
    {
        Start(Options);
        ModelFileException e = Assert.Throws<ModelFileException>(() => EveryLayer.Create(seed: 9).Fit(
            Changed(4), Changed(3), Options with { LearningRate = 0.5, Seed = -4, BatchSize = 3, WarmupSteps = 7 }));
        Assert.EndsWith(
            "What differs:\n  options: BatchSize was 4, and is now 3\n  options: LearningRate was 0.003, and is now 0.5\n"
            + "  options: WarmupSteps was none, and is now 7\n  options: Seed was 3, and is now -4", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_change_no_result_may_differ()
    {
        Start(Options);
        TrainingReport report = EveryLayer.Create(seed: 9).Fit(Changed(4), Changed(3), Options with
        {
            Epochs = 3, Threads = 1, CheckpointInterval = 5, Patience = 9, BatchSize = int.MaxValue,
        });
        Assert.Equal(3, report.Epochs.Count);
    }

    [Fact]
    public void Every_option_either_is_kept_or_may_differ()
    {
        Start(Options);
        string[] kept = [.. Metadata().Keys.Where(static k => k.StartsWith("option ", StringComparison.Ordinal))
            .Select(static k => k["option ".Length..])];
        string[] free = ["Epochs", "Patience", "Device", "Threads", "CheckpointPath", "CheckpointInterval", "Resume"];
        Assert.Equal(typeof(TrainingOptions).GetProperties().Select(static p => p.Name).Order(), kept.Concat(free).Order());
    }

    [Fact]
    public void A_finished_training_can_be_extended()
    {
        TrainingReport first = Start(Options);
        // Another start: all weights come from the checkpoint.
        EveryLayer once = EveryLayer.Create(seed: 9);
        TrainingReport longer = once.Fit(Changed(4), Changed(3), Options with { Epochs = 5 });
        Assert.Equal(5, longer.Epochs.Count);
        Assert.Equal(StopReason.EpochsCompleted, longer.StopReason);
        Assert.Equal(first.Epochs, longer.Epochs.Take(2));
        Assert.True(longer.Epochs[^1].TrainingLoss < first.Epochs[^1].TrainingLoss);

        System.IO.File.Delete(File);
        Start(Options);
        EveryLayer again = EveryLayer.Create(seed: 10);
        Assert.Equal(longer.Epochs, again.Fit(Changed(4), Changed(3), Options with { Epochs = 5 }).Epochs);
        Assert.Equal(once.Weights.ToArray(), again.Weights.ToArray());

        // Once all is done, the report and the best weights come back without a step.
        EveryLayer done = EveryLayer.Create(seed: 11);
        TrainingReport same = done.Fit(Changed(4), Changed(3), Options with { Epochs = 5 });
        Assert.Equal(longer.Epochs, same.Epochs);
        Assert.Equal(0, same.Tokens);
        Assert.Equal(once.Weights.ToArray(), done.Weights.ToArray());
    }

    [Fact]
    public void A_training_that_patience_ended_resumes_with_more_patience()
    {
        // Validation targets that the untrained model meets exactly: every epoch makes them worse.
        EveryLayer model = EveryLayer.Create(seed: 2);
        var away = new SequenceList(5, 4);
        float[] tokens = StreamingTests.Random(50 * 5, 5);
        var now = new float[50 * 4];
        model.Forward(model.CreateState(), tokens, now);
        away.Add(tokens, now);
        TrainingOptions options = Options with { Epochs = 30, Patience = 1, LearningRate = 0.02 };
        TrainingReport stopped = model.Fit(TrainingTests.Data(23, 30), away, options);
        Assert.Equal(StopReason.NoImprovement, stopped.StopReason);
        TrainingReport longer = EveryLayer.Create(seed: 9).Fit(TrainingTests.Data(23, 30), away, options with { Patience = 3 });
        Assert.True(longer.Epochs.Count > stopped.Epochs.Count);
        Assert.Equal(stopped.Epochs, longer.Epochs.Take(stopped.Epochs.Count));

        TrainingReport straight = EveryLayer.Create(seed: 2).Fit(
            TrainingTests.Data(23, 30), away, options with { Patience = 3, CheckpointPath = Path.Combine(folder, "straight") });
        Assert.Equal(straight.Epochs, longer.Epochs);
    }

    [Fact]
    public void Fewer_epochs_than_done_are_rejected_by_name()
    {
        Start(Options with { Epochs = 3 });
        ModelFileException e = Assert.Throws<ModelFileException>(() => EveryLayer.Create(seed: 9).Fit(Changed(4), Changed(3), Options));
        Assert.Contains("raise Epochs to 3", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("step", "x")]
    [InlineData("step", "-1")]
    [InlineData("step", "99999999999999999999")]
    [InlineData("step", "1")]
    [InlineData("best epoch", "3")]
    [InlineData("best epoch", "0")]
    [InlineData("updates", null)]
    [InlineData("loss count", "-1")]
    [InlineData("validation losses", "1")]
    [InlineData("training losses", "one two")]
    public void Contradictions_in_a_checkpoint_are_one_clear_error(string key, string? value)
    {
        Start(Options);
        Dictionary<string, string> metadata = Metadata();
        if (value is null)
        {
            metadata.Remove(key);
        }
        else
        {
            metadata[key] = value;
        }
        ModelFile.WriteSets(File, EveryLayer.Description, Sets(), metadata);
        ModelFileException e = Assert.Throws<ModelFileException>(
            () => EveryLayer.Create(seed: 9).Fit(Changed(4), Changed(3), Options with { Epochs = 3 }));
        Assert.Contains("is damaged", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unwritable_path_is_found_before_the_first_step()
    {
        var paths =
            new List<string> { Path.Combine(folder, "missing", "run.checkpoint"), folder, Path.Combine(folder, new string('n', 300)) };
        string readOnly = Path.Combine(folder, "read-only.checkpoint");
        System.IO.File.WriteAllText(readOnly, "");
        System.IO.File.SetAttributes(readOnly, FileAttributes.ReadOnly);
        paths.Add(readOnly);
        if (OperatingSystem.IsLinux())
        {
            paths.Add("/proc/run.checkpoint");
            string closed = Path.Combine(folder, "closed");
            Directory.CreateDirectory(closed, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            // Nothing is closed to an administrator.
            if (Environment.UserName != "root")
            {
                paths.Add(Path.Combine(closed, "run.checkpoint"));
            }
        }
        foreach (string path in paths)
        {
            EveryLayer model = EveryLayer.Create(seed: 9);
            float[] before = model.Weights.ToArray();
            IOException e = Assert.ThrowsAny<IOException>(() => model.Fit(Changed(4), Changed(3), Options with { CheckpointPath = path }));
            Assert.Contains("Cannot write a checkpoint to", e.Message, StringComparison.Ordinal);
            Assert.Contains(path, e.Message, StringComparison.Ordinal);
            Assert.Equal(before, model.Weights.ToArray());
        }
        System.IO.File.SetAttributes(readOnly, FileAttributes.Normal);
        Start(Options);
        Assert.Equal([readOnly, File], Directory.GetFiles(folder).Order());
    }

    private static TrainingReport Start(TrainingOptions options) => EveryLayer.Create(seed: 2).Fit(Changed(4), Changed(3), options);

    private static (string, AlignedBuffer)[] Sets() =>
        [.. ((string[])["weights/", "moment1/", "moment2/", "best/"])
            .Select(static s => (s, new AlignedBuffer(EveryLayer.Description.Layout.WeightFloats)))];

    private Dictionary<string, string> Metadata() => new(ModelFile.ReadSets(File, EveryLayer.Description, Sets()).Metadata);

    /// <summary>Sequences in which the last one differs a little from the usual.</summary>
    private static SequenceList Changed(int count, float token = 0, float target = 0, float weight = 0, int longer = 0)
    {
        var data = new SequenceList(5, 4);
        for (int s = 0; s < count; s++)
        {
            bool isLast = s == count - 1;
            int length = 3 + s + (isLast ? longer : 0);
            float[] tokens = StreamingTests.Random(length * 5, s), targets = StreamingTests.Random(length * 4, -s);
            float[] weights = [.. Enumerable.Repeat(1f, length)];
            tokens[^1] += isLast ? token : 0;
            targets[^1] += isLast ? target : 0;
            weights[^1] += isLast ? weight : 0;
            data.Add(tokens, targets, weights);
        }
        return data;
    }

    private sealed class Forwarded(SequenceData data) : SequenceData
    {
        public override int Count => data.Count;

        public override int TokenWidth => data.TokenWidth;

        public override int TargetWidth => data.TargetWidth;

        public override int GetLength(int index) => data.GetLength(index);

        public override void ReadTokens(int index, Span<float> tokens) => data.ReadTokens(index, tokens);

        public override float ReadTarget(int index, int token, Span<float> target) => data.ReadTarget(index, token, target);
    }
}
