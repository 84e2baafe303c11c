using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// h_t = keep_t h_{t−1} + add_t g(c_t) for each channel; the gates depend only on the token. Mixer is the prefix of the kernel's methods. A
/// stream's state is h in double; the backward pass needs only inputs and outputs.
/// </summary>
internal sealed partial record GatedRecurrence(
    string Mixer, EquatableArray<Value> Gates, Value Candidates, Value Output, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([.. Gates, Candidates]);

    public override long Flops => (20L * Inputs.Count + 3) * Output.Width;

    public override OperationDescription? Description => OperationDescription.Of(Mixer, Output, [.. Gates, Candidates]);
}
