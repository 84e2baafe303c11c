using System.Runtime.InteropServices;
using AarenGen.Serving;

namespace AarenGen.Orleans;

/// <summary>The tokens of a request to a grain.</summary>
internal sealed class RequestGroup : StepGroup
{
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="request">The request.</param>
    /// <param name="inputWidth">Numbers of a token.</param>
    /// <param name="outputWidth">Numbers of an output.</param>
    /// <exception cref="InvalidOperationException">The request was made for another declaration.</exception>
    public RequestGroup(StepRequest request, int inputWidth, int outputWidth)
    {
        int count = request.Tokens.Length / (sizeof(float) * inputWidth);
        Widths = (inputWidth, outputWidth);
        Tokens = MemoryMarshal.Cast<byte, float>(request.Tokens).ToArray();
        Sequences = MemoryMarshal.Cast<byte, long>(request.Sequences).ToArray();
        Outputs = new float[count * outputWidth];
        Outputs.Span.Fill(float.NaN);
        Results = new StepResult[count];
        BeginIds(count);
        for (int at = 0; at < request.Ids.Length; at += 1 + request.Ids[at])
        {
            if (Count == count)
            {
                break;
            }
            Add(request.Ids.AsSpan(at + 1, request.Ids[at]));
        }
        if (Count != count || request.Tokens.Length != count * sizeof(float) * inputWidth
            || (!Sequences.IsEmpty && Sequences.Length != count))
        {
            throw new InvalidOperationException("The request has tokens of another model; use the same declaration in clients and silos.");
        }
    }

    /// <summary>Completes when all tokens have their results.</summary>
    public Task Task => completion.Task;

    /// <summary>What is sent back.</summary>
    public StepReply Reply()
    {
        ReadOnlySpan<StepResult> results = Results.Span;
        var statuses = new byte[results.Length];
        var sequences = new long[results.Length];
        string?[]? messages = null;
        for (int i = 0; i < results.Length; i++)
        {
            statuses[i] = (byte)results[i].Status;
            sequences[i] = results[i].Sequence;
            if (results[i].Message is { } message)
            {
                (messages ??= new string?[results.Length])[i] = message;
            }
        }
        return new(
            statuses, MemoryMarshal.AsBytes<long>(sequences).ToArray(), MemoryMarshal.AsBytes((ReadOnlySpan<float>)Outputs.Span).ToArray(),
            messages);
    }

    protected override void Complete() => completion.SetResult();
}
