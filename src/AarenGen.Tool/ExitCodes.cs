namespace AarenGen.Tool;

/// <summary>The exit codes of all commands.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A file, a table, a project or the machine kept the command from its work; the message says what.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl-C, as in shells.</summary>
    public const int Stopped = 130;
}
