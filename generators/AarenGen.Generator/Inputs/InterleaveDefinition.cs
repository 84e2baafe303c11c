using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>[Interleave(width)]: each input is a modality with its own tokens; the modalities are interleaved.</summary>
internal sealed class InterleaveDefinition : InputsDefinition
{
    public override string Name => "Interleave";
}
