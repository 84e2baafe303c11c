namespace AarenGen;

/// <summary>The last values of a stream, sorted: an insertion is a binary search and a move within one block of memory.</summary>
/// <param name="capacity">How many values are kept.</param>
internal sealed class ScoreWindow(int capacity)
{
    private const int FirstSize = 16;

    private double[] recent = new double[Math.Min(capacity, FirstSize)], sorted = new double[Math.Min(capacity, FirstSize)];
    private int oldest;

    public int Count { get; private set; }

    /// <summary>The value that as many values lie below as the index says, from 0; equal ones in any order.</summary>
    public double this[int index] => sorted[Arguments.CheckIndex(index, Count)];

    public void Add(double value)
    {
        if (Count == capacity)
        {
            Remove(recent[oldest]);
            recent[oldest] = value;
            oldest = oldest + 1 == capacity ? 0 : oldest + 1;
        }
        else
        {
            if (Count == recent.Length)
            {
                int size = Math.Min(capacity, 2 * Count);
                Array.Resize(ref recent, size);
                Array.Resize(ref sorted, size);
            }
            recent[Count] = value;
        }
        int place = Array.BinarySearch(sorted, 0, Count, value);
        place = place < 0 ? ~place : place;
        Array.Copy(sorted, place, sorted, place + 1, Count - place);
        sorted[place] = value;
        Count++;
    }

    private void Remove(double value)
    {
        int place = Array.BinarySearch(sorted, 0, Count, value);
        Count--;
        Array.Copy(sorted, place + 1, sorted, place, Count - place);
    }
}
