namespace AarenGen;

/// <summary>Working memory of the calling thread for records: nothing in it outlives a call.</summary>
internal sealed class RecordScratch
{
    [ThreadStatic]
    private static RecordScratch? own;

    private double[] values = [], added = [];
    private int[] counts = [];
    private float[] token = [], output = [];

    public static RecordScratch Own => own ??= new();

    /// <summary>The values of a record.</summary>
    public Span<double> Values(int length) => Get(ref values, length);

    /// <summary>What is added to values that lie elsewhere.</summary>
    public Span<double> Added(int length) => Get(ref added, length);

    public Span<int> Counts(int length) => Get(ref counts, length);

    public Span<float> Token(int length) => Get(ref token, length);

    public Span<float> Output(int length) => Get(ref output, length);

    private static Span<T> Get<T>(ref T[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new T[length];
        }
        return buffer.AsSpan(0, length);
    }
}
