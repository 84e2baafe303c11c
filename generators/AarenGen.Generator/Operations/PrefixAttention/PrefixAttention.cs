using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// o_t = Σ_{i≤t} softmax_{i≤t}(s_i) v_i a head, as a recurrence. A stream's state is, in double, each head's maximum and weight and
/// each channel's numerator; training keeps the two gates a head.
/// </summary>
internal sealed partial record PrefixAttention(
    Value Values, Value Scores, Value Output, int Heads, int GatesMemory, int ScratchMemory, int StateOffset) : AssociativeRecurrence
{
    public override EquatableArray<Value> Inputs => new([Values, Scores]);

    public override long Flops => 3L * Output.Width + 12L * Heads;

    public override OperationDescription? Description =>
        OperationDescription.Of("PrefixAttention", Output, Values, Scores).WithNumbers(Heads);

    public override Value Output { get; init; } = Output;

    public override int StateDoubles => 2 * Heads + Output.Width;
}
