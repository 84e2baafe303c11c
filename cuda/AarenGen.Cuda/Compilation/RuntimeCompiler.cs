using System.Runtime.CompilerServices;
using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Compilation;

/// <summary>NVRTC: compiles CUDA C for a device once; the cache keeps the code. Any number of threads may compile.</summary>
internal sealed unsafe class RuntimeCompiler
{
    /// <summary>The first with cubins and a list of architectures.</summary>
    private static readonly Version LowestVersion = new(11, 2);

    private readonly KernelCache cache;
    private readonly string library;

    /// <exception cref="CudaUnavailableException">There is no NVRTC, or too old a one.</exception>
    public RuntimeCompiler(KernelCache cache)
    {
        this.cache = cache;
        string path = NativeLibraries.Compiler.Load().Path;
        library = Identify(path);
        Check(NvrtcApi.nvrtcVersion(out int major, out int minor));
        Version = new(major, minor);
        if (Version < LowestVersion)
        {
            throw new CudaUnavailableException(
                $"{path} is NVRTC {Version}; {LowestVersion} or newer is needed. Install a newer CUDA toolkit, or let AARENGEN_LIBNVRTC "
                + "name its libnvrtc.", CudaStatus.LibraryTooOld);
        }
        Check(NvrtcApi.nvrtcGetNumSupportedArchs(out int count));
        int[] architectures = new int[count];
        fixed (int* start = architectures)
        {
            Check(NvrtcApi.nvrtcGetSupportedArchs(start));
        }
        Architectures = architectures;
    }

    public Version Version { get; }

    /// <summary>What it compiles for, as numbers: 90 is sm_90.</summary>
    public IReadOnlyList<int> Architectures { get; }

    /// <summary>Compiles for a device's architecture, or takes the code from the cache.</summary>
    /// <param name="name">What the source is called in messages.</param>
    /// <param name="source">CUDA C; it finds no headers.</param>
    /// <param name="architecture">The device's, such as 90.</param>
    /// <param name="options">Options in addition to the usual ones.</param>
    /// <exception cref="CudaException">The device is not served, or the source does not compile.</exception>
    public DeviceCode Compile(string name, string source, int architecture, params IReadOnlyList<string> options)
    {
        CompilationTarget target = CompilationTarget.For(architecture, Architectures, Version);
        string[] all = AllOptions(target, options);
        string fileName = name + ".cu";
        byte[] key = KernelCache.Key([library, Version.ToString(), .. all, fileName, source]);
        byte[] image = cache.GetOrAdd(key, () => Build(source, fileName, target, all, out _), out bool found);
        return new(name, target, image, found);
    }

    /// <summary>
    /// Compiles past the cache with the same options, and tells what the compiler said though it succeeded: its warnings.
    /// </summary>
    /// <exception cref="CudaException">The source does not compile.</exception>
    public DeviceCode Compile(string name, string source, CompilationTarget target, IReadOnlyList<string> options, out string log) =>
        new(name, target, Build(source, name + ".cu", target, AllOptions(target, options), out log), FromCache: false);

    /// <summary>
    /// Multiplications and additions are fused, as on the CPU. Nothing else about the arithmetic is relaxed, so --use_fast_math is not
    /// used.
    /// </summary>
    private static string[] AllOptions(CompilationTarget target, IReadOnlyList<string> options) =>
        [$"--gpu-architecture={target.Name}", "--std=c++17", "-default-device", "--fmad=true", .. options];

    /// <summary>A file that someone named may be replaced by another of the same version, so it counts with its size and time.</summary>
    private static string Identify(string path)
    {
        var file = new FileInfo(path);
        return Path.IsPathFullyQualified(path) && file.Exists ? $"{path} {file.Length} {file.LastWriteTimeUtc.Ticks}" : path;
    }

    private byte[] Build(string source, string fileName, CompilationTarget target, string[] options, out string log)
    {
        Check(NvrtcApi.nvrtcCreateProgram(out nint program, source, fileName, 0, null, null));
        try
        {
            NvrtcResult result = NvrtcApi.nvrtcCompileProgram(program, options.Length, options);
            log = ReadLog(program);
            if (result != NvrtcResult.Success)
            {
                string detail = $"{fileName} for {target.Name} by NVRTC {Version}, options "
                    + $"{string.Join(' ', options)}:{CompilerLog.Quote(log, source, fileName)}";
                throw Failure(result, detail, nameof(NvrtcApi.nvrtcCompileProgram));
            }
            return target.IsPtx ? ReadPtx(program) : ReadCubin(program);
        }
        finally
        {
            _ = NvrtcApi.nvrtcDestroyProgram(ref program);
        }
    }

    private static byte[] ReadCubin(nint program)
    {
        Check(NvrtcApi.nvrtcGetCUBINSize(program, out nuint size));
        byte[] image = new byte[size];
        fixed (byte* start = image)
        {
            Check(NvrtcApi.nvrtcGetCUBIN(program, start));
        }
        return image;
    }

    private static byte[] ReadPtx(nint program)
    {
        Check(NvrtcApi.nvrtcGetPTXSize(program, out nuint size));
        byte[] image = new byte[size];
        fixed (byte* start = image)
        {
            Check(NvrtcApi.nvrtcGetPTX(program, start));
        }
        return image;
    }

    private static string ReadLog(nint program)
    {
        if (NvrtcApi.nvrtcGetProgramLogSize(program, out nuint size) != NvrtcResult.Success || size == 0)
        {
            return "";
        }
        byte[] log = new byte[size];
        fixed (byte* start = log)
        {
            return NvrtcApi.nvrtcGetProgramLog(program, start) == NvrtcResult.Success ? CudaDriver.Text(start) : "";
        }
    }

    private static void Check(NvrtcResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != NvrtcResult.Success)
        {
            throw Failure(result, "", call);
        }
    }

    private static CudaException Failure(NvrtcResult result, string detail, string call)
    {
        string entry = CudaDriver.EntryOf(call), error = CudaDriver.Text(NvrtcApi.nvrtcGetErrorString(result));
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
