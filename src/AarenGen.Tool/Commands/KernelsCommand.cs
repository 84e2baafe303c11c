using System.CommandLine;
using AarenGen.Tool.Projects;

namespace AarenGen.Tool.Commands;

/// <summary><c>aarengen kernels</c>: the CUDA kernels of a program's models, compiled for machines without NVRTC.</summary>
internal static class KernelsCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> assembly = new("assembly") { Description = "The built program or library, such as bin/Release/net10.0/App.dll" };
        Option<int[]> architectures = new("--architectures")
        {
            Description = "GPUs to compile for, such as 80 86 89 90", Required = true, AllowMultipleArgumentsPerToken = true,
        };
        Option<string?> output = new("--output") { Description = "The folder of the files; without it, kernels beside the assembly" };
        Option<string[]> model = new("--model") { Description = "Only the models of these names", AllowMultipleArgumentsPerToken = true };
        Option<string> precision = new("--precision")
        {
            Description = "The MatrixPrecision of trainings: Float32, TensorFloat32 or BFloat16",
            DefaultValueFactory = static _ => "Float32",
        };
        precision.AcceptOnlyFromAmong("Float32", "TensorFloat32", "BFloat16");
        Option<bool> carry = new("--carry-state") { Description = "For trainings with CarryState" };
        var command = new Command("kernels", "Compiles CUDA kernels ahead, for machines with an NVIDIA driver and no NVRTC.")
        {
            assembly, architectures, output, model, precision, carry,
        };
        command.Runs((parsed, stop) =>
        {
            var models = ModelAssembly.Load(parsed.GetValue(assembly)!);
            string folder = parsed.GetValue(output) ?? Path.Combine(models.Folder, "kernels");
            foreach (Type type in models.Find(parsed.GetValue(model) ?? []))
            {
                stop.ThrowIfCancellationRequested();
                models.CompileKernels(
                    type, folder, parsed.GetValue(architectures)!, parsed.GetValue(precision)!, parsed.GetValue(carry));
                Console.Error.WriteLine($"{type.Name}: compiled for {string.Join(", ", parsed.GetValue(architectures)!)}");
            }
            Console.WriteLine(folder);
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }
}
