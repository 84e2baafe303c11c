namespace Control;

/// <summary>The folder of data sets, policies, and the report with its runs.</summary>
/// <param name="Folder">The folder.</param>
internal sealed record Workplace(string Folder)
{
    /// <summary>Data sets and the searches they came from.</summary>
    public string Data => Path.Combine(Folder, "data");

    /// <summary>Trained policies.</summary>
    public string Policies => Path.Combine(Folder, "policies");

    /// <summary>The path of a policy, without ending.</summary>
    /// <remarks>It contains the data's digest, so policies of two files with the same name can coexist.</remarks>
    public string Policy(string environment, Dataset dataset, Learner learner, int seed) =>
        Path.Combine(Policies, FileNames.Of($"{environment}-{dataset.Name}")
            + FormattableString.Invariant($"-{dataset.Identity(environment).ShortDigest}-{learner}-{seed}").ToLowerInvariant());

    /// <summary>Whether nothing has to be collected: the data set exists, or it is the user's own file.</summary>
    public bool Has(EnvironmentDescription environment, string nameOrPath) =>
        IsPath(nameOrPath) || File.Exists(PathOf(environment, nameOrPath));

    /// <summary>A data set by name, or a file of D4RL's by its path.</summary>
    /// <exception cref="UserException">It is missing or damaged.</exception>
    public Dataset Open(EnvironmentDescription environment, string nameOrPath)
    {
        string path = PathOf(environment, nameOrPath);
        if (!IsPath(nameOrPath) && !File.Exists(path))
        {
            throw new UserException($"{path}: there is no data set '{nameOrPath}' of {environment.Name} yet; make it by: control "
                + $"collect --environment {environment.Name}");
        }
        return new(NameOf(nameOrPath), TrajectoryFile.Read(path, environment));
    }

    /// <summary>The name of a data set: its name, or its file's name with the ending, so that no file has the name of a set.</summary>
    public static string NameOf(string nameOrPath) => IsPath(nameOrPath) ? Path.GetFileName(nameOrPath) : nameOrPath;

    /// <summary>Whether it names a file instead of a set that collect makes.</summary>
    public static bool IsPath(string text) =>
        text.EndsWith(".hdf5", StringComparison.OrdinalIgnoreCase) || text.EndsWith(".h5", StringComparison.OrdinalIgnoreCase);

    private string PathOf(EnvironmentDescription environment, string nameOrPath) =>
        IsPath(nameOrPath) ? nameOrPath : TrajectoryFile.PathOf(Data, environment.Name, nameOrPath);
}

/// <summary>A data set and its name.</summary>
internal sealed record Dataset(string Name, TrajectorySet Episodes)
{
    /// <summary>The identity of the data in results.</summary>
    public DataIdentity Identity(string environment) => new($"{environment}-{Name}", Episodes.Digest);
}

/// <summary>The policies to train and evaluate: all combinations.</summary>
internal sealed record Selection(
    IReadOnlyList<EnvironmentDescription> Environments, IReadOnlyList<string> Datasets, IReadOnlyList<Learner> Learners, int Seeds);
