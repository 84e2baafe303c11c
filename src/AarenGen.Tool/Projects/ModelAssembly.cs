using System.Reflection;
using System.Runtime.Loader;

namespace AarenGen.Tool.Projects;

/// <summary>
/// A built assembly with models. It is loaded with the versions of AarenGen's packages that it was built with, which know its kernels, and
/// therefore used by reflection alone.
/// </summary>
internal sealed class ModelAssembly
{
    private const string CudaPackage = "AarenGen.Cuda";

    private readonly Assembly assembly;

    private ModelAssembly(Assembly assembly, string folder)
    {
        this.assembly = assembly;
        Folder = folder;
    }

    /// <summary>The folder that it lies in.</summary>
    public string Folder { get; }

    /// <summary>Loads a file.</summary>
    /// <exception cref="UserException">It is missing or no assembly of .NET.</exception>
    public static ModelAssembly Load(string path)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new UserException(
                $"There is no file {path}; name the .dll of a program that was built, such as bin/Release/net10.0/App.dll.");
        }
        try
        {
            return new(new OwnPackages(full).LoadFromAssemblyPath(full), Path.GetDirectoryName(full)!);
        }
        catch (BadImageFormatException e)
        {
            throw new UserException($"{path} is no assembly of .NET; name the .dll of a program, not the program itself.", cause: e);
        }
    }

    /// <summary>The models of these names, or all.</summary>
    /// <exception cref="UserException">There is none.</exception>
    public IReadOnlyList<Type> Find(IReadOnlyCollection<string> names)
    {
        Type[] all = [.. Types().Where(IsModel)];
        if (all is [])
        {
            throw new UserException($"{assembly.GetName().Name} has no model.");
        }
        if (names.FirstOrDefault(n => all.All(t => t.Name != n)) is { } missing)
        {
            throw new UserException($"{assembly.GetName().Name} has no model '{missing}'; its models: {Join(all)}.");
        }
        return [.. all.Where(t => names.Count == 0 || names.Contains(t.Name))];
    }

    /// <summary>Calls <c>CudaKernels.Compile</c> of the assembly's own package.</summary>
    /// <exception cref="UserException">The assembly was built without the package.</exception>
    public void CompileKernels(Type model, string folder, IReadOnlyList<int> architectures, string precision, bool carriesState)
    {
        Assembly package = LoadPackage();
        MethodInfo compile = package.GetType($"{CudaPackage}.CudaKernels", throwOnError: true)!.GetMethod("Compile")!;
        Type precisions = package.GetType($"{CudaPackage}.MatrixPrecision", throwOnError: true)!;
        object[] arguments = [folder, architectures, Enum.Parse(precisions, precision), carriesState];
        compile.MakeGenericMethod(model).Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }

    private Assembly LoadPackage()
    {
        try
        {
            return AssemblyLoadContext.GetLoadContext(assembly)!.LoadFromAssemblyName(new(CudaPackage));
        }
        catch (FileNotFoundException e)
        {
            throw new UserException(
                $"{assembly.GetName().Name} was built without {CudaPackage}; let its project reference the package.", cause: e);
        }
    }

    /// <summary>Those that load: others may need a framework that the tool does not run on.</summary>
    private IEnumerable<Type> Types()
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            return e.Types.OfType<Type>();
        }
    }

    private static bool IsModel(Type type)
    {
        Type? known = type is { IsAbstract: false, ContainsGenericParameters: false } ? type.BaseType : null;
        while (known is not null && !(known.IsGenericType && known.GetGenericTypeDefinition().FullName == "AarenGen.SequenceModel`1"))
        {
            known = known.BaseType;
        }
        return known is not null;
    }

    private static string Join(Type[] types) => string.Join(", ", types.Select(static t => t.Name).Order(StringComparer.Ordinal));

    /// <summary>Finds what an assembly was built with before what the tool has.</summary>
    private sealed class OwnPackages(string path) : AssemblyLoadContext("models")
    {
        private readonly AssemblyDependencyResolver resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName) =>
            resolver.ResolveAssemblyToPath(assemblyName) is { } own ? LoadFromAssemblyPath(own) : null;
    }
}
