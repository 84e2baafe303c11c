using System.Globalization;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints what a prefix scan over one sequence needs: the model's blocks one by one, and how their states combine.</summary>
internal static class PrefixScanEmitter
{
    private const string Runtime = "global::AarenGen.";
    private const string ReadSpan = "global::System.ReadOnlySpan<float>";

    public static void Emit(CodeWriter code, Plan plan)
    {
        string scan = $"{Runtime}IPrefixScan<{plan.Name}>.", pass = $"scoped in {Runtime}InferencePass<{plan.Name}> pass";
        (LayerPlan Layer, int First)[] layers = [.. Numbered(plan)];
        code.Line();
        code.Summary("Takes many tokens of one stream as Forward does, cut into stretches that threads run side by side.");
        code.Line("/// <param name=\"state\">The stream; a fresh state for a whole sequence.</param>");
        code.Line("/// <param name=\"tokens\">[tokens, InputWidth] finite numbers from -1e15 to 1e15; may be empty.</param>");
        code.Line("/// <param name=\"outputs\">[tokens, OutputWidth] numbers, overwritten: those of Forward but for the rounding of sums taken in another order.</param>");
        code.Line("/// <param name=\"threads\">How many threads, at least 1; worth it from some thousands of tokens on.</param>");
        code.Line("/// <exception cref=\"global::System.ArgumentException\">A length is wrong, or a token holds NaN or infinity. Nothing was written, the state is as it was.</exception>");
        using (code.Open($"public void Forward({Runtime}StreamState<{plan.Name}> state, {ReadSpan} tokens, {LayerWriter.Span} outputs, int threads)"))
        {
            code.Line($"{Runtime}PrefixScan<{plan.Name}>.Run(this, state, tokens, outputs, threads);");
        }
        code.Line();
        code.Line($"int {scan}Blocks => {Number(layers.Sum(static l => l.Layer.Repeat))};");
        code.Line();
        code.Line($"int {scan}WidestRow => {Number(plan.WidestRow)};");
        code.Line();
        Switch($"bool {scan}Remembers(int block)", "block", static (layer, _) => $"return {(layer.Recurrence is null ? "false" : "true")};");
        Switch(
            $"void {scan}Infer(int number, {pass}, {ReadSpan} input, {LayerWriter.Span} output)", "number",
            static (layer, block) =>
                $"{layer.Method}{LayerMethods.Infer}(pass{block}, input.Slice(0, pass.Rows * {Number(Sizes.Pad(layer.InputWidth))}), "
                + $"{(layer.Recurrence is null ? "" : "output.IsEmpty ? output : ")}output.Slice(0, pass.Rows * {Number(Sizes.Pad(layer.OutputWidth))})); break;");
        Switch(
            $"void {scan}Combine(int number, global::System.Span<double> earlier, global::System.ReadOnlySpan<double> later)", "number",
            static (layer, block) => layer.Recurrence is null ? null : $"{layer.Method}{LayerMethods.Combine}(earlier, later{block}); break;");
        foreach ((LayerPlan layer, _) in layers)
        {
            if (layer.Recurrence is { } recurrence)
            {
                Combine(code, layer, recurrence);
            }
        }

        void Switch(string signature, string number, Func<LayerPlan, string, string?> line)
        {
            using (code.Open(signature))
            {
                using (code.Open($"switch ({number})"))
                {
                    foreach ((LayerPlan layer, int first) in layers)
                    {
                        string last = Number(first + layer.Repeat - 1), before = first == 0 ? number : $"{number} - {Number(first)}";
                        if (line(layer, layer.Repeat == 1 ? "" : $", {before}") is { } text)
                        {
                            code.Line($"case <= {last}: {text}");
                        }
                        else
                        {
                            code.Line($"case <= {last}: break;");
                        }
                    }
                    code.Line($"default: throw new global::System.ArgumentOutOfRangeException(\"{number}\");");
                }
            }
            code.Line();
        }
    }

    private static void Combine(CodeWriter code, LayerPlan layer, AssociativeRecurrence recurrence)
    {
        code.Summary($"{layer.Name}: what the stream remembers after two stretches, the later begun from nothing.");
        using (code.Open($"private static void {layer.Method}{LayerMethods.Combine}(global::System.Span<double> earlier, global::System.ReadOnlySpan<double> later{ModelEmitter.BlockParameter(layer)})"))
        {
            ((ICSharpScan)recurrence).Combine(new LayerWriter(code, layer, "", "", ""));
        }
    }

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

    private static string Number(long n) => n.ToString(CultureInfo.InvariantCulture);
}
