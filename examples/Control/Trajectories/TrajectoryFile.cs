using PureHDF;
using PureHDF.Filters;

namespace Control;

/// <summary>Logged episodes as HDF5, laid out as D4RL's files are: one row a step, all episodes one after the other.</summary>
/// <remarks>
/// Source: Fu et al., D4RL, arXiv 2004.07219: observations [steps, width], actions [steps, width], rewards [steps], terminals [steps]
/// (the episode ended by itself) and timeouts [steps] (it was cut off). What else a file holds is passed over.
/// </remarks>
internal static class TrajectoryFile
{
    private const string Observations = "observations", Actions = "actions", Rewards = "rewards", Terminals = "terminals", Timeouts = "timeouts";

    private const int ChunkRows = 4096;

    /// <summary>Where a set of trajectories lies.</summary>
    /// <param name="folder">The folder of data sets.</param>
    /// <param name="environment">As the command line calls it.</param>
    /// <param name="set">medium, medium-replay or medium-expert.</param>
    public static string PathOf(string folder, string environment, string set) => Path.Combine(folder, $"{environment}-{set}.hdf5");

    /// <summary>Writes whole episodes.</summary>
    public static void Write(string path, TrajectorySet set)
    {
        var terminals = new bool[set.Steps];
        var timeouts = new bool[set.Steps];
        int end = 0;
        foreach (Episode episode in set.Episodes)
        {
            end += episode.Length;
            (episode.IsTerminal ? terminals : timeouts)[end - 1] = true;
        }
        var file = new H5File
        {
            [Observations] = Compressed([.. set.Episodes.SelectMany(static e => e.Observations)], set.Steps, set.ObservationWidth),
            [Actions] = Compressed([.. set.Episodes.SelectMany(static e => e.Actions)], set.Steps, set.ActionWidth),
            [Rewards] = Compressed([.. set.Episodes.SelectMany(static e => e.Rewards)], set.Steps),
            [Terminals] = Compressed(terminals, set.Steps),
            [Timeouts] = Compressed(timeouts, set.Steps),
        };
        WholeFile.Write(path, temporary => file.Write(temporary));
    }

    /// <summary>Reads a file of ours or of D4RL's, without a last episode that is not whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="environment">What it must be of; its step limit parts episodes where a file tells no timeouts.</param>
    /// <exception cref="UserException">The file is missing, is no such file, or is not of this environment.</exception>
    public static TrajectorySet Read(string path, EnvironmentDescription environment)
    {
        if (!File.Exists(path))
        {
            throw new UserException(
                $"{path}: there is no such file; let the command collect write it, or put D4RL's file of {environment.Name} there.");
        }
        try
        {
            using FileStream stream = File.OpenRead(path);
            using var file = H5File.Open(stream);
            return Read(file, path, environment);
        }
        catch (Exception e) when (e is EndOfStreamException or not (UserException or IOException or UnauthorizedAccessException or OutOfMemoryException))
        {
            // The reader throws all kinds of exceptions where bytes make no sense.
            throw new UserException($"{path}: this is no whole HDF5 file ({e.Message.Split('\n')[0].TrimEnd('.', '\r')}); fetch or collect it again.");
        }
    }

    private static TrajectorySet Read(IH5Group file, string path, EnvironmentDescription environment)
    {
        (float[] observations, int steps) = Numbers(file, path, Observations, environment.ObservationWidth, environment);
        float[] actions = Column(Actions, environment.ActionWidth);
        float[] rewards = Column(Rewards, 1);
        bool[] terminals = Flags(file, path, Terminals, steps)
            ?? throw new UserException($"{path}: there is no data set '{Terminals}'; it has {Contents(file)}.");
        bool[]? timeouts = Flags(file, path, Timeouts, steps);

        var episodes = new List<Episode>();
        for (int step = 0, begin = 0; step < steps; step++)
        {
            bool isCutOff = timeouts?[step] ?? step + 1 - begin == environment.StepLimit;
            if (terminals[step] || isCutOff)
            {
                episodes.Add(new(
                    Rows(observations, environment.ObservationWidth, begin, step + 1),
                    Rows(actions, environment.ActionWidth, begin, step + 1),
                    rewards[begin..(step + 1)],
                    terminals[step]));
                begin = step + 1;
            }
        }
        return episodes.Count > 0
            ? new(environment.ObservationWidth, environment.ActionWidth, episodes)
            : throw new UserException(
                $"{path}: none of its {steps} steps ends an episode, neither '{Terminals}' nor {(timeouts is null ? $"the step limit of {environment.StepLimit}" : $"'{Timeouts}'")}; a whole episode is needed.");

        float[] Column(string name, int width)
        {
            (float[] values, int rows) = Numbers(file, path, name, width, environment);
            return rows == steps ? values : throw WrongRows(path, name, rows, steps);
        }
    }

