using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Compilation;

/// <summary>One NVRTC of this machine, which compiles CUDA C. Any number of threads may use it.</summary>
internal sealed unsafe class RuntimeCompiler
{
    /// <summary>The first with cubins and a list of architectures.</summary>
    private static readonly Version LowestVersion = new(11, 2);

    /// <summary>
    /// Multiplications and additions are fused, as on the CPU. Nothing else about the arithmetic is relaxed, so --use_fast_math is not
    /// used.
    /// </summary>
    public static readonly IReadOnlyList<string> CommonOptions = ["--std=c++17", "-default-device", "--fmad=true"];

    private readonly NvrtcApi api;
    private readonly string path;

    /// <exception cref="CudaUnavailableException">It is too old, or lacks an entry.</exception>
    /// <exception cref="CudaException">One of its calls fails.</exception>
    public RuntimeCompiler(LoadedLibrary library, bool isNamed)
    {
        IsNamed = isNamed;
        path = library.Path;
        CodeFormat = NativeLibraries.CodeFormat(library.Handle);
        NvrtcResult result = NvrtcApi.ReadVersion(library.Handle, out int major, out int minor);
        if (result != NvrtcResult.Success)
        {
            throw new CudaUnavailableException($"it does not tell its version (error {(int)result})");
        }
        Version = new(major, minor);
        if (Version < LowestVersion)
        {
            throw new CudaUnavailableException($"NVRTC {Version}; {LowestVersion} or newer is needed", CudaStatus.LibraryTooOld);
        }
        try
        {
            api = new(library.Handle);
        }
        catch (EntryPointNotFoundException e)
        {
            throw new CudaUnavailableException(e.Message, e);
        }
        int count;
        Check(api.nvrtcGetNumSupportedArchs(&count));
        int[] architectures = new int[count];
        fixed (int* start = architectures)
        {
            Check(api.nvrtcGetSupportedArchs(start));
        }
        Architectures = architectures;
    }

    /// <summary>Whether the environment names it.</summary>
    public bool IsNamed { get; }

    public Version Version { get; }

    /// <summary>What it compiles for, as numbers: 90 is sm_90.</summary>
    public IReadOnlyList<int> Architectures { get; }

    /// <summary>What tells its code from another's; see <see cref="NativeLibraries.CodeFormat"/>.</summary>
    public string CodeFormat { get; }

    /// <summary>As messages show it.</summary>
    public override string ToString() => $"NVRTC {Version} ({path})";

    /// <summary>Compiles for a device's architecture.</summary>
    /// <exception cref="CudaException">The device is not served, or the source does not compile.</exception>
    public DeviceCode Compile(KernelSource source, int architecture) =>
        Compile(source, CompilationTarget.For(architecture, Architectures, Version), out _);

    /// <summary>Compiles for a target, and tells what the compiler said though it succeeded: its warnings.</summary>
    /// <exception cref="CudaException">The source does not compile.</exception>
    public DeviceCode Compile(KernelSource source, CompilationTarget target, out string log) =>
        new(source.Name, target, Version, Build(source, target, out log));

    private byte[] Build(KernelSource source, CompilationTarget target, out string log)
    {
        string[] options = [$"--gpu-architecture={target.Name}", .. CommonOptions, .. source.Options];
        nint program;
        fixed (byte* text = Encoding.UTF8.GetBytes(source.Text + '\0'), name = Encoding.UTF8.GetBytes(source.FileName + '\0'))
        {
            Check(api.nvrtcCreateProgram(&program, text, name, 0, null, null));
        }
        try
        {
            NvrtcResult result = Compile(program, options);
            log = ReadLog(program);
            if (result != NvrtcResult.Success)
            {
                string detail = $"{source.FileName} for {target.Name} by NVRTC {Version}, options "
                    + $"{string.Join(' ', options)}:{CompilerLog.Quote(log, source.Text, source.FileName)}";
                throw Failure(result, detail, nameof(NvrtcApi.nvrtcCompileProgram));
            }
            return target.IsPtx ? ReadPtx(program) : ReadCubin(program);
        }
        finally
        {
            _ = api.nvrtcDestroyProgram(&program);
        }
    }

    private NvrtcResult Compile(nint program, string[] options)
    {
        nint[] texts = [.. options.Select(Marshal.StringToCoTaskMemUTF8)];
        try
        {
            fixed (nint* start = texts)
            {
                return api.nvrtcCompileProgram(program, texts.Length, (byte**)start);
            }
        }
        finally
        {
            Array.ForEach(texts, Marshal.FreeCoTaskMem);
        }
    }

    private byte[] ReadCubin(nint program)
    {
        nuint size;
        Check(api.nvrtcGetCUBINSize(program, &size));
        byte[] image = new byte[size];
        fixed (byte* start = image)
        {
            Check(api.nvrtcGetCUBIN(program, start));
        }
        return image;
    }

    private byte[] ReadPtx(nint program)
    {
        nuint size;
        Check(api.nvrtcGetPTXSize(program, &size));
        byte[] image = new byte[size];
        fixed (byte* start = image)
        {
            Check(api.nvrtcGetPTX(program, start));
        }
        return image;
    }

    private string ReadLog(nint program)
    {
        nuint size;
        if (api.nvrtcGetProgramLogSize(program, &size) != NvrtcResult.Success || size == 0)
        {
            return "";
        }
        byte[] log = new byte[size];
        fixed (byte* start = log)
        {
            return api.nvrtcGetProgramLog(program, start) == NvrtcResult.Success ? CudaDriver.Text(start) : "";
        }
    }

    private void Check(NvrtcResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != NvrtcResult.Success)
        {
            throw Failure(result, "", call);
        }
    }

    private CudaException Failure(NvrtcResult result, string detail, string call)
    {
        string entry = CudaDriver.EntryOf(call), error = CudaDriver.Text(api.nvrtcGetErrorString(result));
        string hint = result switch
        {
            NvrtcResult.BuiltinOperationFailure =>
                "libnvrtc-builtins of the same version must lie beside libnvrtc (Debian package libnvrtc-builtins11.8).",
            NvrtcResult.InvalidOption => "This NVRTC does not know an option, for which a newer CUDA toolkit helps, or it was given twice.",
            _ => "",
        };
        string[] parts = [$"{entry} failed with {error}.", hint, detail];
        return new(entry, (int)result, error, string.Join(' ', parts.Where(static p => p.Length > 0)));
    }
}
