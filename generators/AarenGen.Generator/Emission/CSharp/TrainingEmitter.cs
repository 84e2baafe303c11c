using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints the training pass: forward through whole sequences, the losses, and backward.</summary>
internal sealed class TrainingEmitter
{
    private readonly CodeWriter code;
    private readonly Plan plan;
    private readonly TypeNames types;

    private TrainingEmitter(CodeWriter code, Plan plan, TypeNames types)
    {
        this.code = code;
        this.plan = plan;
        this.types = types;
    }

    public static void Emit(CodeWriter code, Plan plan, TypeNames types) => new TrainingEmitter(code, plan, types).Emit();

    private void Emit()
    {
        code.Line("/// <inheritdoc/>");
        using (code.Open($"protected override double Train({types.TrainingPass})"))
        {
            code.Line("int rows = pass.Rows;");
            string trunk = Forward(plan.Trunk, "pass.Tokens");
            string[] outputs = [.. plan.Heads.Select(head => Forward(head.Layers, trunk))];
            using (code.Open("if (!pass.Outputs.IsEmpty)"))
            {
                for (int i = 0; i < outputs.Length; i++)
                {
                    HeadPlan head = plan.Heads[i];
                    code.Line(
                        $"{types.Kernels}Rows.Unpad({outputs[i]}, rows, {Number(head.OutputWidth)}, pass.Outputs, offset: "
                            + $"{Number(head.OutputOffset)}, "
                        + $"{Number(plan.RowOutputWidth)});");
                }
            }
            code.Line();
            code.Line("// Two buffers alternate as the gradient of a layer's output and of its input.");
            code.Line($"{types.Span} evenGradient = pass.Values({Number(plan.BoundaryGradients.Even)}, {Number(plan.WidestRow)});");
            code.Line($"{types.Span} oddGradient = pass.Values({Number(plan.BoundaryGradients.Odd)}, {Number(plan.WidestRow)});");
            if (plan.Branches)
            {
                BranchedLosses(trunk, outputs);
            }
            else
            {
                code.Line($"double loss = {LossCall(plan.Heads[0], outputs[0])};");
                ReturnWithoutBackward();
            }
            Backward(plan.Trunk, "pass.Tokens");
            using (code.Open("if (!pass.TokenGradients.IsEmpty)"))
            {
                code.Line($"{Rows(NameOf(plan.TokenGradient), plan.RowInputWidth)}.CopyTo(pass.TokenGradients);");
            }
            code.Line("return loss;");
        }
    }

    /// <summary>Each head's loss and backward pass; the gradients of the trunk's output add up.</summary>
    private void BranchedLosses(string trunk, string[] outputs)
    {
        int width = plan.TrunkWidth;
        code.Line($"{types.Span} trunkGradient = pass.Values({Number(plan.BoundaryGradients.Trunk!.Value)}, {Number(plan.WidestRow)});");
        code.Line("double loss = 0;");
        for (int i = 0; i < plan.Heads.Count; i++)
        {
            code.Line();
            code.Line($"// {plan.Heads[i].Name}");
            code.Line($"loss += {LossCall(plan.Heads[i], outputs[i])};");
            using (code.Open("if (pass.HasBackward)"))
            {
                Backward(plan.Heads[i].Layers, trunk);
                string from = Rows(NameOf(plan.Heads[i].TrunkGradient), width), to = Rows("trunkGradient", width);
                code.Line(i == 0 ? $"{from}.CopyTo({to});" : $"{types.Kernels}Elementwise.Accumulate({from}, {to});");
            }
        }
        code.Line();
        ReturnWithoutBackward();
    }

    private void ReturnWithoutBackward()
    {
        using (code.Open("if (!pass.HasBackward)"))
        {
            code.Line("return loss;");
        }
        code.Line();
    }

    private string LossCall(HeadPlan head, string outputs)
    {
        string arguments = head.Loss.Arguments.Length == 0 ? "" : ", " + head.Loss.Arguments;
        return $"{types.Kernels}{head.Loss.Kernel}({outputs}, rows, width: {Number(head.OutputWidth)}, stride: "
            + $"{Number(Sizes.Pad(head.OutputWidth))}, "
            + $"pass.Targets, targetOffset: {Number(head.TargetOffset)}, targetStride: {Number(plan.RowTargetWidth)}, "
            + $"pass.{(head.IsPerSequence ? "Sequence" : "Token")}Weights, scale: {Float(head.LossScale)}, "
            + $"pass.HasBackward ? {Rows(NameOf(HeadPlan.OutputGradient), head.OutputWidth)} : default{arguments})";
    }

