using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Compilation;

/// <summary>The NVRTC libraries of this machine, and why some do not serve.</summary>
internal sealed class CompilerSearch(LibrarySearch libraries)
{
    private readonly List<string> passedOver = [];
    private CudaStatus status = CudaStatus.LibraryNotFound;

    public CompilerSearch() : this(NativeLibraries.Compiler)
    {
    }

    /// <summary>All that was tried so far, and why it does not serve.</summary>
    public IReadOnlyList<string> PassedOver => passedOver;

    /// <summary>The first that works.</summary>
    /// <exception cref="CudaUnavailableException">There is none.</exception>
    public static RuntimeCompiler First()
    {
        var search = new CompilerSearch();
        return search.All().FirstOrDefault() ?? throw search.NotFound();
    }

    /// <summary>
    /// Those whose code the driver loads. The one that the environment names comes first; of the others those of a major version that the
    /// driver serves, and among these those that know the device; the order of the search decides the rest.
    /// </summary>
    /// <param name="driver">The newest CUDA that the driver serves.</param>
    /// <param name="codeFormat">What tells code that the driver loads from other code.</param>
    /// <param name="architecture">The device's, such as 90.</param>
    public IEnumerable<RuntimeCompiler> For(Version driver, string codeFormat, int architecture)
    {
        var others = new List<RuntimeCompiler>();
        foreach (RuntimeCompiler compiler in All())
        {
            if (compiler.CodeFormat != codeFormat)
            {
                PassOver($"{compiler}", "only one of it and the driver is the emulator's, or they are of different builds");
            }
            else if (compiler.IsNamed)
            {
                yield return compiler;
            }
            else
            {
                others.Add(compiler);
            }
        }
        foreach (RuntimeCompiler compiler in others
            .OrderBy(c => c.Version.Major > driver.Major).ThenBy(c => !c.Architectures.Contains(architecture)))
        {
            yield return compiler;
        }
    }

    public void PassOver(string attempt, string reason) => passedOver.Add($"{attempt}: {reason}");

    /// <summary>What to throw where none serves.</summary>
    public CudaUnavailableException NotFound() => libraries.NotFound(passedOver, status);

    /// <summary>Those that work, one after the other as they are asked for.</summary>
    private IEnumerable<RuntimeCompiler> All()
    {
        foreach (LoadedLibrary library in libraries.LoadAll(passedOver))
        {
            if (TryOpen(library) is { } compiler)
            {
                yield return compiler;
            }
        }
    }

    private RuntimeCompiler? TryOpen(LoadedLibrary library)
    {
        try
        {
            return new(library, library.Path == libraries.NamedFile);
        }
        catch (CudaUnavailableException e)
        {
            status = e.Status == CudaStatus.LibraryTooOld ? e.Status : status;
            PassOver(library.Path, e.Message);
        }
        catch (CudaException e)
        {
            PassOver(library.Path, e.Message);
        }
        return null;
    }
}
