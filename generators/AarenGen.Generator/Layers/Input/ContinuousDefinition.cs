using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers.Input;

/// <summary>[Continuous(features)]</summary>
internal sealed class ContinuousDefinition : InputDefinition
{
    public override string Name => "Continuous";

    public override int Width(PartDeclaration part, ProblemList problems) => problems.InRange(part, "Features", 1, Limits.Width);
}
