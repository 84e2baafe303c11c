using System.Diagnostics;
using AarenGen;

// A streaming program as a user writes it: a first token at once, then train a little, save, load, stream.
Span<float> output = stackalloc float[StreamModel.OutputWidth];
StreamModel first = StreamModel.Create(seed: 1);
first.Step(first.CreateState(), [0.5f], output);
Console.WriteLine($"first output {(DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds:F0} ms after the start");

var data = new SequenceList(StreamModel.InputWidth, StreamModel.OutputWidth);
for (int s = 0; s < 8; s++)
{
    float[] tokens = [.. Enumerable.Range(s, 40).Select(static i => MathF.Sin(i * 0.3f))];
    data.Add(tokens[..39], tokens[1..]);
}
if (args is [string checkpoint, string milliseconds])
{
    // Trains with checkpoints, resumes from an existing one, and ends the process during training if asked to.
    using var killer = new Timer(static _ => Process.GetCurrentProcess().Kill(), null, int.Parse(milliseconds, null), Timeout.Infinite);
    StreamModel resumed = StreamModel.Create(seed: 1);
    resumed.Fit(
        data, options: new TrainingOptions { Epochs = 400, BatchSize = 3, Threads = 2, CheckpointPath = checkpoint,
            CheckpointInterval = 2, Resume = true });
    resumed.Save(checkpoint + ".weights");
    return;
}
StreamModel trained = StreamModel.Create(seed: 1);
TrainingReport report = trained.Fit(data, options: new TrainingOptions { Epochs = 30, LearningRate = 3e-3, Threads = 1 });
string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
trained.Save(path);
StreamModel model = StreamModel.Load(path);
File.Delete(path);

StreamState<StreamModel> state = model.CreateState();
long before = 0;
for (int t = 0; t < 1000; t++)
{
    if (t == 500)
    {
        before = GC.GetAllocatedBytesForCurrentThread();
    }
    model.Step(state, [MathF.Sin(t * 0.3f)], output);
}
Console.WriteLine($"allocated {GC.GetAllocatedBytesForCurrentThread() - before}");
Console.WriteLine($"standardised {model.Statistics is { IsFitted: true, Tokens: [{ Scale: < 1 }] }}");
Console.WriteLine($"improved {report.Epochs[^1].TrainingLoss < report.Epochs[0].TrainingLoss / 2}");

[SequenceModel, Continuous(1), Standardize, Dense(16), Aaren(Heads = 2, Repeat = 2), Dense(1), MeanSquaredError]
internal sealed partial class StreamModel;
