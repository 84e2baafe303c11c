using PureHDF;
using PureHDF.Filters;
using PureHDF.VOL.Native;

namespace Control;

/// <summary>Logged episodes as HDF5, in the layout of D4RL's files: one row per step, all episodes one after the other.</summary>
/// <remarks>
/// Source: Fu et al., D4RL, arXiv 2004.07219: observations [steps, width], actions [steps, width], rewards [steps], terminals [steps]
/// (the episode ended by itself) and timeouts [steps] (it was cut off). Other data sets of a file are ignored.
/// </remarks>
internal static class TrajectoryFile
{
    private const string Observations = "observations", Actions = "actions", Rewards = "rewards", Terminals = "terminals",
        Timeouts = "timeouts";

    private const int ChunkRows = 4096;

    /// <summary>The path of a set of trajectories.</summary>
    /// <param name="folder">The folder of data sets.</param>
    /// <param name="environment">The environment's name.</param>
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

    /// <summary>Reads a file of this program or of D4RL, without an incomplete last episode.</summary>
    /// <param name="path">The file. Virtual data sets are looked for beside it.</param>
    /// <param name="environment">The expected environment; its step limit separates episodes if a file has no timeouts.</param>
    /// <exception cref="UserException">The file is missing, has another format, or belongs to another environment.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Permission is lacking.</exception>
    public static TrajectorySet Read(string path, EnvironmentDescription environment)
    {
        if (Directory.Exists(path))
        {
            throw new UserException($"{path}: this is a folder; name a file in D4RL's layout.");
        }
        if (!File.Exists(path))
        {
            throw new UserException(
                $"{path}: there is no such file; let the command collect write it, or put D4RL's file of {environment.Name} there.");
        }
        try
        {
            using var file = new FileLinks(path);
            return Read(file, path, environment);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException
            or not (UserException or IOException or UnauthorizedAccessException or OutOfMemoryException
                or MissingMemberException or TypeLoadException or TypeInitializationException))
        {
            // The reader throws many types of exceptions for damaged bytes, some of them wrapped.
            string reason = LineOf.Text(e.GetBaseException().Message).TrimEnd('.');
            throw new UserException($"{path}: this is not a complete HDF5 file ({reason}); fetch or collect it again.");
        }
    }

    private static TrajectorySet Read(FileLinks file, string path, EnvironmentDescription environment)
    {
        (float[] observations, int steps) = Numbers(file, path, Observations, environment.ObservationWidth, environment);
        float[] actions = Column(Actions, environment.ActionWidth);
        float[] rewards = Column(Rewards, 1);
        bool[] terminals = Flags(file, path, Terminals, steps, environment)
            ?? throw new UserException($"{path}: there is no data set '{Terminals}'; it has {Contents(file)}.");
        bool[]? timeouts = Flags(file, path, Timeouts, steps, environment);
        if (timeouts?.Contains(true) == false)
        {
            // It was never filled, so it says nothing.
            timeouts = null;
        }

        var episodes = new List<Episode>();
        for (int step = 0, begin = 0; step < steps; step++)
        {
            int length = step + 1 - begin;
            if (length > environment.StepLimit)
            {
                throw new UserException(
                    $"{path}: from row {begin} on an episode has more than {environment.StepLimit} steps, the most that "
                        + $"{environment.Name} allows; set '{Timeouts}' in the row in which each episode was cut off, or leave "
                        + $"'{Timeouts}' out.");
            }
            bool isCutOff = timeouts?[step] ?? length == environment.StepLimit;
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
                $"{path}: none of its {steps} steps ends an episode, neither '{Terminals}' nor "
                    + $"{(timeouts is null ? $"the step limit of {environment.StepLimit}" : $"'{Timeouts}'")}; a whole episode is needed.");

        float[] Column(string name, int width)
        {
            (float[] values, int rows) = Numbers(file, path, name, width, environment);
            return rows == steps ? values : throw WrongRows(path, name, rows, steps);
        }
    }

    /// <summary>Rows of finite numbers.</summary>
    private static (float[] Values, int Rows) Numbers(
        FileLinks file, string path, string name, int width, EnvironmentDescription environment)
    {
        int logged = name == Observations ? environment.LoggedObservationWidth : width;
        StoredNumbers stored = Stored(file, path, name, width, logged, environment)
            ?? throw new UserException($"{path}: there is no data set '{name}'; it has {Contents(file)}.");
        int rows = (int)stored.Dimensions[0], columns = stored.Dimensions is [_, var second] ? (int)second : 1;
        var values = new float[rows * width];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < width; column++)
            {
                double value = stored[row * columns + column];
                values[row * width + column] = float.IsFinite((float)value) ? (float)value
                    : throw new UserException(
                        $"{path}: '{name}' is {value}{(double.IsFinite(value) ? ", too large for float32," : "")} in row {row}, column "
                        + $"{column}; leave that episode out.");
            }
        }
        return (values, rows);
    }

    /// <summary>Booleans, as numbers of any type: all except 0 are true; null: there is no such data set.</summary>
    private static bool[]? Flags(FileLinks file, string path, string name, int steps, EnvironmentDescription environment)
    {
        if (Stored(file, path, name, 1, 1, environment) is not { } stored)
        {
            return null;
        }
        int rows = (int)stored.Dimensions[0];
        return rows == steps
            ? [.. Enumerable.Range(0, steps).Select(row => double.IsNaN(stored[row])
                ? throw new UserException($"{path}: '{name}' is NaN in row {row}; 0 or 1 is needed.") : stored[row] != 0)]
            : throw WrongRows(path, name, rows, steps);
    }

    /// <summary>
    /// A data set of rows, each of a width or of the wider one that D4RL logs. For a width of 1, the second dimension is optional.
    /// </summary>
    private static StoredNumbers? Stored(
        FileLinks file, string path, string name, int width, int logged, EnvironmentDescription environment)
    {
        if (Find(file, path, name) is not { } data)
        {
            return null;
        }
        ulong[] dimensions = data.Space.Dimensions;
        return (dimensions is [_, var second] && (second == (ulong)width || second == (ulong)logged))
            || (dimensions.Length == 1 && width == 1)
            ? StoredNumbers.Read(data, file, path, name)
            : throw new UserException(
                $"{path}: '{name}' has the shape [{string.Join(", ", dimensions)}], but {environment.Name} has "
                    + $"{(width == 1 ? "one number" : $"{width} numbers")} a step; is it of another environment?");
    }

    private static NativeDataset? Find(FileLinks file, string path, string name) => file.Find(name, path) switch
    {
        null => null,
        NativeDataset data => data,
        _ => throw new UserException($"{path}: '{name}' is not a data set."),
    };

    private static string Contents(FileLinks file)
    {
        const int max = 20;
        IReadOnlyList<string> names = file.Names;
        return names.Count > 0 ? string.Join(", ", names.Take(max).Select(LineOf.Text)) + (names.Count > max ? ", …" : "") : "nothing";
    }

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
