using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints what a prefix scan over one sequence needs: the model's blocks one by one, and how their states combine.</summary>
internal static class PrefixScanEmitter
{
    public static void Emit(CodeWriter code, Plan plan, TypeNames types)
    {
        string scan = $"{types.Runtime}IPrefixScan<{plan.Name}>.";
        (LayerPlan Layer, int First)[] layers = [.. Numbered(plan)];
        code.Line();
        code.Summary("Reads many tokens of one stream as Forward does, cut into chunks that threads run in parallel.");
        code.Line("/// <param name=\"state\">The stream; a fresh state for a whole sequence.</param>");
        string missing = plan.Tokens.Missing.Count > 0 ? ", or NaN where a value is missing" : "";
        code.Line($"/// <param name=\"tokens\">[tokens, InputWidth] finite numbers from -1e15 to 1e15{missing}; may be empty.</param>");
        code.Line("/// <param name=\"outputs\">[tokens, OutputWidth] numbers, overwritten: those of Forward up to the rounding of sums in "
            + "another order.</param>");
        code.Line("/// <param name=\"threads\">");
        code.Line("/// The number of threads, at least 1. Several compute each recurrence and the projection before it "
            + "twice, a tenth to a fifth of the");
        code.Line("/// work, and pay from some thousands of tokens on.");
        code.Line("/// </param>");
        code.Line("/// <exception cref=\"global::System.ArgumentException\">");
        code.Line("/// A length is wrong, or a token holds NaN or infinity. Nothing was written, and the state is unchanged.");
        code.Line("/// </exception>");
        using (code.Open($"public void Forward({types.Runtime}StreamState<{plan.Name}> state, {types.ReadOnlySpan} tokens, {types.Span} "
            + $"outputs, int threads)"))
        {
            code.Line($"{types.Runtime}PrefixScan<{plan.Name}>.Run(this, state, tokens, outputs, threads);");
        }
        code.Line();
        code.Line($"int {scan}Blocks => {Number(layers.Sum(static l => l.Layer.Repeat))};");
        code.Line();
        code.Line($"int {scan}WidestRow => {Number(plan.WidestRow)};");
        code.Line();
        (LayerPlan Layer, int First)[] recurrent = [.. layers.Where(static l => l.Layer.Recurrences.Count > 0)];
        string counts = string.Concat(recurrent.Select(static l => $"{Blocks(l.Layer, l.First)} => {Number(l.Layer.Recurrences.Count)}, "));
        code.Line($"int {scan}Recurrences(int block) => block switch {{ {counts}_ => 0 }};");
        code.Line();
        using (code.Open($"void {scan}Infer(int number, {types.InferencePass}, {types.ReadOnlySpan} input, {types.Span} output)"))
        {
            code.Line("int rows = pass.Rows;");
            Switch(layers, static (layer, block) => LayerEmitter.InferCall(
                layer, block, LayerWriter.FirstRows("input", layer.InputWidth), LayerWriter.FirstRows("output", layer.OutputWidth)));
        }
        code.Line();
        using (code.Open(
            $"void {scan}Combine(int number, int recurrence, global::System.Span<double> earlier, "
            + "global::System.ReadOnlySpan<double> later)"))
        {
            Switch(recurrent, static (layer, block) =>
                $"{layer.Method}{LayerMethods.Combine}({(layer.Recurrences.Count > 1 ? "recurrence, " : "")}earlier, later{block});");
        }
        foreach ((LayerPlan layer, _) in recurrent)
        {
            new LayerEmitter(code, plan, layer, types).Combine();
        }

        void Switch((LayerPlan Layer, int First)[] cases, Func<LayerPlan, string, string> line)
        {
            using CodeWriter.Block block = code.Open("switch (number)");
            foreach ((LayerPlan layer, int first) in cases)
            {
                string argument = layer.Repeat == 1 ? "" : first == 0 ? ", number" : $", number - {Number(first)}";
                code.Line($"case {Blocks(layer, first)}: {line(layer, argument)} break;");
            }
            code.Line("default: throw new global::System.ArgumentOutOfRangeException(\"number\");");
        }
    }

    /// <summary>The numbers of a layer's blocks as a pattern.</summary>
    private static string Blocks(LayerPlan layer, int first) =>
        layer.Repeat == 1 ? Number(first) : $">= {Number(first)} and <= {Number(first + layer.Repeat - 1)}";

    /// <summary>The layers, each with the number of its first block among all blocks.</summary>
    private static IEnumerable<(LayerPlan Layer, int First)> Numbered(Plan plan)
    {
        int first = 0;
        foreach (LayerPlan layer in plan.Layers)
        {
            yield return (layer, first);
            first += layer.Repeat;
        }
    }
}