    /// <summary>Prints layers' forward passes; answers with the last one's output.</summary>
    private string Forward(IEnumerable<LayerPlan> layers, string input)
    {
        foreach (LayerPlan layer in layers)
        {
            string output = Output(layer);
            if (layer.Repeat == 1)
            {
                code.Line($"{types.Span} {output} = {BlockOutput(layer, Number(layer.Output.Offset))};");
                code.Line(LayerEmitter.ForwardCall(layer, input, output));
            }
            else
            {
                using (code.Open($"for (int block = 0; block < {Number(layer.Repeat)}; block++)"))
                {
                    code.Line(LayerEmitter.ForwardCall(layer, BlockInput(layer, input), BlockOutput(layer, OfBlock(layer, 0))));
                }
                code.Line($"{types.Span} {output} = {BlockOutput(layer, Number(layer.LastOutput.Offset))};");
            }
            input = output;
        }
        return input;
    }

    /// <summary>Prints layers' backward passes.</summary>
    private void Backward(EquatableArray<LayerPlan> layers, string input)
    {
        for (int i = layers.Count - 1; i >= 0; i--)
        {
            LayerPlan layer = layers[i];
            string before = i == 0 ? input : Output(layers[i - 1]);
            if (layer.Repeat == 1)
            {
                string outputGradient = Rows(NameOf(layer.OutputGradient), layer.OutputWidth);
                string inputGradient = Rows(NameOf(layer.InputGradient), layer.InputWidth);
                code.Line($"{layer.Method}{LayerMethods.Backward}(pass, {before}, {outputGradient}, {inputGradient});");
                continue;
            }
            using (code.Open($"for (int block = {Number(layer.Repeat - 1)}; block >= 0; block--)"))
            {
                // Only the last block of all may read another buffer.
                string even = layer.Turns.Before(layer.Repeat - 1) == BoundaryBuffer.Even ? "0" : "1";
                string last = layer.OutputGradient == BoundaryBuffer.Trunk
                    ? $"block == {Number(layer.Repeat - 1)} ? {NameOf(BoundaryBuffer.Trunk)} : " : "";
                code.Line($"bool readsEven = block % 2 == {even};");
                code.Line($"{types.Span} outputGradient = {last}readsEven ? evenGradient : oddGradient;");
                code.Line($"{types.Span} inputGradient = readsEven ? oddGradient : evenGradient;");
                code.Line(
                    $"{layer.Method}{LayerMethods.Backward}(pass, block, {BlockInput(layer, before)}, "
                    + $"{Rows("outputGradient", layer.OutputWidth)}, {Rows("inputGradient", layer.InputWidth)});");
            }
        }
    }

    private static string NameOf(BoundaryBuffer buffer) => buffer switch
    {
        BoundaryBuffer.Even => "evenGradient",
        BoundaryBuffer.Odd => "oddGradient",
        _ => "trunkGradient",
    };

    /// <summary>The local variable that holds a layer's output, the last block's where it has several.</summary>
    private static string Output(LayerPlan layer) => char.ToLowerInvariant(layer.Method[0]) + layer.Method.Substring(1) + "Output";

    /// <summary>A block's input: what came before the layer, then the block before.</summary>
    private static string BlockInput(LayerPlan layer, string before) => $"block == 0 ? {before} : {BlockOutput(layer, OfBlock(layer, -1))}";

    private static string BlockOutput(LayerPlan layer, string offset) => $"pass.Values({offset}, {Number(Sizes.Pad(layer.OutputWidth))})";

    /// <summary>Where the output of the present block lies, or of the one at a distance from it.</summary>
    private static string OfBlock(LayerPlan layer, int distance)
    {
        int stride = Sizes.Pad(layer.OutputWidth);
        long start = layer.Output.Offset + distance * layer.Output.BlockStride;
        string blocks = LayerWriter.Times("block", stride);
        return start > 0 ? $"{Number(start)} + {blocks}" : start == 0 ? blocks : $"{blocks} - {Number(-start)}";
    }

    private static string Rows(string buffer, int width) => LayerWriter.FirstRows(buffer, width);
}
