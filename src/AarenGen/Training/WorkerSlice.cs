using System.ComponentModel;

namespace AarenGen.Training;

/// <summary>The items of independent work that one of several workers does: every n-th item of n workers.</summary>
/// <param name="Worker">The worker's number, from 0.</param>
/// <param name="WorkerCount">Number of workers.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct WorkerSlice(int Worker, int WorkerCount)
{
    /// <summary>All items.</summary>
    public static WorkerSlice All => new(0, 1);

    /// <summary>Whether the slice contains the item of this number, from 0.</summary>
    public bool Contains(int item) => item % WorkerCount == Worker;
}
