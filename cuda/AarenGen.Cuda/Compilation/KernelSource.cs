using AarenGen.Training;

namespace AarenGen.Cuda.Compilation;

/// <summary>CUDA C to compile.</summary>
/// <param name="Name">What it is called in messages.</param>
/// <param name="Text">One translation unit; it finds no headers.</param>
/// <param name="Options">Options in addition to the usual ones.</param>
internal sealed record KernelSource(string Name, string Text, params IReadOnlyList<string> Options)
{
    /// <summary>As a compiler's messages call it.</summary>
    public string FileName => Name + ".cu";

    /// <summary>A model's kernels.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="program">The model's program.</param>
    /// <param name="precision">The arithmetic of matrix multiplications.</param>
    /// <param name="carriesStates">Whether sequences are cut into chunks.</param>
    public static KernelSource Of(string name, DeviceProgram program, MatrixPrecision precision, bool carriesStates) => new(
        name, program.Source,
        [$"--define-macro=PRODUCTS={(int)precision}", .. carriesStates ? ["--define-macro=CARRIES=1"] : Array.Empty<string>()]);

    /// <summary>
    /// What the code for a device's architecture is found by. It holds neither paths nor versions of this machine, so that code may be
    /// made on one machine and used on another, which needs no NVRTC.
    /// </summary>
    /// <param name="architecture">The device's, such as 90.</param>
    /// <param name="codeFormat">What tells code that the driver loads from other code.</param>
    public byte[] Key(int architecture, string codeFormat) =>
        KernelCache.Key([codeFormat, $"sm_{architecture}", .. RuntimeCompiler.CommonOptions, .. Options, FileName, Text]);
}
