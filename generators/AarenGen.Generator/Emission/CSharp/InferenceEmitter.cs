using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints the inference pass: rows of streams through the trunk and each head.</summary>
internal static class InferenceEmitter
{
    public static void Emit(CodeWriter code, Plan plan, TypeNames types)
    {
        int half = plan.WidestRow * plan.RowsPerPass;
        code.Line("/// <inheritdoc/>");
        using (code.Open($"protected override void Infer({types.InferencePass})"))
        {
            code.Line("int rows = pass.Rows;");
            code.Line("// Two buffers alternate as a layer's input and output.");
            code.Line($"{types.Span} even = pass.Scratch.Slice(0, {Number(half)});");
            code.Line($"{types.Span} odd = pass.Scratch.Slice({Number(half)}, {Number(half)});");
            code.Line($"{types.Kernels}Rows.Pad(pass.Tokens, rows, {RowInput(plan)}, even);");
            var trunk = new Buffers(code, types, "even", "odd");
            foreach (LayerPlan layer in plan.Trunk)
            {
                trunk.Pass(layer);
            }
            if (plan.Branches)
            {
                code.Line("// Two more alternate in the heads, since each begins with the trunk's output.");
                code.Line($"{types.Span} headEven = pass.Scratch.Slice({Number(2 * half)}, {Number(half)});");
                code.Line($"{types.Span} headOdd = pass.Scratch.Slice({Number(3 * half)}, {Number(half)});");
            }
            foreach (HeadPlan head in plan.Heads)
            {
                var buffers = new Buffers(code, types, "headOdd", "headEven") { Source = trunk.Current };
                foreach (LayerPlan layer in head.Layers)
                {
                    buffers.Pass(layer);
                }
                string width = plan.Heads.Count == 1 ? RowOutput(plan) : Number(head.OutputWidth);
                string place = plan.Heads.Count == 1 ? "" : $", offset: {Number(head.OutputOffset)}, {RowOutput(plan)}";
                code.Line($"{types.Kernels}Rows.Unpad({buffers.Current}, rows, {width}, pass.Outputs{place});");
            }
        }
        code.Line();
    }

    /// <summary>The width of the rows that the layers see, by its public name where it has one.</summary>
    private static string RowInput(Plan plan) => plan.RowInputWidth == plan.InputWidth ? "InputWidth" : Number(plan.RowInputWidth);

    private static string RowOutput(Plan plan) => plan.RowOutputWidth == plan.OutputWidth ? "OutputWidth" : Number(plan.RowOutputWidth);

    /// <summary>Two buffers that alternate. Source: where the first layer reads instead, if anywhere.</summary>
    private sealed class Buffers(CodeWriter code, TypeNames types, string current, string other)
    {
        public string? Source { get; set; }

        /// <summary>The buffer that the last layer wrote.</summary>
        public string Current => Source ?? current;

        public void Pass(LayerPlan layer)
        {
            if (layer.Repeat == 1)
            {
                code.Line(Call(layer, Current));
                (current, other) = (other, current);
            }
            else
            {
                using CodeWriter.Block loop = code.Open($"for (int block = 0; block < {Number(layer.Repeat)}; block++)");
                code.Line(Call(layer, Source is null ? current : $"(block == 0 ? {Source} : {current})"));
                code.Line($"{types.Span} written = {other};");
                code.Line($"{other} = {current};");
                code.Line($"{current} = written;");
            }
            Source = null;
        }

        private string Call(LayerPlan layer, string input) =>
            LayerEmitter.InferCall(
                layer, LayerEmitter.BlockArgument(layer), LayerWriter.FirstRows(input, layer.InputWidth),
                LayerWriter.FirstRows(other, layer.OutputWidth));
    }
}
