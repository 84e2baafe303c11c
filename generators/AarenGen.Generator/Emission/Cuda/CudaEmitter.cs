using System.Text;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>Prints a plan as one translation unit of CUDA C.</summary>
internal static class CudaEmitter
{
    /// <summary>What follows is the model's own; what stands before are the files of device code that it needs.</summary>
    public const string KernelsBegin = "// The model's kernels.";

    public static string Emit(CudaPlan plan)
    {
        var text = new StringBuilder();
        text.Append($"// {plan.Class.Name}: training on a device, generated. Sizes are literals; rows are tokens.\n");
        text.Append("// Compile with PRODUCTS=0 (float32), 1 (TF32) or 2 (bfloat16), and with CARRIES=1 to carry states.\n\n");
        foreach (string file in DeviceLibrary.Of(plan.Libraries))
        {
            text.Append(file).Append('\n');
        }
        text.Append(KernelsBegin).Append('\n');
        var configurations = new Configurations();
        foreach (CudaKernel kernel in plan.Kernels)
        {
            foreach (string constants in ModelKernelCode.Constants(kernel.Node))
            {
                text.Append('\n').Append(constants);
            }
            KernelWriter writer = Print(kernel, configurations);
            foreach (string configuration in configurations.TakeAdded())
            {
                text.Append('\n').Append(configuration);
            }
            text.Append('\n').Append(writer.Finish());
        }
        return text.ToString();
    }

    /// <summary>A kernel, its body printed.</summary>
    public static KernelWriter Print(CudaKernel kernel, Configurations configurations)
    {
        var writer = new KernelWriter(kernel, configurations);
        switch (kernel.Node)
        {
            case IKernelCode code:
                code.Print(writer);
                break;
            case TileKernel tiles:
                TileKernelCode.Print(tiles, writer);
                break;
            case CopyGradient copy:
                string from = writer.Gradient(copy.From), to = writer.Gradient(copy.To);
                if (copy.Accumulates)
                {
                    writer.Call("add_rows", writer.Rows(copy.To), "pass", from, to, to);
                }
                else
                {
                    writer.Call("copy_rows", writer.Rows(copy.To), "pass", from, to);
                }
                break;
            default:
                ModelKernelCode.Print(kernel.Node, kernel, writer);
                break;
        }
        return writer;
    }
}
