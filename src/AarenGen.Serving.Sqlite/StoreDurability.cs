namespace AarenGen.Serving.Sqlite;

/// <summary>What a completed change of a store survives.</summary>
public enum StoreDurability
{
    /// <summary>
    /// The end of the process, however it ends. A loss of power, or a crash of the operating system, can take back the last changes, but
    /// never a part of one, and never an earlier change of a log or of the records without the later ones.
    /// </summary>
    ProcessEnd,

    /// <summary>Also the loss of power: each change is flushed to the disk before it completes.</summary>
    PowerLoss,
}
