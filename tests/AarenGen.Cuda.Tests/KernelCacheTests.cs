using AarenGen.Cuda.Compilation;
using AarenGen.Serialization;

namespace AarenGen.Cuda.Tests;

public sealed class KernelCacheTests : TemporaryFolder
{
    private int compilations;

    internal static byte[] KeyOf(int number) => KernelCache.Key(["kernel", $"{number}"]);

    /// <summary>What stands for compiled code: large enough that writing it takes more than one system call's buffer.</summary>
    internal static DeviceCode CodeOf(int number)
    {
        byte[] image = new byte[200_000];
        new Random(number).NextBytes(image);
        return new("kernel", new(80 + number, IsPtx: number % 2 == 1), new(12, number), image);
    }

    /// <summary>As a training asks for code.</summary>
    internal static DeviceCode GetOrAdd(KernelCache cache, int number, out bool found)
    {
        DeviceCode? kept = cache.Find(KeyOf(number), "kernel").FirstOrDefault();
        found = kept is not null;
        DeviceCode code = kept ?? CodeOf(number);
        if (!found)
        {
            cache.Add(KeyOf(number), code);
        }
        return code;
    }

    [Fact]
    public void The_second_time_nothing_is_compiled()
    {
        Assert.False(Get(new(Folder), 1));
        Assert.True(Get(new(Folder), 1));
        Assert.Equal(1, compilations);
        Assert.False(Get(new(Folder), 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(90)]
    [InlineData(-1)]
    public void Damaged_file_is_compiled_again_and_replaced(int position)
    {
        Damage(file => file[position < 0 ? file.Length - 1 : position] ^= 1);
        AssertHealed();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(79)]
    [InlineData(80)]
    [InlineData(100_000)]
    public void Truncated_file_is_compiled_again_and_replaced(int length)
    {
        Get(new(Folder), 1);
        using (FileStream file = File.OpenWrite(TheFile()))
        {
            file.SetLength(length);
        }
        AssertHealed();
    }

    [Fact]
    public void Longer_file_is_compiled_again_and_replaced()
    {
        Get(new(Folder), 1);
        File.AppendAllText(TheFile(), "more");
        AssertHealed();
    }

    [Fact]
    public void File_of_another_key_is_compiled_again_and_replaced()
    {
        Get(new(Folder), 2);
        string path = At(Convert.ToHexStringLower(KeyOf(1)) + ".kernels");
        File.Move(TheFile(), path);
        AssertHealed();
    }

    [Fact]
    public void Shipped_kernels_come_first_and_are_never_changed()
    {
        string shipped = At("shipped");
        Get(new(shipped), 1);
        string file = Assert.Single(Directory.GetFiles(shipped));
        DateTime written = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, written);
        var cache = new KernelCache(At("own"), shipped: shipped);

        Assert.True(Get(cache, 1));
        Assert.False(Directory.Exists(At("own")));
        Assert.False(Get(cache, 2));
        // Where the device does not take what was shipped, what was compiled here comes next.
        cache.Add(KeyOf(1), CodeOf(1));
        Assert.Equal(
            [file, Path.Combine(At("own"), Path.GetFileName(file))], cache.Find(KeyOf(1), "kernel").Select(static c => c.File));

        Assert.Equal((1, written), (Directory.GetFiles(shipped).Length, File.GetLastWriteTimeUtc(file)));
    }

    [Fact]
    public void Without_a_folder_everything_is_compiled()
    {
        Assert.False(Get(new(null), 1));
        Assert.False(Get(new(null), 1));
    }

    [Fact]
    public void Folder_that_cannot_be_created_is_no_error()
    {
        File.WriteAllText(At("file"), "");
        Assert.False(Get(new(At("file/folder")), 1));
        Assert.False(Get(new(At("file/folder")), 1));
    }

    [Fact]
    public void Read_only_folder_serves_its_files_and_is_no_error()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        Get(new(Folder), 1);
        UnixFileMode mode = File.GetUnixFileMode(Folder);
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.True(Get(new(Folder), 1));
            Assert.False(Get(new(Folder), 2));
        }
        finally
        {
            File.SetUnixFileMode(Folder, mode);
        }
    }

    [Fact]
    public async Task Eight_concurrent_writers_all_get_complete_code()
    {
        var cache = new KernelCache(Folder);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 40; i++)
            {
                int number = i % 4;
                AssertCode(number, GetOrAdd(cache, number, out bool _));
            }
        })));
        Assert.Equal(4, Directory.GetFiles(Folder).Length);
    }

    [Fact]
    public async Task Two_processes_share_a_folder()
    {
        await Task.WhenAll(Program.StartAsync(["fill-cache", Folder, "40"]), Program.StartAsync(["fill-cache", Folder, "40"]));
        var cache = new KernelCache(Folder);
        for (int i = 0; i < 8; i++)
        {
            Assert.True(Get(cache, i));
        }
        Assert.Equal(8, Directory.GetFiles(Folder).Length);
    }

    [Fact]
    public async Task Folder_is_the_one_that_the_variable_names()
    {
        await Program.StartAsync(["fill-default-cache"], (KernelCache.FolderVariable, At("named")));
        Assert.Single(Directory.GetFiles(At("named")));
    }

    [Fact]
    public async Task Folder_is_the_users_by_default_and_created_if_it_is_missing()
    {
        if (OperatingSystem.IsLinux())
        {
            await Program.StartAsync(["fill-default-cache"], (KernelCache.FolderVariable, ""), ("XDG_DATA_HOME", At("user")));
            Assert.Single(Directory.GetFiles(At("user/aarengen/kernels")));
        }
    }

    [Fact]
    public void The_least_recently_used_file_is_deleted_first()
    {
        var cache = new KernelCache(Folder, capacity: 650_000);
        for (int i = 0; i < 3; i++)
        {
            Get(cache, i);
            File.SetLastWriteTimeUtc(At(Convert.ToHexStringLower(KeyOf(i)) + ".kernels"), DateTime.UtcNow.AddMinutes(i - 10));
        }
        File.WriteAllText(At(".aarengen-0-0.tmp"), "left behind");
        File.SetLastWriteTimeUtc(At(".aarengen-0-0.tmp"), DateTime.UtcNow.AddHours(-2));
        File.WriteAllText(At("notes.txt"), "not ours");
        Assert.True(Get(cache, 0));
        Assert.False(Get(cache, 3));

        Assert.True(Get(cache, 0));
        Assert.True(Get(cache, 2));
        Assert.True(Get(cache, 3));
        Assert.Equal(4, Directory.GetFiles(Folder).Length);
        Assert.False(Get(cache, 1));
    }

    [Fact]
    public void Files_of_a_killed_process_are_deleted_after_an_hour()
    {
        string left = "";
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(At(Convert.ToHexStringLower(KeyOf(1)) + ".kernels"), _ =>
        {
            // The name of what is there when a process is killed now.
            left = TheFile();
            throw new InvalidOperationException();
        }));
        File.WriteAllText(left, "half");
        Get(new(Folder), 1);
        Assert.True(File.Exists(left));

        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddHours(-2));
        Get(new(Folder), 2);
        Assert.False(File.Exists(left));
        Assert.Equal(2, Directory.GetFiles(Folder).Length);
    }

    [Fact]
    public void Folder_in_the_place_of_a_file_is_no_error()
    {
        Directory.CreateDirectory(At(Convert.ToHexStringLower(KeyOf(1)) + ".kernels"));
        Assert.False(Get(new(Folder), 1));
        Assert.False(Get(new(Folder), 1));
        Assert.False(Get(new(Folder), 2));
        Assert.True(Get(new(Folder), 2));
    }

    [Fact]
    public void Huge_file_with_other_content_takes_no_memory()
    {
        string path = At(Convert.ToHexStringLower(KeyOf(1)) + ".kernels");
        using (FileStream file = File.Create(path))
        {
            file.SetLength(1L << 31);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(Get(new(Folder), 1));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
        Assert.True(Get(new(Folder), 1));
    }

    [Fact]
    public void Code_larger_than_the_cache_is_kept_until_the_next()
    {
        var cache = new KernelCache(Folder, capacity: 100);
        Get(cache, 1);
        Assert.True(Get(cache, 1));
        Get(cache, 2);
        Assert.True(Get(cache, 2));
        Assert.Single(Directory.GetFiles(Folder));
    }

    [Fact]
    public void Key_depends_on_the_ends_and_the_order_of_its_parts()
    {
        byte[][] keys = [KernelCache.Key(["ab", "c"]), KernelCache.Key(["a", "bc"]), KernelCache.Key(["c", "ab"]), KernelCache.Key(["abc"]),
            KernelCache.Key(["ab", "c", ""])];
        Assert.Equal(keys.Length, keys.Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal(keys[0], KernelCache.Key(["ab", "c"]));
    }

    private bool Get(KernelCache cache, int number)
    {
        AssertCode(number, GetOrAdd(cache, number, out bool found));
        compilations += found ? 0 : 1;
        return found;
    }

    private static void AssertCode(int number, DeviceCode code)
    {
        DeviceCode wanted = CodeOf(number);
        Assert.Equal((wanted.Name, wanted.Target, wanted.Compiler), (code.Name, code.Target, code.Compiler));
        Assert.Equal(wanted.Image, code.Image);
    }

    private string TheFile() => Assert.Single(Directory.GetFiles(Folder));

    private void Damage(Action<byte[]> damage)
    {
        Get(new(Folder), 1);
        byte[] file = File.ReadAllBytes(TheFile());
        damage(file);
        File.WriteAllBytes(TheFile(), file);
    }

    private void AssertHealed()
    {
        compilations = 0;
        Assert.False(Get(new(Folder), 1));
        Assert.True(Get(new(Folder), 1));
        Assert.Equal(1, compilations);
        TheFile();
    }
}
