using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>[SumInputs]: the inputs' embeddings are added, rather than put side by side.</summary>
internal sealed class SumInputsDefinition : InputsDefinition
{
    public override string Name => "SumInputs";
}
