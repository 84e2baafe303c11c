using System.Text;

namespace AarenGen.Serving;

/// <summary>Tokens of streams that a caller sends together: their ids, numbers, outputs, and what became of them.</summary>
internal abstract class StepGroup
{
    private byte[] idBytes = [];
    private int[] idEnds = [];
    private ulong[] hashes = [];

    /// <summary>Tokens that have no result yet.</summary>
    private int pending;

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>Numbers of a token, and of an output.</summary>
    public (int Input, int Output) Widths { get; protected set; }

    /// <summary>How many tokens there is memory for.</summary>
    public int Capacity => hashes.Length;

    /// <summary>[tokens, InputWidth].</summary>
    public ReadOnlyMemory<float> Tokens { get; set; }

    /// <summary>[tokens, OutputWidth].</summary>
    public Memory<float> Outputs { get; set; }

    /// <summary>The numbers of tokens, 0 where the sender gave none; empty: of all.</summary>
    public ReadOnlyMemory<long> Sequences { get; set; }

    /// <summary>What becomes of the tokens, one each.</summary>
    public Memory<StepResult> Results { get; set; }

    public CancellationToken CancellationToken { get; set; }

    /// <summary>When the tokens came, by the clock of the service.</summary>
    public long Arrived { get; set; }

    public ReadOnlySpan<byte> Id(int index) => idBytes.AsSpan(Start(index), idEnds[index] - Start(index));

    public ulong Hash(int index) => hashes[index];

    public long Sequence(int index) => Sequences.IsEmpty ? 0 : Sequences.Span[index];

    /// <summary>Receives what a caller sends.</summary>
    /// <returns>How many tokens are to be read.</returns>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public int Receive(
        ReadOnlySpan<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results,
        ReadOnlyMemory<long> sequences, int inputWidth, int outputWidth, CancellationToken cancellationToken)
    {
        Arguments.CheckLength(tokens.Span, (long)ids.Length * inputWidth, nameof(tokens));
        Arguments.CheckLength(outputs.Span, (long)ids.Length * outputWidth, nameof(outputs));
        if (results.Length != ids.Length || (!sequences.IsEmpty && sequences.Length != ids.Length))
        {
            throw new ArgumentException(
                $"There are {ids.Length} ids, {results.Length} results and {sequences.Length} numbers of tokens; pass as many of each, or "
                + "no numbers at all.",
                results.Length != ids.Length ? nameof(results) : nameof(sequences));
        }
        (Tokens, Outputs, Results, Sequences, CancellationToken) = (tokens, outputs, results, sequences, cancellationToken);
        Widths = (inputWidth, outputWidth);
        outputs.Span.Fill(float.NaN);
        return ReceiveIds(ids);
    }

    /// <summary>Forgets what belongs to the caller.</summary>
    public virtual void Clear() =>
        (Tokens, Outputs, Results, Sequences, CancellationToken) = (default, default, default, default, default);

    /// <summary>Takes the ids of the tokens; an id that cannot be one gets its result at once.</summary>
    /// <returns>How many tokens are to be read.</returns>
    private int ReceiveIds(ReadOnlySpan<string> ids)
    {
        Count = ids.Length;
        if (hashes.Length < Count)
        {
            (idEnds, hashes) = (new int[Count], new ulong[Count]);
        }
        int end = 0, valid = 0;
        Span<StepResult> results = Results.Span;
        for (int i = 0; i < Count; i++)
        {
            string id = ids[i];
            int max = end + Math.Min(id?.Length ?? 0, IdArena.MaxBytes + 1) * 3;
            if (idBytes.Length < max)
            {
                Array.Resize(ref idBytes, Math.Max(max, 2 * idBytes.Length));
            }
            results[i] = default;
            if (StreamId.TryEncode(id, idBytes.AsSpan(end), out int written))
            {
                hashes[i] = StreamTable.HashOf(idBytes.AsSpan(end, written));
                valid++;
            }
            else
            {
                results[i] = new(StepStatus.Invalid, 0, StreamId.Rule);
            }
            idEnds[i] = end += written;
        }
        pending = valid;
        return valid;
    }

    /// <summary>Begins a group of ids that were checked, of which there are none yet.</summary>
    public void BeginIds(int capacity)
    {
        (Count, pending) = (0, 0);
        if (hashes.Length < capacity)
        {
            (idEnds, hashes) = (new int[capacity], new ulong[capacity]);
        }
    }

    /// <summary>Adds an id that was checked.</summary>
    public void Add(ReadOnlySpan<byte> id)
    {
        int start = Start(Count);
        if (idBytes.Length < start + id.Length)
        {
            Array.Resize(ref idBytes, Math.Max(start + id.Length, 2 * idBytes.Length));
        }
        id.CopyTo(idBytes.AsSpan(start));
        (idEnds[Count], hashes[Count]) = (start + id.Length, StreamTable.HashOf(id));
        Count++;
        pending++;
    }

    /// <summary>Gives all tokens that have an id the same result.</summary>
    public void Refuse(StepStatus status, string message)
    {
        for (int i = 0; i < Count; i++)
        {
            if (HasId(i))
            {
                Results.Span[i] = new(status, 0, message);
            }
        }
    }

    /// <summary>Whether the token has an id that can be one; without it, it has its result.</summary>
    public bool HasId(int index) => idEnds[index] > Start(index);

    public string IdText(int index) => Encoding.UTF8.GetString(Id(index));

    /// <summary>Says that some tokens have their results; after the last one the caller goes on.</summary>
    public void Finish(int tokens)
    {
        if (Interlocked.Add(ref pending, -tokens) == 0)
        {
            Complete();
        }
    }

    /// <summary>Lets the caller go on.</summary>
    protected abstract void Complete();

    private int Start(int index) => index == 0 ? 0 : idEnds[index - 1];
}

/// <summary>A token of a group.</summary>
internal readonly record struct PendingToken(StepGroup Group, int Index)
{
    public ReadOnlySpan<byte> Id => Group.Id(Index);

    public ulong Hash => Group.Hash(Index);

    /// <summary>The number that its sender gave it; 0: none.</summary>
    public long Sequence => Group.Sequence(Index);

    public ReadOnlySpan<float> Token => Group.Tokens.Span.Slice(Index * Group.Widths.Input, Group.Widths.Input);

    public Span<float> Output => Group.Outputs.Span.Slice(Index * Group.Widths.Output, Group.Widths.Output);

    public void Set(StepStatus status, long sequence, string? message = null) => Group.Results.Span[Index] = new(status, sequence, message);
}

/// <summary>A group whose caller waits for its end itself.</summary>
internal sealed class DirectGroup : StepGroup
{
    protected override void Complete()
    {
    }
}
