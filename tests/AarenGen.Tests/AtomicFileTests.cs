using System.Diagnostics;
using System.Text;
using AarenGen.Serialization;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Files are replaced whole, where links lead, with the mode that they have; every failure is one typed error that names the file.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-files-").FullName;

    public void Dispose()
    {
        if (!OperatingSystem.IsWindows())
        {
            foreach (string directory in Directory.GetDirectories(folder))
            {
                File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_link_stays_and_its_target_is_written()
    {
        Directory.CreateDirectory(At("real/deep"));
        Directory.CreateDirectory(At("shared"));
        File.WriteAllText(At("shared/model"), "old");
        Link("real/deep/link", "../../shared/model");
        // A link in a directory that is reached through a link: it is relative to where it really lies.
        Link("current", "real/deep");
        Link("chain", "current/link");
        Link("absolute", At("chain"));
        foreach (string name in (string[])["real/deep/link", "current/link", "chain", "absolute"])
        {
            Write(At(name), name);
            Assert.Equal(name, File.ReadAllText(At("shared/model")));
            Assert.NotNull(new FileInfo(At(name)).LinkTarget);
        }
        Link("dangling", "shared/new");
        Write(At("dangling"), "made");
        Assert.Equal("made", File.ReadAllText(At("shared/new")));
        Assert.Equal("shared/new", new FileInfo(At("dangling")).LinkTarget);
        Assert.Empty(Directory.GetFiles(folder, AtomicFile.Pattern, SearchOption.AllDirectories));
    }

    [Fact]
    public void Links_that_lead_nowhere_are_refused()
    {
        Link("a", "b");
        Link("b", "a");
        Link("lost", "missing/model");
        Assert.Contains("symbolic link", Assert.Throws<IOException>(() => Write(At("a"), "x")).Message, StringComparison.Ordinal);
        Assert.Contains(At("missing"), Assert.Throws<DirectoryNotFoundException>(() => Write(At("lost"), "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_existing_file_keeps_its_mode_and_a_new_one_takes_the_default()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        File.WriteAllText(At("plain"), "");
        foreach (UnixFileMode mode in (UnixFileMode[])[UnixFileMode.UserRead | UnixFileMode.UserWrite, (UnixFileMode)0b110_110_110, (UnixFileMode)0b111_101_101])
        {
            File.WriteAllText(At("model"), "old");
            File.SetUnixFileMode(At("model"), mode);
            Write(At("model"), "new");
            Assert.Equal(mode, File.GetUnixFileMode(At("model")));
        }
        Write(At("new"), "new");
        Assert.Equal(File.GetUnixFileMode(At("plain")), File.GetUnixFileMode(At("new")));
    }

    [Theory]
    [InlineData("m", 255)]
    [InlineData("ö", 127)]
    [InlineData("模", 85)]
    public void Names_may_be_as_long_as_the_file_system_takes(string letter, int count)
    {
        string path = At(string.Concat(Enumerable.Repeat(letter, count)));
        Assert.InRange(Encoding.UTF8.GetByteCount(Path.GetFileName(path)), 254, 255);
        Write(path, "long");
        Write(path, "again");
        Assert.Equal("again", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder));
    }

    [Fact]
    public void What_a_killed_writer_left_goes_with_the_next_save_and_a_live_ones_stays()
    {
        string dead = AtomicFile.TemporaryName(At("model"), 0), live = AtomicFile.TemporaryName(At("model"), 1), old = AtomicFile.TemporaryName(At("model"), 2);
        string other = AtomicFile.TemporaryName(At("other"), 0);
        File.WriteAllText(dead, "half");
        File.WriteAllText(old, "half");
        File.WriteAllText(other, "half");
        using (var writer = new FileStream(live, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            Write(At("model"), "new");
            Assert.Equal([live, At("model"), other], Directory.GetFiles(folder).Order().OrderBy(path => path == other ? 1 : 0));
        }
        Write(At("model"), "newer");
        Assert.Equal("newer", File.ReadAllText(At("model")));
        Assert.Equal([other, At("model")], Directory.GetFiles(folder).OrderBy(path => path == other ? 0 : 1));
    }

    [Fact]
    public void A_writer_that_is_killed_leaves_what_the_next_save_removes()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        // A process that locks a temporary file as a writer does, until it is killed.
        string left = AtomicFile.TemporaryName(At("model"), 0);
        File.WriteAllText(left, "half");
        using (Process holder = Process.Start("flock", [left, "sleep", "60"]))
        {
            SpinWait.SpinUntil(() => IsLocked(left), TimeSpan.FromSeconds(20));
            Write(At("model"), "new");
            Assert.True(File.Exists(left));
            holder.Kill(entireProcessTree: true);
            holder.WaitForExit();
        }
        SpinWait.SpinUntil(() => !IsLocked(left), TimeSpan.FromSeconds(20));
        Write(At("model"), "newer");
        Assert.Equal([At("model")], Directory.GetFiles(folder));

        static bool IsLocked(string path)
        {
            try
            {
                using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }

    [Fact]
    public void Many_writers_of_one_file_leave_one_of_their_contents()
    {
        string[] contents = [.. Enumerable.Range(0, 64).Select(static i => new string((char)('0' + i), 10_000))];
        Parallel.ForEach(contents, new ParallelOptions { MaxDegreeOfParallelism = 16 }, content => Write(At("model"), content));
        Assert.Contains(File.ReadAllText(At("model")), contents);
        Assert.Equal([At("model")], Directory.GetFiles(folder));
    }

    [Fact]
    public void Where_nothing_can_be_written_an_IOException_names_the_file_and_the_reason()
    {
        Directory.CreateDirectory(At("directory"));
        Refuses(At("directory"), "it is a directory");
        Refuses(At("new/"), "it is a directory");
        Refuses(At(new string('m', 256)), "");
        File.WriteAllText(At("read-only"), "old");
        File.SetAttributes(At("read-only"), FileAttributes.ReadOnly);
        Refuses(At("read-only"), "read-only");
        Assert.Equal("old", File.ReadAllText(At("read-only")));
        File.SetAttributes(At("read-only"), FileAttributes.Normal);
        File.WriteAllText(At("file"), "");
        Assert.Throws<DirectoryNotFoundException>(() => Write(At("file/model"), "x"));
        if (OperatingSystem.IsLinux())
        {
            // A directory where nobody may create files, not even root.
            Refuses("/proc/aarengen-model", "");
            Directory.CreateDirectory(At("closed"));
            File.SetUnixFileMode(At("closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
            if (!Environment.IsPrivilegedProcess)
            {
                Refuses(At("closed/model"), "permission");
            }
        }
    }

    [Fact]
    public void A_full_disk_leaves_the_old_file_and_nothing_else()
    {
        File.WriteAllText(At("model"), "old");
        IOException e = Assert.Throws<IOException>(() => AtomicFile.Write(At("model"), static stream =>
        {
            stream.Write(new byte[100_000]);
            throw new IOException("No space left on device");
        }));
        Assert.Contains(At("model"), e.Message, StringComparison.Ordinal);
        Assert.Contains("No space left", e.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(At("model")));
        Assert.Equal([At("model")], Directory.GetFiles(folder));
    }

    [Fact]
    public void Every_reader_and_writer_says_IOException_and_the_path()
    {
        GoldenOdd model = GoldenOdd.Create(1);
        StreamState<GoldenOdd> state = model.CreateState();
        Directory.CreateDirectory(At("directory"));
        Action[] calls =
        [
            () => GoldenOdd.Load(At("directory")), () => GoldenOdd.Load(At("missing")), () => state.Load(At("directory")), () => state.Load(At("missing")),
            () => model.Save(At("directory")), () => model.SaveCompiled(At("directory")), () => state.Save(At("directory")),
            () => model.Save(At("missing/model")), () => state.Save(At("missing/state")),
        ];
        foreach (Action call in calls)
        {
            Assert.Contains(folder, Assert.IsType<IOException>(Record.Exception(call), exactMatch: false).Message, StringComparison.Ordinal);
        }
    }

    private static void Refuses(string path, string reason)
    {
        string message = Assert.Throws<IOException>(() => Write(path, "x")).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    private static void Write(string path, string content) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(content)));

    private string At(string name) => Path.Combine(folder, name);

    private void Link(string name, string target) => File.CreateSymbolicLink(At(name), target);
}
