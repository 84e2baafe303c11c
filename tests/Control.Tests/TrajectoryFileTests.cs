using System.Reflection;
using PureHDF;
using PureHDF.VOL.Native;

namespace Control.Tests;

public sealed class TrajectoryFileTests : IDisposable
{
    private static readonly EnvironmentDescription environment = new("toy", 3, 2, StepLimit: 4, 0, 1);

    private static readonly EnvironmentDescription longer = environment with { StepLimit = 50 };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void WrittenEpisodesAreReadAgain()
    {
        TrajectorySet set = Toy();
        string path = TrajectoryFile.PathOf(folder.File("new"), "toy", "medium");
        TrajectoryFile.Write(path, set);
        AssertEqual(set, TrajectoryFile.Read(path, environment));
        Assert.Equal("toy-medium.hdf5", Path.GetFileName(path));
        Assert.Single(Directory.GetFiles(folder.File("new")));
    }

    /// <summary>D4RL's ant has its contact forces behind what is seen here.</summary>
    [Fact]
    public void OfWiderObservationsTheFirstNumbersAreRead()
    {
        TrajectorySet set = Toy();
        TrajectoryFile.Write(folder.File("wide.hdf5"), set);
        TrajectorySet read = TrajectoryFile.Read(
            folder.File("wide.hdf5"), new("toy", 2, 2, StepLimit: 4, 0, 1) { LoggedObservationWidth = 3 });
        Assert.Equal(2, read.ObservationWidth);
        Assert.Equal(set.Episodes.SelectMany(static e => e.Observations.Where(static (_, i) => i % 3 < 2)),
            read.Episodes.SelectMany(static e => e.Observations));
    }

    /// <summary>More rows than a chunk has.</summary>
    [Fact]
    public void LongSetsAreReadAgain()
    {
        Episode[] episodes = [.. Enumerable.Range(0, 3000).Select(static i => Toy(3, i % 2 == 0, i))];
        var set = new TrajectorySet(3, 2, episodes);
        TrajectoryFile.Write(folder.File("long.hdf5"), set);
        AssertEqual(set, TrajectoryFile.Read(folder.File("long.hdf5"), environment));
    }

    [Fact]
    public void WithoutTimeoutsTheStepLimitPartsEpisodes()
    {
        string path = Write(static f => f.Remove("timeouts"), steps: 11, terminals: [1]);
        TrajectorySet set = TrajectoryFile.Read(path, environment);
        Assert.Equal([(2, true), (4, false), (4, false)], set.Episodes.Select(static e => (e.Length, e.IsTerminal)));
    }

    [Fact]
    public void LastEpisodeThatIsNotWholeIsLeftOut()
    {
        string path = Write(static _ => { }, steps: 6, terminals: [2]);
        Assert.Equal(3, Assert.Single(TrajectoryFile.Read(path, environment).Episodes).Length);
    }

    [Fact]
    public void DoublesAndColumnsOfOneAreTaken()
    {
        string path = Write(static f => f["rewards"] = new double[6, 1] { { 1 }, { 2 }, { 3 }, { 4 }, { 5 }, { 6 } }, steps: 6,
            terminals: [5]);
        Assert.Equal([1, 2, 3, 4, 5, 6], TrajectoryFile.Read(path, longer).Episodes[0].Rewards);
    }

    [Fact]
    public void MissingFileIsAnError() => AssertError(
        folder.File("no.hdf5"), "there is no such file; let the command collect write it, or put D4RL's file of toy there.");

