using System.Reflection;
using System.Runtime.Loader;
using System.Security.Cryptography;
using System.Text;

namespace AarenGen.Tool.Projects;

/// <summary>A folder with a project that <c>aarengen train</c> wrote.</summary>
internal sealed class ProjectFolder
{
    /// <summary>The argument of commands that names one.</summary>
    public const string Description = "The folder of the project that 'aarengen train' wrote, or its .csproj";

    private const string ProjectEnd = ".csproj";

    /// <summary>Ends of names of files that a build reads, and files that it looks for in the folders above as well.</summary>
    private static readonly string[] SourceEnds = [".cs", "proj", ".props", ".targets", ".resx", ".config", "global.json"],
        SharedFiles =
        [
            "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", "nuget.config", "NuGet.Config",
        ];

    private readonly string project;

    private ProjectFolder(string path, string project) => (Path, this.project) = (path, project);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The weights.</summary>
    public string Weights => System.IO.Path.Combine(Path, "model.safetensors");

    private string Assembly => System.IO.Path.GetFullPath(
        System.IO.Path.Combine(Path, "bin", "Release", "net10.0", System.IO.Path.ChangeExtension(project, ".dll")));

    /// <summary>Whether a path is the file of a project.</summary>
    public static bool IsProject(string path) => path.EndsWith(ProjectEnd, StringComparison.OrdinalIgnoreCase) && File.Exists(path);

    /// <summary>Opens a folder whose model is trained.</summary>
    /// <param name="path">The folder, or the file of its project.</param>
    /// <exception cref="UserException">There is no such folder, no project in it, or there are no weights yet.</exception>
    public static ProjectFolder OpenTrained(string path)
    {
        // With the project's file, the folder is where it lies.
        var folder = Open(IsProject(path)
            ? System.IO.Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : "." : path);
        return File.Exists(folder.Weights) ? folder
            : throw new UserException($"{folder.Weights}: there are no weights; train the model first.");
    }

    /// <summary>Opens a folder.</summary>
    /// <exception cref="UserException">There is no such folder, or no project in it.</exception>
    public static ProjectFolder Open(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new UserException(File.Exists(path) ? $"{path} is a file; name the folder of the project."
                : $"{path}: there is no such folder; 'aarengen train' makes one.");
        }
        string[] projects = Projects(path);
        return projects.Length == 1 && File.Exists(System.IO.Path.Combine(path, "Live.cs")) ? new(path, projects[0])
            : throw new UserException($"{path}: this is no project that 'aarengen train' wrote; name its folder.");
    }

    /// <summary>Writes a project.</summary>
    /// <param name="path">The folder; it is made.</param>
    /// <param name="files">The files.</param>
    /// <param name="force">Whether files that are there are overwritten.</param>
    /// <exception cref="UserException">The folder is not empty, has another project, or cannot be written.</exception>
    public static ProjectFolder Write(string path, IReadOnlyDictionary<string, string> files, bool force)
    {
        CheckEmpty(path, force);
        string[] own = [.. files.Keys.Where(static n => n.EndsWith(ProjectEnd, StringComparison.Ordinal))];
        if (Projects(path) is [var there] && !own.Any(n => File.Exists(System.IO.Path.Combine(path, n))))
        {
            throw new UserException(
                $"{path} has {there}, but the project would be {string.Join(", ", own)}; rename it, or name another folder by --output.");
        }
        try
        {
            Directory.CreateDirectory(path);
            foreach ((string name, string text) in files)
            {
                File.WriteAllText(System.IO.Path.Combine(path, name), text);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                $"{path}: nothing can be written there ({e.Message.TrimEnd('.')}); name another folder by --output.", cause: e);
        }
        return Open(path);
    }

    /// <summary>Checks before long work that a project can be written.</summary>
    /// <exception cref="UserException">It cannot.</exception>
    public static void CheckEmpty(string path, bool force)
    {
        if (File.Exists(path))
        {
            throw new UserException($"{path} is a file; name a folder by --output.");
        }
        if (!force && Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new UserException($"{path} is not empty; name another folder by --output, or overwrite its files by --force.");
        }
        if (Projects(path).Length > 0)
        {
            // Files of a project of another origin stay as they are.
            Open(path);
        }
    }

    /// <summary>Builds the project, unless it was built from these sources.</summary>
    public async Task BuildAsync(CancellationToken stop)
    {
        string stamp = Assembly + ".sources", sources = HashSources();
        if (File.Exists(stamp))
        {
            if (File.Exists(Assembly) && File.ReadAllText(stamp) == sources)
            {
                return;
            }
            // A build that fails may leave some of its outputs.
            File.Delete(stamp);
        }
        await DotNet.BuildAsync(Path, stop);
        if (File.Exists(Assembly))
        {
            File.WriteAllText(stamp, sources);
        }
    }

    /// <summary>What the sources are, by their names and contents: times do not tell of a file that is gone, or that was copied.</summary>
    public string HashSources()
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path));
        List<string> files =
        [
            .. Directory.EnumerateFiles(full, "*", new EnumerationOptions { RecurseSubdirectories = true })
                .Where(f => SourceEnds.Any(e => f.EndsWith(e, StringComparison.OrdinalIgnoreCase)) && !IsOutput(f)),
        ];
        for (string? above = System.IO.Path.GetDirectoryName(full); above is not null; above = System.IO.Path.GetDirectoryName(above))
        {
            files.AddRange(SharedFiles.Select(n => System.IO.Path.Combine(above, n)).Where(File.Exists));
        }
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files.Order(StringComparer.Ordinal))
        {
            all.AppendData(Encoding.UTF8.GetBytes(System.IO.Path.GetRelativePath(full, file) + "\n"));
            all.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }
        return Convert.ToHexString(all.GetHashAndReset());

        bool IsOutput(string file) => System.IO.Path.GetRelativePath(full, file).Split(System.IO.Path.DirectorySeparatorChar)[0]
            is "bin" or "obj";
    }

    /// <summary>
    /// Runs the project's program within this process, so that signals, standard input and the exit code are its own. Its assemblies are
    /// loaded beside those of the tool, in the versions that the project has.
    /// </summary>
    /// <param name="arguments">The command line.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserException">The program cannot be loaded, or fails.</exception>
    public int Run(params IEnumerable<string> arguments)
    {
        string[] all = [.. arguments, "--model", Weights];
        MethodInfo main;
        try
        {
            main = new ProgramContext(Assembly).LoadFromAssemblyPath(Assembly).EntryPoint!;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException)
        {
            throw new UserException($"{Assembly}: the program cannot be loaded ({e.Message}); build the project anew.", cause: e);
        }
        try
        {
            return (int)main.Invoke(null, [all])!;
        }
        catch (TargetInvocationException e)
        {
            Exception inner = e.InnerException!;
            throw new UserException($"The program of {Path} failed: {inner.GetType().Name}: {inner.Message}", cause: e);
        }
    }

    private static string[] Projects(string path) => !Directory.Exists(path) ? []
        : [.. Directory.GetFiles(path, "*" + ProjectEnd).Select(static p => System.IO.Path.GetFileName(p))];

    private sealed class ProgramContext(string path) : AssemblyLoadContext
    {
        private readonly AssemblyDependencyResolver resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName) =>
            resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;

        protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
            resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } found ? LoadUnmanagedDllFromPath(found) : 0;
    }
}
