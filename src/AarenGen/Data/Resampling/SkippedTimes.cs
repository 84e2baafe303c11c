namespace AarenGen;

/// <summary>What a local time means that no clock shows, because it was set forward.</summary>
public enum SkippedTimes
{
    /// <summary>Such a time is an error: the zone is probably another one.</summary>
    Refuse,

    /// <summary>The clock was not set forward yet: 02:30 is what a right clock shows as 03:30.</summary>
    NotSetForward,
}
