using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Losses;

/// <summary>[MeanSquaredError]</summary>
internal sealed class MeanSquaredErrorDefinition : LossDefinition
{
    public override string Name => "MeanSquaredError";

    public override Loss Loss => new("Losses.SquaredError", "mean squared error");
}

/// <summary>[MeanAbsoluteError]</summary>
internal sealed class MeanAbsoluteErrorDefinition : LossDefinition
{
    public override string Name => "MeanAbsoluteError";

    public override Loss Loss => new("Losses.AbsoluteError", "mean absolute error");
}
