namespace Service;

/// <summary>What the command line says.</summary>
internal sealed record Settings
{
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

    public string WeightFile => Path.Combine(Folder, "forecaster.safetensors");

    public string StreamFolder => Path.Combine(Folder, "streams");

    public string HistoryFile => Path.Combine(Folder, "history.bin");

    public string KeyFile => Path.Combine(Folder, "key.txt");
}
