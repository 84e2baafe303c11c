using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Activate
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(Activate operation) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(new ActivateStage(operation));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates) => layer.Add(new ActivateGradientStage(operation, layer.Resolve(operation.Output)));
    }
}

/// <summary>An activation on its own, where no product before it takes it along.</summary>
internal sealed class ActivateStage(Activate operation) : DeviceStage(operation.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, "rows", "Activate")
{
    public Activate Operation => operation;

    public override void Print(KernelWriter w) => w.Call(
        "activate", $"{operation.Function}, {operation.Input.Stride}, {operation.Input.Width}", "pass", w.Value(operation.Input), w.Value(operation.Output));
}

/// <summary>The way back of an activation on its own.</summary>
internal sealed class ActivateGradientStage(Activate operation, Value gradient)
    : DeviceStage(operation.Output.Name + "_backward", Rowwise.Shape, Rowwise.Threads, "rows", "Activate")
{
    public Activate Operation => operation;

    public override void Print(KernelWriter w) => w.Call(
        "multiply_rows", $"{operation.Input.Stride}, {operation.Input.Width}", "pass", w.Gradient(gradient), w.Value(operation.Input), w.Gradient(operation.Input));
}
