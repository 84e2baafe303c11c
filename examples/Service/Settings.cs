namespace Service;

/// <summary>What the command line says.</summary>
internal sealed record Settings
{
    /// <summary>Among the user's application data, whose folder a new account does not have yet.</summary>
    public static string DefaultFolder(bool isCluster) => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        isCluster ? "aarengen-service-cluster" : "aarengen-service");

    public required int Sensors { get; init; }

    /// <summary>Readings of all sensors together in a second.</summary>
    public required int Rate { get; init; }

    /// <summary>0: any free one.</summary>
    public required int Port { get; init; }

    public required string Folder { get; init; }

    /// <summary>Whether the program ends by itself.</summary>
    public required bool IsShort { get; init; }

    /// <summary>Readings of each sensor after the first two days, where the program ends by itself.</summary>
    public int ShortReadings { get; init; } = 8 * Fleet.ReadingsPerDay;

    /// <summary>
    /// After how long a silo of the cluster is killed, again and again; zero: never. Null: there is no cluster, but one process.
    /// </summary>
    public TimeSpan? KillInterval { get; init; }

    /// <summary>Held open by the run that uses the folder.</summary>
    public string LockFile => Path.Combine(Folder, "lock");

    public string WeightFile => Path.Combine(Folder, "forecaster.safetensors");

    public string StreamFolder => Path.Combine(Folder, "streams");

    public string RedisFolder => Path.Combine(Folder, "redis");

    public string HistoryFile => Path.Combine(Folder, "history.bin");

    public string KeyFile => Path.Combine(Folder, "key.txt");
}
