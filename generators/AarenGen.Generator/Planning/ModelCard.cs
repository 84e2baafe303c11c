using System.Globalization;
using System.Text;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>The model card: what a reader wants to know of a model before running it.</summary>
internal static class ModelCard
{
    public static string Write(string name, int inputWidth, IReadOnlyList<LayerPlan> layers, Loss loss, long parameters, int stateDoubles, long flops)
    {
        string summary = FormattableString.Invariant(
            $"{name}: {parameters:N0} parameters, {(long)stateDoubles * sizeof(double):N0} bytes of state a stream, {flops:N0} floating-point operations a token");
        var rows = new List<string[]> { Row("layer", "output", "parameters", "state"), Row("input", Number(inputWidth)) };
        foreach (LayerPlan layer in layers)
        {
            string repeat = layer.Repeat > 1 ? FormattableString.Invariant($" x {layer.Repeat}") : "";
            rows.Add(Row(
                $"{layer.Name}: {layer.Summary}{repeat}", Number(layer.OutputWidth),
                Number(layer.Repeat * layer.Parameters.Sum(static p => (long)p.Rows * p.Columns)), Number((long)layer.State.Step * layer.Repeat * sizeof(double))));
        }
        rows.Add(Row("loss: " + loss.Summary));
        int[] widths = Enumerable.Range(0, 4).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder(summary).Append('\n');
        foreach (string[] row in rows)
        {
            string line = row[0].PadRight(widths[0]) + string.Concat(row.Skip(1).Select((cell, c) => "  " + cell.PadLeft(widths[c + 1])));
            text.Append('\n').Append(line.TrimEnd());
        }
        return text.ToString();
    }

    private static string[] Row(string layer, string output = "", string parameters = "", string state = "") => [layer, output, parameters, state];

    private static string Number(long n) => n.ToString("N0", CultureInfo.InvariantCulture);
}
