using System.Globalization;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>Prints the kernels of the whole model, and the constants that they read.</summary>
internal static class ModelKernelCode
{
    /// <summary>What a kernel reads from the device's constant memory, printed before it.</summary>
    public static IEnumerable<string> Constants(KernelNode node) => node switch
    {
        LossNode loss => loss.Loss.Constants.Select(c => Constant($"{loss.Stem}_{c.Suffix}", c)),
        ReduceGradientsNode reduce => [Table("Run", "gradient_runs", Segments(reduce))],
        AdamWNode adamW => [Table("Decay", "weight_decays", adamW.Runs.Select(static r => $"{Number(r.Start)}, {(r.Decays ? "1" : "0")}"))],
        _ => [],
    };

    public static void Print(KernelNode node, CudaKernel kernel, KernelWriter w)
    {
        switch (node)
        {
            case LossNode loss:
                Loss(loss, w);
                break;
            case TrunkGradientNode trunk:
                string rows = w.Configuration("trunk_rows", ("width", trunk.Width), ("stride", Sizes.Pad(trunk.Width)));
                string own = PointerText.Of(trunk.From), all = PointerText.Of(trunk.Sum);
                w.Line(trunk.IsFirst ? $"copy_rows<{rows}>(pass, {own}, {all});" : $"add_rows<{rows}>(pass, {own}, {all}, {all});");
                break;
            case FinishLossNode finish:
                string rowsPerBlock = Number(LossNode.RowsPerBlock), round = Number(LossNode.RowsPerBlock - 1);
                w.Line($"finish_loss(pass, static_cast<int>((pass.capacity + {round}) / {rowsPerBlock}) * {Number(finish.Heads)});");
                break;
            case ReduceGradientsNode reduce:
                w.Line("__shared__ double shared[8];");
                string sum = $"reduce_gradients<{Number(reduce.Segments.Count)}>(pass, gradient_runs, {Number(reduce.Float4s)})";
                w.Line($"double own = block_sum<256>({sum}, shared);");
                using (w.Open("if (threadIdx.x == 0)"))
                {
                    w.Line($"{w.GradientNormPartial("blockIdx.x")} = own;");
                }
                break;
            case AdamWNode adamW:
                string sizes = w.Configuration(
                    "model_adamw_sizes", ("parameters", adamW.Parameters), ("decay_runs", adamW.Runs.Count),
                    ("gradient_norm_partials", adamW.GradientNormPartials), ("keeps_operands", adamW.KeepsOperands));
                w.Line($"adamw<{sizes}>(pass, weight_decays);");
                break;
            case RoundWeightsNode weights:
                string operands = w.Configuration("model_operands", ("parameters", weights.Parameters), ("keeps_operands", true));
                w.Line($"round_weights<{operands}>(pass);");
                break;
            default:
                throw new InvalidOperationException(node.GetType().Name);
        }
    }

    private static void Loss(LossNode loss, KernelWriter w)
    {
        string scale = loss.Scale.ToString("R", CultureInfo.InvariantCulture);
        w.Comment($"{loss.Summary}, and its gradient");
        w.Line($"const float* outputs = {PointerText.Of(loss.Outputs)};  // [rows, {Number(Sizes.Pad(loss.OutputWidth))}]");
        string configuration = w.Configuration(
            loss.Stem + "_loss_rows", ("width", loss.OutputWidth), ("stride", Sizes.Pad(loss.OutputWidth)),
            ("target_width", loss.TargetWidth), ("target_stride", loss.RowTargetWidth));
        w.Call(
            "row_losses",
            $"{loss.Loss.Function.Replace("#", loss.Stem + "_")}, {configuration}",
            "pass", "outputs", loss.TargetOffset == 0 ? "pass.targets" : $"pass.targets + {Number(loss.TargetOffset)}",
            loss.IsPerSequence ? "pass.sequenceWeights" : "pass.tokenWeights", $"static_cast<float>({scale})",
            PointerText.Of(loss.Gradient), Number(loss.Head));
    }

    private static IEnumerable<string> Segments(ReduceGradientsNode reduce) => reduce.Segments.Select(static s =>
        $"{Number(s.Start)}, {Number(s.Length)}, {Number(s.Parts)}, {(s.IsParameter ? "1" : "0")}, "
        + $"{Number(s.Buffer)}ll, {Number(s.Float4sBefore)}");

    private static string Table(string type, string name, IEnumerable<string> rows)
    {
        string[] lines = [.. rows];
        var code = new CodeWriter(CodeWriter.MaxColumns);
        code.Line($"__constant__ {type} {name}[{Number(lines.Length)}] =");
        using (code.OpenBlock(";"))
        {
            foreach (string line in lines)
            {
                code.Line($"{{{line}}},");
            }
        }
        return code.ToString();
    }

    /// <summary>Numbers in the device's constant memory, and a struct to read them through.</summary>
    private static string Constant(string name, DeviceConstant constant)
    {
        string values = string.Join(", ", constant.Values.Select(static v => ((float)v).ToString("R", CultureInfo.InvariantCulture)));
        var code = new CodeWriter(CodeWriter.MaxColumns);
        code.Line($"__constant__ float values_of_{name}[{Number(constant.Values.Count)}] = {{{values}}};");
        code.Line();
        using (code.Open($"struct {name}", ";"))
        {
            code.Line(constant.IsSingle
                ? $"static __device__ __forceinline__ float value() {{ return values_of_{name}[0]; }}"
                : $"static __device__ __forceinline__ float at(int index) {{ return values_of_{name}[index]; }}");
        }
        return code.ToString();
    }
}
