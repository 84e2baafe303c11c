using System.ComponentModel;

namespace AarenGen.Training;

/// <summary>Which of some independent pieces of work one of several threads does: one in as many as there are threads.</summary>
/// <param name="Part">The thread's number, from 0.</param>
/// <param name="Parts">How many threads there are.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct WorkShare(int Part, int Parts)
{
    /// <summary>All of the work.</summary>
    public static WorkShare All => new(0, 1);

    /// <summary>Whether the piece of this number, from 0, is this thread's.</summary>
    public bool Takes(int piece) => piece % Parts == Part;
}
