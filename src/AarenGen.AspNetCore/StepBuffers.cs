using System.Runtime.CompilerServices;
using AarenGen.Serving;

namespace AarenGen.AspNetCore;

/// <summary>The tokens of a request and what became of them, in arrays that serve one request after the other.</summary>
/// <remarks>A token of another length than the model's is malformed: it keeps its place, and the service never sees it.</remarks>
internal sealed class StepBuffers(int inputWidth, int outputWidth) : IBuffers
{
    /// <summary>Bytes of an id, as they usually are.</summary>
    private const int IdBytes = 64;

    private string[] ids = [];
    private long[] sequences = [];
    private float[] tokens = [], outputs = [];
    private StepResult[] results = [];

    /// <summary>Ascending.</summary>
    private readonly List<int> malformed = [];

    public int InputWidth => inputWidth;

    public int OutputWidth => outputWidth;

    public int Count { get; private set; }

    public long Capacity => (long)ids.Length * BytesOf(0, 0) + sizeof(float) * ((long)tokens.Length + outputs.Length)
        + (long)malformed.Capacity * sizeof(int);

    public ReadOnlySpan<StepResult> Results => results.AsSpan(0, Count);

    public ReadOnlySpan<float> Output(int index) => outputs.AsSpan(index * outputWidth, outputWidth);

    /// <summary>Room for an output alone.</summary>
    public Memory<float> FirstOutput
    {
        get
        {
            ReserveOutputs(1);
            return outputs.AsMemory(0, outputWidth);
        }
    }

    /// <summary>Bytes that some tokens take until they are answered, with their ids.</summary>
    public static long BytesOf(int count, int inputWidth, int outputWidth) => count * (IdBytes + BytesOf(inputWidth, outputWidth));

    /// <summary>Room for another token, whose numbers the caller writes.</summary>
    public Span<float> Add(string id, long sequence)
    {
        Reserve(Count + 1);
        ids[Count] = id;
        sequences[Count] = sequence;
        return tokens.AsSpan(Count++ * inputWidth, inputWidth);
    }

    /// <summary>Room for some tokens at once, whose ids, numbers and sequences the caller writes.</summary>
    public (string[] Ids, long[] Sequences, float[] Tokens) AddMany(int count)
    {
        Count = count;
        Reserve(count);
        return (ids, sequences, tokens);
    }

    /// <summary>Sets id and number of the last token, which may come after its numbers.</summary>
    public void NameLast(string id, long sequence)
    {
        ids[Count - 1] = id;
        sequences[Count - 1] = sequence;
    }

    /// <summary>Says that the last token is malformed.</summary>
    public void RejectLast(string message)
    {
        malformed.Add(Count - 1);
        results[Count - 1] = new(StepStatus.Invalid, 0, message);
    }

    /// <summary>Says that all tokens are malformed.</summary>
    public void RejectAll(string message)
    {
        malformed.Clear();
        malformed.AddRange(Enumerable.Range(0, Count));
        results.AsSpan(0, Count).Fill(new(StepStatus.Invalid, 0, message));
    }

    /// <summary>Steps all tokens but the malformed ones.</summary>
    public ValueTask StepAsync<TModel>(IStreamService<TModel> service, CancellationToken cancellationToken)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        int count = Count;
        ReserveOutputs(count);
        return malformed.Count > 0 ? StepSomeAsync(service, cancellationToken)
            : service.StepManyAsync(
                ids.AsMemory(0, count), tokens.AsMemory(0, count * inputWidth), outputs.AsMemory(0, count * outputWidth),
                results.AsMemory(0, count), sequences.AsMemory(0, count), cancellationToken);
    }

    /// <summary>Forgets the tokens.</summary>
    public void Clear()
    {
        // Ids must not live on with the arrays.
        Array.Clear(ids, 0, Count);
        Array.Clear(results, 0, Count);
        malformed.Clear();
        Count = 0;
    }

    /// <summary>The others step in arrays of their own: it is rare.</summary>
    private async ValueTask StepSomeAsync<TModel>(IStreamService<TModel> service, CancellationToken cancellationToken)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        int[] valid = [.. Enumerable.Range(0, Count).Except(malformed)];
        if (valid.Length == 0)
        {
            return;
        }
        var validOutputs = new float[valid.Length * outputWidth];
        var validResults = new StepResult[valid.Length];
        await service.StepManyAsync(
            valid.Select(i => ids[i]).ToArray(), valid.SelectMany(i => tokens[(i * inputWidth)..((i + 1) * inputWidth)]).ToArray(),
            validOutputs, validResults, valid.Select(i => sequences[i]).ToArray(), cancellationToken).ConfigureAwait(false);
        for (int k = 0; k < valid.Length; k++)
        {
            results[valid[k]] = validResults[k];
            validOutputs.AsSpan(k * outputWidth, outputWidth).CopyTo(outputs.AsSpan(valid[k] * outputWidth));
        }
    }

    private void Reserve(int count)
    {
        if (count > ids.Length)
        {
            int size = Math.Max(count, 2 * ids.Length);
            Array.Resize(ref ids, size);
            Array.Resize(ref sequences, size);
            Array.Resize(ref results, size);
            Array.Resize(ref tokens, checked(size * inputWidth));
        }
    }

    private void ReserveOutputs(int count)
    {
        if (checked(count * outputWidth) > outputs.Length)
        {
            outputs = new float[count * outputWidth];
        }
    }

    /// <summary>Bytes of a token in the arrays.</summary>
    private static long BytesOf(int inputWidth, int outputWidth) =>
        IntPtr.Size + sizeof(long) + Unsafe.SizeOf<StepResult>() + sizeof(float) * ((long)inputWidth + outputWidth);
}
