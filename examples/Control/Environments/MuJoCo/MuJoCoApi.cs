using System.Runtime.InteropServices;

namespace Control;

/// <summary>The entries of MuJoCo 2.2.2 that are called, by their own names: mujoco.h.</summary>
internal static unsafe partial class MuJoCoApi
{
    public const string Library = "mujoco";

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint mj_loadXML(string filename, nint vfs, byte* error, int errorSize);

    [LibraryImport(Library)]
    public static partial void mj_deleteModel(nint model);

    [LibraryImport(Library)]
    public static partial nint mj_makeData(nint model);

    [LibraryImport(Library)]
    public static partial void mj_deleteData(nint data);

    [LibraryImport(Library)]
    public static partial void mj_resetData(nint model, nint data);

    [LibraryImport(Library)]
    public static partial void mj_forward(nint model, nint data);

    [LibraryImport(Library)]
    public static partial void mj_step(nint model, nint data);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mj_name2id(nint model, int type, string name);
}
