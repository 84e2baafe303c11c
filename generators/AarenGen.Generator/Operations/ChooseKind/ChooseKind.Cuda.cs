using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record ChooseKind : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new ChooseKindForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [new ChooseKindBackward(this)];

    /// <summary>Prints a loop over float4s, of which the place and the row's kind are known.</summary>
    internal void PrintEach(KernelWriter w, IEnumerable<string> lines)
    {
        string kinds = w.Value(Kinds);
        w.Line($"each_float4_column<{w.Rows(Output)}::width>(pass, [=](long long row, int column)");
        using (w.OpenBlock(");"))
        {
            w.Line($"const int kind = static_cast<int>({kinds}[row * {w.Rows(Kinds)}::stride]);");
            w.Line($"const long long at = row * {w.Rows(Output)}::stride + column;");
            foreach (string line in lines)
            {
                w.Line(line);
            }
        }
    }
}

/// <summary>Each row of the piece that its kind has.</summary>
internal sealed record ChooseKindForward(ChooseKind Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["Kinds"], [Operand.Of(Operation.Kinds), .. Operation.Pieces.Select(Operand.Of)],
    [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        string chosen = w.Value(Operation.Pieces[0]);
        for (int kind = 1; kind < Operation.Pieces.Count; kind++)
        {
            chosen = $"kind == {kind} ? {w.Value(Operation.Pieces[kind])} : {chosen}";
        }
        Operation.PrintEach(w, [$"store4({w.Value(Operation.Output)} + at, load4(({chosen}) + at));"]);
    }
}

/// <summary>Each row's gradient, to the piece that its kind has, and zeroes to the others.</summary>
internal sealed record ChooseKindBackward(ChooseKind Operation) : RowwiseNode(
    Operation.Output.Name + "_backward", ["Kinds"], [Operand.GradientOf(Operation.Output), Operand.Of(Operation.Kinds)],
    new(Operation.Pieces.Select(Operand.GradientOf))), IKernelCode
{
    public void Print(KernelWriter w) => Operation.PrintEach(
        w,
        [
            $"float4 own = load4({w.Gradient(Operation.Output)} + at);",
            .. Operation.Pieces.Select((p, i) => $"store4({w.Gradient(p)} + at, kind == {i} ? own : zero4());"),
        ]);
}
