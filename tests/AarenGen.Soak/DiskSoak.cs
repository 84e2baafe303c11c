using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AarenGen.Soak;

/// <summary>Disks that are full and folders that are read-only: an IOException, the old file whole, nothing left over.</summary>
internal static partial class DiskSoak
{
    private const int Nobody = 65534;

    public static void Run()
    {
        Full();
        ReadOnly();
    }

    /// <summary>In a file system of 64 KiB, mounted for one process; if that is not allowed, with files of at most 1 KiB.</summary>
    private static void Full()
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-disk").FullName;
        try
        {
            string mount = $"mount -t tmpfs -o size=64k tmpfs '{folder}' && exec \"$@\"";
            (string Name, string[] Launcher)[] ways =
            [
                ("a file system of 64 KiB", ["unshare", "--mount", "sh", "-c", mount, "sh"]),
                ("a file system of 64 KiB", ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]),
                ("files of 1 KiB at most", ["sh", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"]),
            ];
            (string name, string[] launcher) = ways.First(static w => Succeeds(w.Launcher));
            Child(launcher, "disk-full-child", folder);
            Console.WriteLine($"disk full: {name}: weights, compiled files, states and checkpoints stay whole, nothing left over");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void ReadOnly()
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-disk").FullName;
        try
        {
            Child([], "read-only-child", folder);
            Console.WriteLine("read-only folder: weights, compiled files, states and checkpoints stay whole, nothing left over");
        }
        finally
        {
            SetMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The process whose disk is full.</summary>
    public static void FullChild(string folder) => Check(folder, () =>
    {
        string filler = Path.Combine(folder, "filler");
        try
        {
            using var stream = new FileStream(filler, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            // Bounded where files are limited and the disk is not.
            for (int i = 0; i < 1 << 16; i++)
            {
                stream.WriteByte(0);
            }
        }
        catch (IOException)
        {
        }
        return () => File.Delete(filler);
    });

    /// <summary>The process whose folder is read-only.</summary>
    public static void ReadOnlyChild(string folder)
    {
        // Permissions do not bind root.
        if (Environment.IsPrivilegedProcess)
        {
            SetMode(folder, (UnixFileMode)0b111_111_111);
            if (SetUser(Nobody) != 0)
            {
                throw new SoakException("The process cannot give up its privileges.");
            }
        }
        string own = Directory.CreateDirectory(Path.Combine(folder, "own")).FullName;
        Check(own, () =>
        {
            const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserExecute;
            SetMode(own, readable);
            return () => SetMode(own, readable | UnixFileMode.UserWrite);
        });
        Directory.Delete(own, recursive: true);
    }

    private static void Check(string folder, Func<Action> obstruct)
    {
        AarenModel model = AarenModel.Create(1), other = AarenModel.Create(2);
        StreamState<AarenModel> state = model.CreateState();
        var data = new SequenceList(2, 2);
        for (int i = 0; i < 8; i++)
        {
            data.Add([i, 1, 2, 3], [1, 2, i, 4]);
        }
        string Name(string name) => Path.Combine(folder, name);
        var options = new TrainingOptions { Epochs = 2, BatchSize = 2, Threads = 1, CheckpointPath = Name("checkpoint") };
        (string Name, Action First, Action Second)[] writers =
        [
            ("weights", () => model.Save(Name("weights")), () => other.Save(Name("weights"))),
            ("compiled", () => model.SaveCompiled(Name("compiled")), () => other.SaveCompiled(Name("compiled"))),
            ("state", () => state.Save(Name("state")), () => state.Save(Name("state"))),
            (
                "checkpoint", () => AarenModel.Create(1).Fit(data, options: options with { Epochs = 1 }),
                () => AarenModel.Create(1).Fit(data, options: options)),
        ];
        foreach ((string name, Action first, Action second) in writers)
        {
            // Where files are limited, the first one cannot be written either.
            byte[]? old = TryWrite(first) ? File.ReadAllBytes(Name(name)) : null;
            model.Step(state, [1, 2], new float[2]);
            Action release = obstruct();
            string[] before = [.. Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal)];
            if (TryWrite(second))
            {
                throw new SoakException($"{name}: nothing was said, though it could not be written.");
            }
            string[] after = [.. Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal)];
            if (!before.SequenceEqual(after))
            {
                throw new SoakException(
                    $"{name}: left over: {string.Join(", ", after.Except(before))}; gone: {string.Join(", ", before.Except(after))}.");
            }
            if (old is not null && !File.ReadAllBytes(Name(name)).AsSpan().SequenceEqual(old))
            {
                throw new SoakException($"{name}: the old file is no longer whole.");
            }
            release();
            if (old is not null && !TryWrite(second))
            {
                throw new SoakException($"{name}: it cannot be written though nothing is in the way any more.");
            }
        }
    }

    private static bool TryWrite(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool Succeeds(string[] launcher)
    {
        try
        {
            var start = new ProcessStartInfo(launcher[0], [.. launcher[1..], "true"]) { RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static void Child(string[] launcher, params string[] command)
    {
        using Process process = ChildProcess.Start(launcher, command);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new SoakException($"{command[0]}: {error}");
        }
    }

    private static void SetMode(string folder, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new SoakException("A folder is made read-only by its mode, which Windows does not have.");
        }
        File.SetUnixFileMode(folder, mode);
    }

    [LibraryImport("libc", EntryPoint = "setuid")]
    private static partial int SetUser(int user);
}
