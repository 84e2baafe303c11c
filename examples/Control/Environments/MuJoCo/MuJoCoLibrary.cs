using System.Reflection;
using System.Runtime.InteropServices;

namespace Control;

/// <summary>MuJoCo's library: found once; only the version with known structures is accepted.</summary>
internal static unsafe class MuJoCoLibrary
{
    /// <summary>The environment variable that may name the file.</summary>
    public const string Variable = "AARENGEN_LIBMUJOCO";

    /// <summary>Debian's package.</summary>
    public const string Package = "libmujoco2.2.2";

    private const int Version = 222;

    private static readonly string[] names = OperatingSystem.IsWindows() ? ["mujoco.dll"]
        : OperatingSystem.IsMacOS() ? ["libmujoco.2.2.2.dylib"]
        : ["libmujoco.so.2.2.2", "libmujoco.so"];

    private static readonly Lock gate = new();
    private static nint loaded;

    static MuJoCoLibrary() => NativeLibrary.SetDllImportResolver(typeof(MuJoCoLibrary).Assembly, Resolve);

    /// <summary>Finds the library, if that was not done yet.</summary>
    /// <exception cref="UserException">The library is missing or has another version. The message says how to get it.</exception>
    public static void Load()
    {
        lock (gate)
        {
            if (loaded == 0)
            {
                string? named = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? file : null;
                loaded = Search(named, names);
                Silence(loaded);
            }
        }
    }

    /// <summary>A handle of the first suitable file: the named one, then those of the system's loader.</summary>
    internal static nint Search(string? named, IEnumerable<string> names)
    {
        var tried = new List<string>();
        foreach (string candidate in named is null ? names : [named, .. names])
        {
            if (!NativeLibrary.TryLoad(candidate, out nint handle))
            {
                tried.Add($"{candidate}{(candidate == named ? $" of {Variable}" : "")}: "
                    + $"{(Path.IsPathRooted(candidate) && !File.Exists(candidate) ? "no such file" : "does not load")}");
                continue;
            }
            if (!NativeLibrary.TryGetExport(handle, "mj_version", out nint entry))
            {
                tried.Add($"{candidate}: another library, without mj_version");
            }
            else if (((delegate* unmanaged<int>)entry)() is var version && version != Version)
            {
                tried.Add($"{candidate}: version {version}, not {Version}");
            }
            else
            {
                return handle;
            }
            NativeLibrary.Free(handle);
        }
        throw new UserException(
            $"MuJoCo 2.2.2 is needed: install Debian's package {Package}, or let the environment variable {Variable} name the file; the "
                + $"environment {CartPole.Reference.Name} needs neither. Tried {string.Join("; ", tried)}.");
    }

    /// <summary>Ignores warnings, which MuJoCo would write to a file in the current folder. A diverged state shows as a fall.</summary>
    private static void Silence(nint handle) =>
        *(delegate* unmanaged<byte*, void>*)NativeLibrary.GetExport(handle, "mju_user_warning") = &Ignore;

    [UnmanagedCallersOnly]
    private static void Ignore(byte* message)
    {
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == MuJoCoApi.Library ? loaded : 0;
}
