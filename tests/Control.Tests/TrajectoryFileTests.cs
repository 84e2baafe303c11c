using PureHDF;

namespace Control.Tests;

public sealed class TrajectoryFileTests : IDisposable
{
    private static readonly EnvironmentDescription environment = new("toy", 3, 2, StepLimit: 4, 0, 1);

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
        TrajectorySet read = TrajectoryFile.Read(folder.File("wide.hdf5"), new("toy", 2, 2, StepLimit: 4, 0, 1) { LoggedObservationWidth = 3 });
        Assert.Equal(2, read.ObservationWidth);
        Assert.Equal(set.Episodes.SelectMany(static e => e.Observations.Where(static (_, i) => i % 3 < 2)), read.Episodes.SelectMany(static e => e.Observations));
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
        string path = Write(static f => f["rewards"] = new double[6, 1] { { 1 }, { 2 }, { 3 }, { 4 }, { 5 }, { 6 } }, steps: 6, terminals: [5]);
        Assert.Equal([1, 2, 3, 4, 5, 6], TrajectoryFile.Read(path, environment).Episodes[0].Rewards);
    }

    [Fact]
    public void MissingFileIsAnError() => AssertError(
        folder.File("no.hdf5"), "there is no such file; let the command collect write it, or put D4RL's file of toy there.");

    [Fact]
    public void OtherFileIsAnError()
    {
        File.WriteAllText(folder.File("text.hdf5"), new string('a', 10_000));
        AssertError(folder.File("text.hdf5"), "this is no whole HDF5 file (The file is not a valid HDF 5 file); fetch or collect it again.");
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
        Assert.StartsWith($"{folder.File("cut.hdf5")}: this is no whole HDF5 file", message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingDataSetsAreErrors()
    {
        AssertError(Write(static f => f.Remove("actions")), "there is no data set 'actions'; it has observations, rewards, terminals, timeouts.");
        AssertError(Write(static f => f.Remove("terminals")), "there is no data set 'terminals'; it has observations, actions, rewards, timeouts.");
        AssertError(Write(static f => f["rewards"] = new H5Group()), "'rewards' is no data set.");
    }

    [Fact]
    public void WrongShapesAreErrors()
    {
        AssertError(Write(static f => f["observations"] = new float[6, 4]), "'observations' has the shape [6, 4], but toy has 3 numbers a step; is it of another environment?");
        AssertError(Write(static f => f["rewards"] = new float[6, 2]), "'rewards' has the shape [6, 2], but toy has one number a step; is it of another environment?");
        AssertError(Write(static f => f["actions"] = new float[5, 2]), "'actions' has 5 rows, but 'observations' has 6.");
        AssertError(Write(static f => f["terminals"] = new byte[7]), "'terminals' has 7 rows, but 'observations' has 6.");
    }

    [Fact]
    public void WrongTypesAreErrors()
    {
        AssertError(Write(static f => f["rewards"] = new int[6]), "'rewards' holds 32-bit FixedPoint numbers; float32 or float64 is needed.");
        AssertError(Write(static f => f["terminals"] = new float[6]), "'terminals' holds FloatingPoint numbers; Booleans are needed.");
    }

    [Fact]
    public void NotANumberIsAnError() => AssertError(
        Write(static f => f["actions"] = new float[6, 2] { { 0, 0 }, { 0, float.NaN }, { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } }),
        "'actions' is NaN in row 1, column 1; leave that episode out.");

    [Fact]
    public void NoWholeEpisodeIsAnError()
    {
        AssertError(Write(static _ => { }, terminals: []), "none of its 6 steps ends an episode, neither 'terminals' nor 'timeouts'; a whole episode is needed.");
        AssertError(Write(static f => f.Remove("timeouts"), steps: 3, terminals: []), "none of its 3 steps ends an episode, neither 'terminals' nor the step limit of 4; a whole episode is needed.");
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
            f.create_dataset('observations', data=numpy.arange(n * 3, dtype='f4').reshape(n, 3), compression='gzip', chunks=(700, 2), shuffle=True)
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
        TrajectorySet set = TrajectoryFile.Read(path, environment);
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
