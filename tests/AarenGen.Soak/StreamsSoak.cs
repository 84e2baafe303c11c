using System.Diagnostics;
using System.Globalization;

namespace AarenGen.Soak;

/// <summary>
/// A million streams at once: stepped together, saved, restored and stepped on; a sample is held against streams stepped alone.
/// </summary>
internal static class StreamsSoak
{
    private const int Width = 2, Together = 4096, Before = 5, After = 3, SampleDistance = 997;

    /// <summary>
    /// Bytes of a stream beside its numbers: an object (header 8, type 8, two references 16, two counts 16), an array (header 8, type 8,
    /// length 8) and the reference by which it is held (8). The rest is what the collector itself may need for this number of objects.
    /// </summary>
    private const int Overhead = 80 + 16;

    public static void Run(int streams)
    {
        var watch = Stopwatch.StartNew();
        AarenModel model = AarenModel.Create(1);
        long empty = GC.GetTotalMemory(forceFullCollection: true);
        var states = new StreamState<AarenModel>[streams];
        for (int i = 0; i < streams; i++)
        {
            states[i] = model.CreateState();
        }
        double bytes = (GC.GetTotalMemory(forceFullCollection: true) - empty) / (double)streams;
        long numbers = AarenModel.Description.StateBytes;
        if (bytes > numbers + Overhead)
        {
            throw new SoakException($"A stream takes {bytes:F0} bytes, but its numbers {numbers}.");
        }
        var sample = new float[(streams + SampleDistance - 1) / SampleDistance * Width];
        Step(model, states, 0, Before, sample);

        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.states");
        long fileBytes;
        try
        {
            using (FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                foreach (StreamState<AarenModel> state in states)
                {
                    state.Save(file);
                }
                fileBytes = file.Length;
            }
            foreach (StreamState<AarenModel> state in states)
            {
                state.Reset();
            }
            using FileStream saved = new(path, FileMode.Open, FileAccess.Read, FileShare.None, 1 << 20);
            foreach (StreamState<AarenModel> state in states)
            {
                state.Load(saved);
            }
            if (saved.Position != fileBytes)
            {
                throw new SoakException($"Of {fileBytes} saved bytes {saved.Position} were read.");
            }
        }
        finally
        {
            File.Delete(path);
        }
        Step(model, states, Before, After, sample);
        Compare(model, states, sample);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"streams: {streams} streams of {Before + After} tokens, {bytes:F1} bytes each ({numbers} of numbers), ")
            + $"{fileBytes / streams} saved; process {Environment.WorkingSet >> 20} MiB; {watch.Elapsed.TotalSeconds:F1} s");
    }

    /// <summary>Steps all streams together; the outputs of some of them at the last token are stored.</summary>
    private static void Step(AarenModel model, StreamState<AarenModel>[] states, int first, int count, Span<float> sample)
    {
        float[] tokens = new float[Together * Width], outputs = new float[Together * Width];
        for (int t = first; t < first + count; t++)
        {
            for (int begin = 0; begin < states.Length; begin += Together)
            {
                int rows = Math.Min(Together, states.Length - begin);
                for (int row = 0; row < rows; row++)
                {
                    Token(begin + row, t, tokens.AsSpan(row * Width));
                }
                model.StepMany(states.AsSpan(begin, rows), tokens.AsSpan(0, rows * Width), outputs.AsSpan(0, rows * Width));
                for (int row = (SampleDistance - begin % SampleDistance) % SampleDistance; row < rows; row += SampleDistance)
                {
                    outputs.AsSpan(row * Width, Width).CopyTo(sample[((begin + row) / SampleDistance * Width)..]);
                }
            }
        }
    }

    private static void Compare(AarenModel model, StreamState<AarenModel>[] states, ReadOnlySpan<float> sample)
    {
        Span<float> token = stackalloc float[Width], output = stackalloc float[Width];
        for (int stream = 0; stream < states.Length; stream += SampleDistance)
        {
            StreamState<AarenModel> alone = model.CreateState();
            for (int t = 0; t < Before + After; t++)
            {
                Token(stream, t, token);
                model.Step(alone, token, output);
            }
            if (!output.SequenceEqual(sample.Slice(stream / SampleDistance * Width, Width)) || states[stream].TokenCount != Before + After)
            {
                throw new SoakException($"Stream {stream} of {states.Length} gives something else than alone.");
            }
        }
    }

    private static void Token(int stream, int t, Span<float> token)
    {
        token[0] = (float)Math.Sin(stream * 0.37 + t);
        token[1] = (stream * 31 + t * 7) % 101 / 50f - 1;
    }
}