    /// <summary>Rows of finite numbers, float32 or float64. A width of 1 may be a second dimension or none.</summary>
    private static (float[] Values, int Rows) Numbers(IH5Group file, string path, string name, int width, EnvironmentDescription environment)
    {
        IH5Dataset data = Find(file, path, name) ?? throw new UserException($"{path}: there is no data set '{name}'; it has {Contents(file)}.");
        ulong[] dimensions = data.Space.Dimensions;
        bool isLogged = name == Observations && dimensions.Length == 2 && dimensions[1] == (ulong)environment.LoggedObservationWidth;
        if (!(isLogged || dimensions.Length == 2 && dimensions[1] == (ulong)width || dimensions.Length == 1 && width == 1))
        {
            throw new UserException(
                $"{path}: '{name}' has the shape [{string.Join(", ", dimensions)}], but {environment.Name} has {(width == 1 ? "one number" : $"{width} numbers")} a step; is it of another environment?");
        }
        float[] values = (data.Type.Class, data.Type.Size) switch
        {
            (H5DataTypeClass.FloatingPoint, 4) => data.Read<float[]>(),
            (H5DataTypeClass.FloatingPoint, 8) => Array.ConvertAll(data.Read<double[]>(), static v => (float)v),
            _ => throw new UserException($"{path}: '{name}' holds {8 * data.Type.Size}-bit {data.Type.Class} numbers; float32 or float64 is needed."),
        };
        if (isLogged && environment.LoggedObservationWidth > width)
        {
            values = FirstColumns(values, environment.LoggedObservationWidth, width);
        }
        int bad = Array.FindIndex(values, static v => !float.IsFinite(v));
        return bad < 0
            ? (values, (int)dimensions[0])
            : throw new UserException($"{path}: '{name}' is {values[bad]} in row {bad / width}, column {bad % width}; leave that episode out.");
    }

    private static float[] FirstColumns(float[] values, int width, int kept)
    {
        var first = new float[values.Length / width * kept];
        for (int row = 0; row < values.Length / width; row++)
        {
            values.AsSpan(row * width, kept).CopyTo(first.AsSpan(row * kept));
        }
        return first;
    }

    /// <summary>Whole numbers or Booleans of any width, not 0 for yes; null where there is no such data set.</summary>
    private static bool[]? Flags(IH5Group file, string path, string name, int steps)
    {
        if (Find(file, path, name) is not { } data)
        {
            return null;
        }
        if (data.Type.Class is not (H5DataTypeClass.FixedPoint or H5DataTypeClass.Enumerated or H5DataTypeClass.BitField))
        {
            throw new UserException($"{path}: '{name}' holds {data.Type.Class} numbers; Booleans are needed.");
        }
        byte[] bytes = data.Read<byte[]>();
        int size = data.Type.Size, rows = bytes.Length / size;
        return rows == steps
            ? [.. Enumerable.Range(0, steps).Select(s => bytes.AsSpan(s * size, size).ContainsAnyExcept((byte)0))]
            : throw WrongRows(path, name, rows, steps);
    }

    private static IH5Dataset? Find(IH5Group file, string path, string name) => !file.LinkExists(name)
        ? null
        : file.Get(name) as IH5Dataset ?? throw new UserException($"{path}: '{name}' is no data set.");

    private static string Contents(IH5Group file) =>
        file.Children().ToArray() is { Length: > 0 } children ? string.Join(", ", children.Select(static c => c.Name)) : "nothing";

    private static UserException WrongRows(string path, string name, int rows, int steps) =>
        new($"{path}: '{name}' has {rows} rows, but '{Observations}' has {steps}.");

    private static float[] Rows(float[] values, int width, int begin, int end) => values[(begin * width)..(end * width)];

    private static H5Dataset Compressed<T>(T[] values, int steps, params ReadOnlySpan<int> width)
    {
        uint rows = (uint)Math.Min(steps, ChunkRows);
        return new(
            values,
            chunks: width is [var w] ? [rows, (uint)w] : [rows],
            fileDims: width is [var d] ? [(ulong)steps, (ulong)d] : [(ulong)steps],
            datasetCreation: new(Filters: [DeflateFilter.Id]));
    }
}
