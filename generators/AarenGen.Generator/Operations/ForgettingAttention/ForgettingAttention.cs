using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// o_t = Σ_{i≤t} p_ti v_i a head, p_ti proportional to e^{s_i + φ_{i+1} + … + φ_t}, φ = log σ(f), as a recurrence. A stream's state is, in
/// double, each head's maximum, weight and sum of φ, and each channel's output; training keeps the two gates a head.
/// </summary>
internal sealed partial record ForgettingAttention(
    Value Values, Value Scores, Value Forgets, Value Output, int Heads, int GatesMemory, int ScratchMemory, int StateOffset)
    : AssociativeRecurrence
{
    public override EquatableArray<Value> Inputs => new([Values, Scores, Forgets]);

    public override long Flops => 3L * Output.Width + 30L * Heads;

    public override OperationDescription? Description =>
        OperationDescription.Of("ForgettingAttention", Output, Values, Scores, Forgets).WithNumbers(Heads);

    public override Value Output { get; init; } = Output;

    public override int StateDoubles => DoublesOf(Output.Width, Heads);

    public static int DoublesOf(int width, int heads) => 3 * heads + width;
}