    [Fact]
    public void OtherFileIsAnError()
    {
        File.WriteAllText(folder.File("text.hdf5"), new string('a', 10_000));
        AssertError(folder.File("text.hdf5"),
            "this is not a complete HDF5 file (The file is not a valid HDF 5 file); fetch or collect it again.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void CutFileIsAnError(double share)
    {
        TrajectoryFile.Write(folder.File("whole.hdf5"), Toy());
        byte[] bytes = File.ReadAllBytes(folder.File("whole.hdf5"));
        File.WriteAllBytes(folder.File("cut.hdf5"), bytes[..(int)(share * bytes.Length)]);
        string message = Assert.Throws<UserException>(() => TrajectoryFile.Read(folder.File("cut.hdf5"), environment)).Message;
        Assert.StartsWith($"{folder.File("cut.hdf5")}: this is not a complete HDF5 file", message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Wherever a byte is wrong, a file is read or refused in one line, soon and without memory for what it merely claims.
    /// </summary>
    [Fact]
    public void DamagedFilesAreReadOrRefused()
    {
        TrajectoryFile.Write(folder.File("ours.hdf5"), Toy());
        AssertBounded(folder.File("ours.hdf5"), 1, 0x00, 0x7F, 0xFF);
        AssertBounded(Write(static _ => { }), 1, 0x00, 0x7F, 0xFF);
    }

    /// <summary>The same of the older layout of groups, of indexes of chunks, and of what is made of other files.</summary>
    [H5pyFact]
    public void DamagedFilesOfH5pyAreReadOrRefused()
    {
        (int exitCode, string output) = Requirements.Run(Stored + """
            data = {name: values[:50] for name, values in data.items()}
            plain('old.hdf5', compression='lzf', chunks=True)
            plain('new.hdf5', libver='latest', compression='gzip', chunks=True, maxshape=True)
            f = h5py.File('virtual.hdf5', 'w', libver='latest')
            for name, values in data.items():
                layout = h5py.VirtualLayout(shape=values.shape, dtype=values.dtype)
                layout[::2] = h5py.VirtualSource('new.hdf5', name, shape=values.shape)[:25]
                layout[1::2] = h5py.VirtualSource('new.hdf5', name, shape=values.shape)[25:]
                f.create_virtual_dataset(name, layout)
            f.close()
            f = h5py.File('elsewhere.hdf5', 'w', libver='latest')
            for name in data:
                f[name] = h5py.ExternalLink('new.hdf5', name)
            f.close()
            """);
        Assert.True(exitCode == 0, output);
        // Prime, so that all bytes of numbers have their turn.
        const int stride = 19;
        foreach (string name in (string[])["old.hdf5", "new.hdf5", "virtual.hdf5", "elsewhere.hdf5"])
        {
            Assert.Single(TrajectoryFile.Read(folder.File(name), longer).Episodes);
            AssertBounded(folder.File(name), stride, 0xFF);
        }
        // What is linked to is damaged.
        byte[] linked = File.ReadAllBytes(folder.File("new.hdf5"));
        foreach (string name in (string[])["virtual.hdf5", "elsewhere.hdf5"])
        {
            for (int at = 0; at < linked.Length; at += stride)
            {
                byte[] damaged = [.. linked];
                damaged[at] = 0xFF;
                File.WriteAllBytes(folder.File("new.hdf5"), damaged);
                AssertBounded(folder.File(name), $"{name}, linked byte {at}");
            }
        }
    }

    /// <summary>A group of the older layout whose tree of names has itself as a branch.</summary>
    [H5pyFact]
    public void TreeThatIsItsOwnBranchIsAnError()
    {
        (int exitCode, string output) = Requirements.Run(Stored + "plain('circle.hdf5')");
        Assert.True(exitCode == 0, output);
        byte[] bytes = File.ReadAllBytes(folder.File("circle.hdf5"));
        const int level = 5, firstChild = 32;
        int tree = bytes.AsSpan().IndexOf("TREE\0"u8);
        bytes[tree + level] = 2;
        BitConverter.TryWriteBytes(bytes.AsSpan(tree + firstChild), (long)tree);
        File.WriteAllBytes(folder.File("circle.hdf5"), bytes);
        AssertError(
            folder.File("circle.hdf5"),
            "this is not a complete HDF5 file (its parts refer to each other without end); fetch or collect it again.");
    }

    [Fact]
    public void MissingDataSetsAreErrors()
    {
        AssertError(Write(static f => f.Remove("actions")),
            "there is no data set 'actions'; it has observations, rewards, terminals, timeouts.");
        AssertError(Write(static f => f.Remove("terminals")),
            "there is no data set 'terminals'; it has observations, actions, rewards, timeouts.");
        AssertError(Write(static f => f["rewards"] = new H5Group()), "'rewards' is not a data set.");
    }

    [Fact]
    public void WrongShapesAreErrors()
    {
        AssertError(Write(static f => f["observations"] = new float[6, 4]),
            "'observations' has the shape [6, 4], but toy has 3 numbers a step; is it of another environment?");
        AssertError(Write(static f => f["rewards"] = new float[6, 2]),
            "'rewards' has the shape [6, 2], but toy has one number a step; is it of another environment?");
        AssertError(Write(static f => f["actions"] = new float[5, 2]), "'actions' has 5 rows, but 'observations' has 6.");
        AssertError(Write(static f => f["terminals"] = new byte[7]), "'terminals' has 7 rows, but 'observations' has 6.");
        AssertError(Write(static f => f["terminals"] = new byte[6, 2]),
            "'terminals' has the shape [6, 2], but toy has one number a step; is it of another environment?");
    }

    [Fact]
    public void WrongTypesAreErrors()
    {
        AssertError(Write(static f => f["rewards"] = new string[] { "1", "1", "1", "1", "1", "1" }),
            "'rewards' holds 128-bit VariableLength values; float16, float32, float64, whole numbers or Booleans are needed.");
    }

    [Fact]
    public void NotANumberIsAnError() => AssertError(
        Write(static f => f["actions"] = new float[6, 2] { { 0, 0 }, { 0, float.NaN }, { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } }),
        "'actions' is NaN in row 1, column 1; leave that episode out.");

    [Fact]
    public void MoreThanFloat32HoldsIsAnError() => AssertError(
        Write(static f => f["rewards"] = new double[6] { 0, 0, -1e300, 0, 0, 0 }),
        "'rewards' is -1E+300, too large for float32, in row 2, column 0; leave that episode out.");

    /// <summary>D4RL's files, and files made after them, hold flags and rewards as numbers of any type.</summary>
    [Fact]
    public void NumbersOfAnyTypeAreTaken()
    {
        Assert.Equal([1, -2, 3, 4, 5, 6], Rewards(new int[] { 1, -2, 3, 4, 5, 6 }));
        Assert.Equal([1, -2, 3, 4, 5, 6], Rewards(new sbyte[] { 1, -2, 3, 4, 5, 6 }));
        Assert.Equal([1, 65535, 3, 4, 5, 6], Rewards(new ushort[] { 1, 65535, 3, 4, 5, 6 }));
        Assert.Equal([1, -0.5f, 3, 4, 5, 6], Rewards(new Half[] { (Half)1, (Half)(-0.5), (Half)3, (Half)4, (Half)5, (Half)6 }));
        foreach (Array flags in (Array[])[new float[] { 0, -0f, 1, 0, 0, 1 }, new double[] { 0, -0.0, 1, 0, 0, 1 },
            new long[] { 0, 0, 1, 0, 0, 256 }, new float[6, 1] { { 0 }, { 0 }, { 1 }, { 0 }, { 0 }, { 1 } }])
        {
            Assert.Equal([3, 3], TrajectoryFile.Read(Write(f => f["terminals"] = flags), environment).Episodes.Select(
                static e => e.Length));
        }
        AssertError(Write(static f => f["timeouts"] = new float[] { 0, 0, float.NaN, 0, 0, 1 }),
            "'timeouts' is NaN in row 2; 0 or 1 is needed.");

        float[] Rewards(Array rewards) => Assert.Single(TrajectoryFile.Read(Write(f => f["rewards"] = rewards), longer).Episodes).Rewards;
    }

    /// <summary>A key that nobody filled tells nothing; one that somebody filled must tell all.</summary>
    [Fact]
    public void TimeoutsThatAreNeverSetLeaveTheStepLimit()
    {
        TrajectorySet set = TrajectoryFile.Read(Write(static _ => { }, steps: 11, terminals: [1]), environment);
        Assert.Equal([(2, true), (4, false), (4, false)], set.Episodes.Select(static e => (e.Length, e.IsTerminal)));
        AssertError(
            Write(static f => f["timeouts"] = new byte[11] { 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, steps: 11, terminals: []),
            "from row 3 on an episode has more than 4 steps, the most that toy allows; set 'timeouts' in the row in which each episode "
                + "was cut off, or leave 'timeouts' out.");
    }

    [Fact]
    public void AFolderIsAnError() => AssertError(folder.Path, "this is a folder; name a file in D4RL's layout.");

    /// <summary>The same numbers, in each of the ways in which h5py stores them.</summary>
    [H5pyFact]
    public void HoweverH5pyStoresThemTheNumbersAreTheSame()
    {
        (int exitCode, string output) = Requirements.Run(Stored + """
            plain('plain.hdf5')
            plain('lzf.hdf5', compression='lzf')
            plain('lzf-shuffle.hdf5', compression='lzf', shuffle=True)
            plain('lzf-chunks.hdf5', compression='lzf', chunks=True, fletcher32=True)
            plain('gzip.hdf5', compression='gzip', shuffle=True, fletcher32=True)
            plain('latest.hdf5', compression='lzf', shuffle=True, libver='latest')
            plain('chunked.hdf5', maxshape=True)
            plain('big.hdf5', order='>')
            plain('big-gzip.hdf5', order='>', compression='gzip', shuffle=True)
            plain('big-lzf.hdf5', order='>', compression='lzf', shuffle=True)
            plain('double.hdf5', real='f8')
            f = h5py.File('linked.hdf5', 'w')
            for name in data:
                f['stored/' + name] = data[name]
                f[name] = h5py.SoftLink('/stored/' + name)
            f.close()
            f = h5py.File('elsewhere.hdf5', 'w')
            for name in data:
                f[name] = h5py.ExternalLink('plain.hdf5', name)
            f.close()
            f = h5py.File('renamed.hdf5', 'w')
            for name in data:
                f[name] = h5py.ExternalLink('linked.hdf5', 'stored/' + name)
            f.close()
            for unlimited in [1, 2]:
                f = h5py.File('indexed-' + str(unlimited) + '.hdf5', 'w', libver='latest')
                for name, values in data.items():
                    limits = ((None,) * unlimited + values.shape[unlimited:])[:values.ndim]
                    f.create_dataset(name, data=values, chunks=(4, 1)[:values.ndim], maxshape=limits, compression='gzip')
                f.close()
            for source in ['plain', 'lzf', 'gzip']:
                f = h5py.File('virtual-' + source + '.hdf5', 'w', libver='latest')
                for name in data:
                    layout = h5py.VirtualLayout(shape=data[name].shape, dtype=data[name].dtype)
                    layout[:] = h5py.VirtualSource(source + '.hdf5', name, shape=data[name].shape)
                    f.create_virtual_dataset(name, layout)
                f.close()
            """);
        Assert.True(exitCode == 0, output);
        TrajectorySet plain = TrajectoryFile.Read(folder.File("plain.hdf5"), longer);
        Assert.Equal(5, plain.Episodes.Count);
        Assert.Equal(0.5, plain.Episodes[0].Rewards[1]);
        foreach (string path in Directory.GetFiles(folder.Path, "*.hdf5"))
        {
            Assert.True(plain.Digest == TrajectoryFile.Read(path, longer).Digest, path);
        }
        string link = System.IO.Path.Combine(Directory.CreateDirectory(folder.File("links")).FullName, "link.hdf5");
        File.CreateSymbolicLink(link, folder.File("virtual-plain.hdf5"));
        Assert.Equal(plain.Digest, TrajectoryFile.Read(link, longer).Digest);
        byte[] bytes = File.ReadAllBytes(folder.File("lzf.hdf5"));
        foreach (int at in (int[])[bytes.Length / 2, bytes.Length - 100])
        {
            File.WriteAllBytes(folder.File("cut.hdf5"), bytes[..at]);
            Assert.Throws<UserException>(() => TrajectoryFile.Read(folder.File("cut.hdf5"), longer));
        }
    }

    [H5pyFact]
    public void WhatIsNotReadRightIsRefused()
    {
        (int exitCode, string output) = Requirements.Run(Stored + """
            plain('plain.hdf5')
            def change(path, name, make):
                plain(path)
                f = h5py.File(path, 'a', libver='latest')
                del f[name]
                make(f)
                f.close()
            def filtered(f, number):
                p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                p.set_chunk((n,))
                p.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (3,))
                h5py.h5d.create(f.id, b'rewards', h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((n,)), p)
            def virtual(source, name, dtype):
                def make(f):
                    layout = h5py.VirtualLayout(shape=data['rewards'].shape, dtype=dtype)
                    layout[:] = h5py.VirtualSource(source, name, shape=data['rewards'].shape)
                    f.create_virtual_dataset('rewards', layout)
                return make
            change('no-source.hdf5', 'rewards', virtual('gone.hdf5', 'rewards', 'f4'))
            change('no-set.hdf5', 'rewards', virtual('plain.hdf5', 'gone', 'f4'))
            change('other-type.hdf5', 'rewards', virtual('whole.hdf5', 'rewards', 'f4'))
            plain('whole.hdf5', real='i4')
            change('external.hdf5', 'rewards', lambda f: f.create_dataset(
                'rewards', data=data['rewards'], external=[('rewards.bin', 0, h5py.h5f.UNLIMITED)]))
            change('dangling.hdf5', 'rewards', lambda f: f.__setitem__('rewards', h5py.SoftLink('/gone')))
            for libver in ['earliest', 'latest']:
                for number, target in enumerate(['rewards', '/rewards', './rewards', 'rewards/deeper']):
                    plain(f'circle-{number}-{libver}.hdf5', libver=libver)
                    f = h5py.File(f'circle-{number}-{libver}.hdf5', 'a', libver=libver)
                    del f['rewards']
                    f['rewards'] = h5py.SoftLink(target)
                    f.close()
                change(
                    f'circle-file-{libver}.hdf5', 'rewards',
                    lambda f: f.__setitem__('rewards', h5py.ExternalLink(f'circle-file-{libver}.hdf5', 'rewards')))
            def inner(f):
                f.create_group('g', track_order=True)['x'] = h5py.SoftLink('x')
                f['rewards'] = h5py.SoftLink('/g/x')
            change('circle-inner.hdf5', 'rewards', inner)
            change('names.hdf5', 'rewards', lambda f: f.create_group('a\nb'))
            change('nbit.hdf5', 'rewards', lambda f: filtered(f, 5))
            change('unwritten.hdf5', 'rewards', lambda f: f.create_dataset('rewards', shape=(10**8,), dtype='f4'))
            change(
                'chunk.hdf5', 'rewards',
                lambda f: f.create_dataset('rewards', shape=(n,), maxshape=(None,), dtype='f4', chunks=(10**8,)))
            change(
                'chunks.hdf5', 'rewards',
                lambda f: f.create_dataset('rewards', shape=(10**6,), dtype='u1', chunks=(1,), compression='gzip'))
            layout = h5py.VirtualLayout(shape=(10**8,), dtype='f4')
            layout[:n] = h5py.VirtualSource('plain.hdf5', 'rewards', shape=(n,))
            change('virtual.hdf5', 'rewards', lambda f: f.create_virtual_dataset('rewards', layout))
            change('group.hdf5', 'rewards', lambda f: f.create_group('rewards'))
            change('compound.hdf5', 'rewards', lambda f: f.create_dataset('rewards', data=numpy.zeros(n, dtype=[('a', 'f4')])))
            change('scalar.hdf5', 'rewards', lambda f: f.create_dataset('rewards', data=1.0))
            t = h5py.h5t.IEEE_F32LE.copy()
            t.set_fields(15, 7, 8, 0, 7)
            t.set_size(2)
            t.set_ebias(127)
            def bfloat(f):
                h5py.h5d.create(f.id, b'rewards', t, h5py.h5s.create_simple((n,)))
            change('bfloat.hdf5', 'rewards', bfloat)
            change('zstd.hdf5', 'rewards', lambda f: filtered(f, 32015))
            """);
        Assert.True(exitCode == 0, output);
        AssertRefused("no-source.hdf5",
            "'rewards' is virtual, and its source file gone.hdf5 is not beside it; put it there.");
        AssertRefused("no-set.hdf5", $"'rewards' is virtual, and {folder.File("plain.hdf5")} lacks its source data set 'gone'.");
        AssertRefused("other-type.hdf5",
            $"'rewards' is virtual, and 'rewards' of {folder.File("whole.hdf5")} is not stored as it is (type, byte order, shuffling, "
            + "or virtual too); copy its values into an ordinary data set.");
        AssertRefused("external.hdf5",
            "'rewards' lies in files beside this one (external storage), which is not supported; copy it into one file: h5repack -l "
            + "rewards:CONTI FILE NEW.");
        AssertRefused("dangling.hdf5", "'rewards' is a link that leads nowhere.");
        foreach (string circle in Directory.GetFiles(folder.Path, "circle-*"))
        {
            AssertRefused(Path.GetFileName(circle), "'rewards' is a link that leads nowhere.");
        }
        AssertRefused("names.hdf5", "there is no data set 'rewards'; it has a?b, actions, observations, terminals, timeouts.");
        AssertRefused(
            "nbit.hdf5", "'rewards' is compressed by nbit, which is not supported; repack it with gzip: h5repack -f GZIP=4 FILE NEW.");
        AssertRefused("unwritten.hdf5", Damaged("a data set claims more than the file can hold"));
        AssertRefused("chunk.hdf5", Damaged("a data set claims more than the file can hold"));
        AssertRefused("chunks.hdf5", Damaged("a data set claims more than the file can hold"));
        AssertRefused("virtual.hdf5", Damaged("a virtual data set claims more than its parts hold"));
        AssertRefused("group.hdf5", "'rewards' is not a data set.");
        AssertRefused("compound.hdf5",
            "'rewards' holds 32-bit Compound values; float16, float32, float64, whole numbers or Booleans are needed.");
        AssertRefused("scalar.hdf5", "'rewards' has the shape [], but toy has one number a step; is it of another environment?");
        AssertRefused("bfloat.hdf5",
            "'rewards' holds 16-bit FloatingPoint values; float16, float32, float64, whole numbers or Booleans are needed.");
        AssertRefused(
            "zstd.hdf5", "'rewards' is compressed by zstd, which is not supported; repack it with gzip: h5repack -f GZIP=4 FILE NEW.");

        static string Damaged(string reason) => $"this is not a complete HDF5 file ({reason}); fetch or collect it again.";

        void AssertRefused(string file, string message) =>
            Assert.Equal($"{folder.File(file)}: {message}",
                Assert.Throws<UserException>(() => TrajectoryFile.Read(folder.File(file), longer)).Message);
    }

    /// <summary>LibLZF's format: a run of literals, a copy that reaches into itself, a long copy.</summary>
    [Fact]
    public void LzfIsTakenApart()
    {
        Assert.Equal("abcabcabcab"u8.ToArray(), LzfFilter.Decompress([2, (byte)'a', (byte)'b', (byte)'c', (6 << 5) | 0, 2], 11));
        Assert.Equal([.. Enumerable.Repeat((byte)5, 1 + 7 + 255 + 2)], LzfFilter.Decompress([0, 5, 7 << 5, 255, 0], 1 + 7 + 255 + 2));
        foreach (byte[] damaged in (byte[][])[[], [2, 1], [0, 1, 1 << 5], [0, 1, 1 << 5, 9], [3, 1, 2, 3, 4]])
        {
            Assert.Throws<InvalidDataException>(() => LzfFilter.Decompress(damaged, 3));
        }
    }

    [Fact]
    public void NoWholeEpisodeIsAnError()
    {
        AssertError(Write(static _ => { }, steps: 0, terminals: []),
            "none of its 0 steps ends an episode, neither 'terminals' nor the step limit of 4; a whole episode is needed.");
        AssertError(Write(static f => f.Remove("timeouts"), steps: 3, terminals: []),
            "none of its 3 steps ends an episode, neither 'terminals' nor the step limit of 4; a whole episode is needed.");
    }

    /// <summary>
    /// The parts of a virtual data set are read from the HDF5 library by reflection: another version of it may have renamed them. What
    /// else is read so, every test here reads.
    /// </summary>
    [Fact]
    public void TheLibraryHasTheInternalsThatAreRead()
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        Assembly library = typeof(NativeDataset).Assembly;
        Type reader = library.GetType("PureHDF.VOL.Native.H5D_Virtual`1", throwOnError: true)!;
        Assert.Contains(reader.GetConstructors(All), static c => c.GetParameters().Length == 6);
        Type entries = reader.GetField("_block", All)!.FieldType.GetProperty("VdsDatasetEntries", All)!.PropertyType;
        Assert.NotNull(entries.GetElementType()!.GetProperty("SourceFileName", All));
        Assert.NotNull(entries.GetElementType()!.GetProperty("SourceDataset", All));
        Type description = library.GetType("PureHDF.VOL.Native.DatasetInfo", throwOnError: true)!;
        Assert.Contains(description.GetConstructors(All), static c => c.GetParameters().Length == 6);
        Assert.All(
            ["InternalDataspace", "InternalDataType", "InternalDataLayout", "InternalFillValue", "InternalFilterPipeline", "Context"],
            static name => Assert.NotNull(typeof(NativeDataset).GetProperty(name, All)));
    }

    /// <summary>As D4RL's files are: gzip, chunks, shuffled bytes, Booleans as an enumeration, more data beside.</summary>
    [H5pyFact]
    public void FilesOfH5pyAreRead()
    {
        string path = folder.File("d4rl.hdf5");
        (int exitCode, string output) = Requirements.Run($"""
            import h5py, numpy
            n = 5000
            f = h5py.File('{path}', 'w')
            f.create_dataset('observations', data=numpy.arange(n * 3, dtype='f4').reshape(n, 3),
                compression='gzip', chunks=(700, 2), shuffle=True)
            f.create_dataset('next_observations', data=numpy.zeros((n, 3), 'f4'), compression='gzip')
            f.create_dataset('actions', data=numpy.full((n, 2), 0.5), compression='gzip')
            f.create_dataset('rewards', data=numpy.arange(n, dtype='f4'), compression='gzip', maxshape=(None,))
            ends = numpy.arange(n) % 100
            f.create_dataset('terminals', data=ends == 49, compression='gzip')
            f.create_dataset('timeouts', data=ends == 99)
            f.create_dataset('infos/qpos', data=numpy.zeros((n, 6)))
            f.create_dataset('metadata/algorithm', data='SAC')
            f.close()
            """);
        Assert.True(exitCode == 0, output);
        TrajectorySet set = TrajectoryFile.Read(path, longer);
        Assert.Equal(100, set.Episodes.Count);
        Assert.Equal([true, false], set.Episodes.Take(2).Select(static e => e.IsTerminal));
        Assert.All(set.Episodes, static e => Assert.Equal(50, e.Length));
        Assert.Equal([150, 151, 152], set.Episodes[1].Observations[..3]);
        Assert.Equal(4999, set.Episodes[^1].Rewards[^1]);
        Assert.Equal(0.5f, set.Episodes[7].Actions[13]);
    }

    [H5pyFact]
    public void H5pyReadsOurs()
    {
        string path = folder.File("ours.hdf5");
        TrajectoryFile.Write(path, Toy());
        (int exitCode, string output) = Requirements.Run($"""
            import h5py
            f = h5py.File('{path}', 'r')
            for name in ['observations', 'actions', 'rewards', 'terminals', 'timeouts']:
                print(name, f[name].dtype, f[name].shape, [float(v) for v in f[name][:].flatten()][:7])
            """);
        Assert.True(exitCode == 0, output);
        Assert.Equal(
            """
            observations float32 (7, 3) [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
            actions float32 (7, 2) [0.0, -1.0, -2.0, -3.0, -4.0, -5.0, 0.0]
            rewards float32 (7,) [0.0, 0.5, 1.0, 1.0, 1.5, 2.0, 2.5]
            terminals uint8 (7,) [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
            timeouts uint8 (7,) [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]

            """, output, ignoreLineEndingDifferences: true);
    }

    /// <summary>Numbers, and how they are written; the folder is the current one.</summary>
    private string Stored => $$"""
        import h5py, numpy, os
        os.chdir('{{folder.Path}}')
        n = 250
        noise = numpy.random.default_rng(1)
        data = {
            'observations': noise.normal(size=(n, 3)).astype('f4'),
            'actions': numpy.tile(noise.normal(size=(2, 2)).astype('f4'), (n // 2, 1)),
            'rewards': (numpy.arange(n) % 50 * 0.5).astype('f4'),
            'terminals': numpy.arange(n) % 100 == 99, 'timeouts': numpy.arange(n) % 50 == 49,
        }
        def plain(path, real='f4', order='<', libver='earliest', maxshape=None, **options):
            f = h5py.File(path, 'w', libver=libver)
            for name, values in data.items():
                kept = values.astype(order + real) if values.dtype == 'f4' else values
                f.create_dataset(name, data=kept, maxshape=None if maxshape is None else (None,) + values.shape[1:], **options)
            f.close()

        """;

    private void AssertBounded(string path, int stride, params ReadOnlySpan<byte> values)
    {
        byte[] whole = File.ReadAllBytes(path);
        for (int at = 0; at < whole.Length; at += stride)
        {
            foreach (byte value in values)
            {
                if (whole[at] != value)
                {
                    byte[] damaged = [.. whole];
                    damaged[at] = value;
                    string file = folder.File("damaged.hdf5");
                    File.WriteAllBytes(file, damaged);
                    AssertBounded(file, $"{Path.GetFileName(path)}, byte {at} = {value}");
                }
            }
        }
    }

    /// <summary>Every file here has a few KiB, so that of 1,100 times as much nothing comes near this.</summary>
    private static void AssertBounded(string path, string damage)
    {
        const long mostBytes = 64 << 20;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            TrajectoryFile.Read(path, longer);
        }
        catch (UserException e)
        {
            Assert.False(e.Message.Any(char.IsControl), $"{damage}: {e.Message}");
        }
        catch (Exception e)
        {
            Assert.Fail($"{damage}: {e}");
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < mostBytes, $"{damage}: {allocated} bytes");
    }

    private static TrajectorySet Toy() => new(3, 2, [Toy(3, true, 0), Toy(4, false, 1)]);

    private static Episode Toy(int length, bool isTerminal, int number) => new(
        [.. Enumerable.Range(0, 3 * length).Select(i => (float)(i + number))],
        [.. Enumerable.Range(0, 2 * length).Select(static i => (float)-i)],
        [.. Enumerable.Range(0, length).Select(i => number + i / 2f)],
        isTerminal);

    private string Write(Func<H5File, bool> change, int steps = 6, int[]? terminals = null) => Write(f => { change(f); }, steps, terminals);

    private string Write(Action<H5File> change, int steps = 6, int[]? terminals = null)
    {
        var ends = new byte[steps];
        foreach (int step in terminals ?? [steps - 1])
        {
            ends[step] = 1;
        }
        var file = new H5File
        {
            ["observations"] = new float[steps, 3],
            ["actions"] = new float[steps, 2],
            ["rewards"] = new float[steps],
            ["terminals"] = ends,
            ["timeouts"] = new byte[steps],
        };
        change(file);
        string path = folder.File(Path.GetRandomFileName());
        file.Write(path);
        return path;
    }

    private static void AssertError(string path, string message) =>
        Assert.Equal($"{path}: {message}", Assert.Throws<UserException>(() => TrajectoryFile.Read(path, environment)).Message);

    private static void AssertEqual(TrajectorySet expected, TrajectorySet actual)
    {
        Assert.Equal(expected.Episodes.Count, actual.Episodes.Count);
        Assert.Equal(expected.MeanReturn, actual.MeanReturn);
        foreach ((Episode one, Episode other) in expected.Episodes.Zip(actual.Episodes))
        {
            Assert.Equal(one.Observations, other.Observations);
            Assert.Equal(one.Actions, other.Actions);
            Assert.Equal(one.Rewards, other.Rewards);
            Assert.Equal(one.IsTerminal, other.IsTerminal);
        }
    }
}
