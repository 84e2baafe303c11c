using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record ShapeOutput : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new ShapeOutputForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [new ShapeOutputBackward(this)];

    /// <summary>The configuration for each run of one role: its length is a whole number of times the features.</summary>
    internal IEnumerable<string> DeviceColumns(KernelWriter w)
    {
        for (int first = 0, end; first < Roles.Count; first = end)
        {
            end = first + 1;
            while (end < Roles.Count && Roles[end] == Roles[first])
            {
                end++;
            }
            yield return w.Configuration(
                $"{Output.Name}_columns{first * Values}", ("stride", Output.Stride), ("first", first * Values),
                ("columns", (end - first) * Values), ("role", Roles[first]), ("features", Features));
        }
    }

    internal void ClearPadding(KernelWriter w, string rows)
    {
        int padded = Sizes.PadToFloat4(Output.Width);
        if (padded > Output.Width)
        {
            w.ClearColumns(Output, Output.Width, padded, rows);
        }
    }
}

/// <summary>Outputs made positive and denormalised.</summary>
internal sealed record ShapeOutputForward(ShapeOutput Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["ShapeOutput"], [Operand.Of(Operation.Input)], [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        foreach (string columns in Operation.DeviceColumns(w))
        {
            w.Call("shape_columns", columns, "pass", w.Value(Operation.Input), w.Value(Operation.Output));
        }
        Operation.ClearPadding(w, w.Value(Operation.Output));
    }
}

/// <summary>The gradient of what the outputs were made of.</summary>
internal sealed record ShapeOutputBackward(ShapeOutput Operation) : RowwiseNode(
    Operation.Output.Name + "_backward", ["ShapeOutput"], [Operand.GradientOf(Operation.Output), Operand.Of(Operation.Input)],
    [Operand.GradientOf(Operation.Input)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        foreach (string columns in Operation.DeviceColumns(w))
        {
            w.Call("shape_columns_backward", columns, "pass", w.Gradient(Operation.Output), w.Value(Operation.Input),
                w.Gradient(Operation.Input));
        }
        Operation.ClearPadding(w, w.Gradient(Operation.Input));
    }
}
