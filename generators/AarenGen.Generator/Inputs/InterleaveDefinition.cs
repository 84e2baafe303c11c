using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>[Interleave(width)]: each input is a kind of token of its own, and kinds come in turn.</summary>
internal sealed class InterleaveDefinition : ComponentDefinition
{
    public override string Name => "Interleave";
}
