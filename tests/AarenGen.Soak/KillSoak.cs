using System.Diagnostics;
using System.Globalization;

namespace AarenGen.Soak;

/// <summary>A training dies at a random moment, by SIGKILL; gone on from its checkpoint it ends as if it had never died.</summary>
internal static class KillSoak
{
    private const string Checkpoint = "training.checkpoint", Weights = "trained.safetensors", Report = "report.txt", Begun = "begun";

    public static void Run(int kills)
    {
        var watch = Stopwatch.StartNew();
        string folder = Directory.CreateTempSubdirectory("aarengen-kill").FullName;
        try
        {
            // Once to warm the file system, once to be timed.
            string expected = Path.Combine(folder, "expected");
            TimeSpan time = default;
            for (int i = 0; i < 2; i++)
            {
                if (Directory.Exists(expected))
                {
                    Directory.Delete(expected, recursive: true);
                }
                time = Train(expected, null) ?? throw new SoakException("A training that nobody kills ended by itself.");
            }
            var random = new Random(1);
            int killed = 0, inside = 0, late = 0;
            var left = new List<string>();
            while (killed < kills)
            {
                string own = Path.Combine(folder, killed.ToString(CultureInfo.InvariantCulture));
                // At a random time in each of equal parts of the training, one per kill.
                if (Train(own, time * ((killed + random.NextDouble()) / kills)) is { } faster)
                {
                    // The machine was busier when the training was timed.
                    time = faster;
                    Directory.Delete(own, recursive: true);
                    if (++late > 10 * kills)
                    {
                        throw new SoakException("Trainings end before they can be killed.");
                    }
                    continue;
                }
                killed++;
                inside += File.Exists(Path.Combine(own, Checkpoint)) ? 1 : 0;
                _ = Train(own, null) ?? throw new SoakException($"The training did not go on after kill {killed}.");
                Compare(expected, own);
                IEnumerable<string> names = Directory.EnumerateFileSystemEntries(own).Select(static f => Path.GetFileName(f)!);
                left.AddRange(names.Except([Checkpoint, Weights, Report]));
            }
            if (inside == 0)
            {
                throw new SoakException("No training was killed after its first checkpoint, so nothing was shown.");
            }
            Console.WriteLine(
                $"kill: {killed} trainings killed, {inside} with a checkpoint, all resumed and equal to the last bit, "
                + $"{left.Count} files left over; {watch.Elapsed.TotalMinutes:F1} min");
            if (left.Count > 0)
            {
                throw new SoakException($"Trainings that were killed and resumed left {string.Join(", ", left)}.");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The process that may die: trains, going on where a checkpoint is.</summary>
    public static void Child(string folder)
    {
        var model = AarenModel.Create(3);
        (SequenceList train, SequenceList validation) = (Data(80, 1), Data(10, 2));
        var options = new TrainingOptions
        {
            Epochs = 15, BatchSize = 4, Threads = 1, Seed = 5,
            CheckpointPath = Path.Combine(folder, Checkpoint), CheckpointInterval = 1, Resume = true,
        };
        Console.WriteLine(Begun);
        TrainingReport report = model.Fit(train, validation, options);
        model.Save(Path.Combine(folder, Weights));
        File.WriteAllLines(Path.Combine(folder, Report),
        [
            .. report.Epochs.Select(static e => string.Create(CultureInfo.InvariantCulture, $"{e.TrainingLoss:R} {e.ValidationLoss:R}")),
            string.Create(CultureInfo.InvariantCulture, $"{report.BestEpoch} {report.StopReason} {report.Steps}"),
        ]);
    }

    /// <summary>Trains in another process; how long it took, or null where it was killed.</summary>
    private static TimeSpan? Train(string folder, TimeSpan? killAfter)
    {
        Directory.CreateDirectory(folder);
        using Process process = ChildProcess.Start([], "kill-child", folder);
        if (process.StandardOutput.ReadLine() != Begun)
        {
            throw new SoakException($"The training did not begin: {process.StandardError.ReadToEnd()}");
        }
        long started = Stopwatch.GetTimestamp();
        if (killAfter is { } delay && !process.WaitForExit(delay))
        {
            process.Kill();
        }
        process.WaitForExit();
        const int killedExitCode = 128 + 9;
        return process.ExitCode switch
        {
            0 => Stopwatch.GetElapsedTime(started),
            killedExitCode when killAfter is not null => null,
            var code => throw new SoakException($"The training ended with {code}: {process.StandardError.ReadToEnd()}"),
        };
    }

    private static void Compare(string expected, string actual)
    {
        foreach (string file in (string[])[Weights, Report])
        {
            if (!File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))))
            {
                throw new SoakException($"{file} of a training that was killed and resumed differs from that of one that was not.");
            }
        }
    }

    private static SequenceList Data(int count, int seed)
    {
        var random = new Random(seed);
        var data = new SequenceList(2, 2);
        for (int i = 0; i < count; i++)
        {
            float[] tokens = [.. Enumerable.Range(0, 2 * (5 + i % 7)).Select(_ => (float)(2 * random.NextDouble() - 1))];
            data.Add(tokens, [.. tokens.Select(static x => x * x)]);
        }
        return data;
    }
}
