namespace AarenGen.Serving.Sqlite;

/// <summary>What a completed change of a store survives.</summary>
public enum StoreDurability
{
    /// <summary>
    /// The end of the process, however it ends. A loss of power, or a crash of the operating system, can take back the last changes of each
    /// log and those of the saved streams, but never a part of one, and never an earlier change without the later ones of the same log or
    /// of the saved streams. The store opens afterwards, whatever was taken back: an entry is removed from a log only once the streams are
    /// on the disk that make up for it, and the removal of a stream is on the disk before any saved stream tells of it.
    /// </summary>
    ProcessEnd,

    /// <summary>Also the loss of power: each change is flushed to the disk before it completes.</summary>
    PowerLoss,
}
