using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// o_t = Σ_i softmax_i(q_t·k_i/√P) v_i a head over the last tokens. A stream's state is its number of tokens, and the keys and
/// values of the last in a ring; training keeps the maximum and the sum of each head's softmax.
/// </summary>
internal sealed partial record CausalAttention(
    Value Queries, Value Keys, Value Values, Value Output, int Heads, int Context, int StatisticsMemory, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([Queries, Keys, Values]);

    /// <summary>For a token that sees the whole context: two multiply-adds per channel and about twenty operations per score.</summary>
    public override long Flops => Context * (4L * Output.Width + 20L * Heads);

    public override OperationDescription? Description =>
        OperationDescription.Of("CausalAttention", Output, Queries, Keys, Values).WithNumbers(Heads, Context);

    /// <summary>
    /// Floats per token that training stores: two padded rows of one number per head; a device stores three numbers per head, unpadded.
    /// </summary>
    public static int StatisticsFloats(int heads) => Math.Max(2 * Sizes.Pad(heads), 3 * heads);

    /// <summary>The counter, and keys and values as floats, two a double.</summary>
    public static int StateDoubles(int width, int context)
    {
        // The kernel counts the floats in an int.
        int floats = 2 * context * width;
        return 1 + floats / 2;
    }
}
