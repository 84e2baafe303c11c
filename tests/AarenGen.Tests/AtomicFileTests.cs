using System.Diagnostics;
using System.Text;
using AarenGen.Serialization;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>
/// Files are replaced whole, where links lead, with the mode that they have; every failure is one typed error that names the file.
/// </summary>
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
    public void Broken_links_are_rejected()
    {
        Link("a", "b");
        Link("b", "a");
        Link("lost", "missing/model");
        Assert.Contains("symbolic link", Assert.Throws<IOException>(() => Write(At("a"), "x")).Message, StringComparison.Ordinal);
        Assert.Contains(
            At("missing"), Assert.Throws<DirectoryNotFoundException>(() => Write(At("lost"), "x")).Message, StringComparison.Ordinal);
    }

    [FactWithModes]
    public void An_existing_file_keeps_its_mode_and_a_new_one_takes_the_default()
    {
        File.WriteAllText(At("plain"), "");
        foreach (UnixFileMode mode in (UnixFileMode[])[(UnixFileMode)0b110_000_000, (UnixFileMode)0b110_110_110,
            (UnixFileMode)0b111_101_101])
        {
            File.WriteAllText(At("model"), "old");
            SetMode(At("model"), mode);
            Write(At("model"), "new");
            Assert.Equal(mode, new FileInfo(At("model")).UnixFileMode);
        }
        Write(At("new"), "new");
        Assert.Equal(new FileInfo(At("plain")).UnixFileMode, new FileInfo(At("new")).UnixFileMode);
    }

    [Theory]
    [InlineData("m", 255)]
    [InlineData("ö", 127)]
    [InlineData("模", 85)]
    public void Names_may_have_the_maximum_length_of_the_file_system(string letter, int count)
    {
        string path = At(string.Concat(Enumerable.Repeat(letter, count)));
        Assert.InRange(Encoding.UTF8.GetByteCount(Path.GetFileName(path)), 254, 255);
        Write(path, "long");
        Write(path, "again");
        Assert.Equal("again", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder));
    }

    [Fact]
    public void The_next_save_deletes_files_of_ended_processes_and_not_those_of_running_ones()
    {
        int ended;
        using (Process process = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!)
        {
            ended = process.Id;
            process.WaitForExit();
        }
        string dead = AtomicFile.TemporaryName(folder, ended), live = AtomicFile.TemporaryName(folder, Environment.ProcessId);
        string machine = Path.GetFileName(dead).Split('-')[1];
        string foreign = dead.Replace(machine, new string('0', machine.Length), StringComparison.Ordinal);
        string[] names =
        [
            dead, live, foreign, At(".aarengen-0-0.tmp"), At(".aarengen-.tmp"), At($".aarengen-{machine}--1-0.tmp"), At("notes.tmp"),
        ];
        foreach (string name in names)
        {
            File.WriteAllText(name, "half");
        }
        Write(At("model"), "new");
        Assert.Equal(names.Except([dead]).Append(At("model")).Order(), Directory.GetFiles(folder).Order());
        foreach (string name in names.Except([dead]))
        {
            File.SetLastWriteTimeUtc(name, DateTime.UtcNow.AddHours(-2));
        }
        Write(At("other"), "new");
        Assert.Equal([At("model"), At("notes.tmp"), At("other")], Directory.GetFiles(folder).Order());
    }

    [Fact]
    public void A_writer_replaces_the_file_with_its_own_even_with_concurrent_writers()
    {
        AtomicFile.Write(At("model"), stream =>
        {
            stream.Write("first"u8);
            stream.Flush();
            AtomicFile.Write(At("model"), other =>
            {
                other.Write("sec"u8);
                other.Flush();
                // Both are there, as a save of a third writer finds them.
                Write(At("model"), "third");
                Assert.Equal(2, Directory.GetFiles(folder, AtomicFile.Pattern).Length);
                Assert.Equal("third", File.ReadAllText(At("model")));
                other.Write("ond"u8);
            });
            Assert.Equal("second", File.ReadAllText(At("model")));
        });
        Assert.Equal("first", File.ReadAllText(At("model")));
        Assert.Equal([At("model")], Directory.GetFiles(folder));
    }

    [Fact]
    public void A_check_finds_the_errors_of_a_write_and_leaves_nothing()
    {
        Directory.CreateDirectory(At("real/deep"));
        Directory.CreateDirectory(At("shared"));
        Link("real/deep/link", "../../shared/model");
        Link("current", "real/deep");
        AtomicFile.CheckWritable(At("current/link"), "a checkpoint");
        Assert.Empty(Directory.GetFiles(At("shared")));
        Write(At("current/link"), "new");
        AtomicFile.CheckWritable(At("current/link"), "a checkpoint");
        Assert.Equal("new", File.ReadAllText(At("shared/model")));
        Assert.Equal([At("shared/model")], Directory.GetFiles(At("shared")));

        Link("a", "b");
        Link("b", "a");
        Link("lost", "missing/model");
        File.WriteAllText(At("locked"), "old");
        File.SetAttributes(At("locked"), FileAttributes.ReadOnly);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(At("locked"), UnixFileMode.None);
        }
        foreach (string name in (string[])["a", "lost", "locked", "shared", new string('m', 256), "missing/model"])
        {
            string check = Assert.ThrowsAny<IOException>(() => AtomicFile.CheckWritable(At(name), "a checkpoint")).Message;
            Assert.StartsWith($"Cannot write a checkpoint to {At(name)}: ", check, StringComparison.Ordinal);
            string write = Assert.ThrowsAny<IOException>(() => Write(At(name), "x")).Message;
            Assert.Equal(check.Replace("a checkpoint to ", "", StringComparison.Ordinal), write);
        }
        File.SetAttributes(At("locked"), FileAttributes.Normal);
    }

    [Fact]
    public void Many_writers_of_one_file_leave_one_of_their_contents()
    {
        string[] contents = [.. Enumerable.Range(0, 64).Select(static i => new string((char)('0' + i), 10_000))];
        // The first writers find no file, the others one that changes.
        for (int round = 0; round < 20; round++)
        {
            File.Delete(At("model"));
            Parallel.ForEach(contents, new ParallelOptions { MaxDegreeOfParallelism = 16 }, content => Write(At("model"), content));
            Assert.Contains(File.ReadAllText(At("model")), contents);
            Assert.Equal([At("model")], Directory.GetFiles(folder));
        }
    }

    [Fact]
    public void A_failed_write_is_an_IOException_with_the_file_and_the_reason()
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
    }

    [LinuxFact]
    public void A_directory_that_allows_no_files_is_rejected()
    {
        Refuses("/proc/aarengen-model", "");
    }

    [FactForUsers]
    public void A_directory_without_permission_is_rejected()
    {
        Directory.CreateDirectory(At("closed"));
        SetMode(At("closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Refuses(At("closed/model"), "permission");
    }

    [Fact]
    public void A_writer_that_fails_leaves_the_old_file_and_nothing_else()
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
    public void Every_reader_and_writer_throws_IOException_with_the_path()
    {
        GoldenOdd model = GoldenOdd.Create(1);
        StreamState<GoldenOdd> state = model.CreateState();
        Directory.CreateDirectory(At("directory"));
        Action[] calls =
        [
            () => GoldenOdd.Load(At("directory")), () => GoldenOdd.Load(At("missing")), () => state.Load(At("directory")),
            () => state.Load(At("missing")),
            () => model.Save(At("directory")), () => model.SaveCompiled(At("directory")), () => state.Save(At("directory")),
            () => model.Save(At("missing/model")), () => state.Save(At("missing/state")),
        ];
        foreach (Action call in calls)
        {
            Assert.Contains(
                folder, Assert.IsType<IOException>(Record.Exception(call), exactMatch: false).Message, StringComparison.Ordinal);
        }
    }

    private static void Refuses(string path, string reason)
    {
        string message = Assert.Throws<IOException>(() => Write(path, "x")).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    private static void Write(string path, string content) =>
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(content)));

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException();
        }
        File.SetUnixFileMode(path, mode);
    }

    private string At(string name) => Path.Combine(folder, name);

    private void Link(string name, string target) => File.CreateSymbolicLink(At(name), target);
}

/// <summary>A test that files have modes for.</summary>
internal class FactWithModesAttribute : FactAttribute
{
    public FactWithModesAttribute() => Skip = OperatingSystem.IsWindows() ? "Windows has no file modes." : null;
}

/// <summary>A test of permissions, which do not bind administrators.</summary>
internal sealed class FactForUsersAttribute : FactWithModesAttribute
{
    public FactForUsersAttribute() => Skip ??= Environment.IsPrivilegedProcess ? "Permissions do not bind administrators." : null;
}

/// <summary>A test of what only Linux has.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "Only Linux has such a directory.";
}
