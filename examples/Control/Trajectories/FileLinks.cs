using System.Collections;
using System.Reflection;
using PureHDF;
using PureHDF.VOL.Native;

namespace Control;

/// <summary>
/// Finds objects of HDF5 files by their paths. The library follows links by itself, endlessly if they form a cycle, and opens other
/// files unguarded; so each link is followed here.
/// </summary>
internal sealed class FileLinks : IDisposable
{
    /// <summary>The number of links that HDF5 follows by default before it reports a cycle.</summary>
    private const int MostLinks = 16;

    private const ulong Undefined = ulong.MaxValue;

    private static readonly ConstructorInfo reference = LibraryInternals.TypeOf("NativeNamedReference")
        .GetConstructor([typeof(string), typeof(ulong), typeof(NativeFile)])!;

    private readonly Dictionary<string, NativeFile> files = new(StringComparer.Ordinal);
    private readonly NativeFile start;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public FileLinks(string path) => start = Open(path);

    /// <summary>Names of the objects at the file's root.</summary>
    public IReadOnlyList<string> Names => [.. LinksOf(start).Select(static l => l.Name)];

    /// <summary>Closes the file and those that its links led to.</summary>
    public void Dispose()
    {
        foreach (NativeFile file in files.Values)
        {
            file.Dispose();
        }
    }

    /// <summary>The object of a name at the root; null where there is no such name.</summary>
    /// <exception cref="UserException">A link leads nowhere.</exception>
    public NativeObject? Find(string name, string where)
    {
        if (!LinksOf(start).Any(l => l.Name == name))
        {
            return null;
        }
        int followed = 0;
        return Find(start, start, name, ref followed) ?? throw new UserException($"{where}: '{name}' is a link that leads nowhere.");
    }

    /// <summary>The file of a path, opened once.</summary>
    public NativeFile Open(string path)
    {
        string full = Path.GetFullPath(path);
        if (!files.TryGetValue(full, out NativeFile? file))
        {
            files.Add(full, file = GuardedFile.Open(full));
        }
        return file;
    }

    /// <summary>An object by a path; null where a part of the path is missing.</summary>
    public NativeObject? Find(NativeFile file, string path)
    {
        int followed = 0;
        return Find(file, file, path, ref followed);
    }

    /// <summary>A file that another one names, as HDF5 looks for it: at its absolute path, else beside that one.</summary>
    public static string? Beside(NativeFile file, string named)
    {
        string folder = Path.GetDirectoryName(file.Path!)!;
        string[] candidates = Path.IsPathRooted(named)
            ? [named, Path.Combine(folder, Path.GetFileName(named))]
            : [Path.Combine(folder, named)];
        return Array.Find(candidates, File.Exists);
    }

    private NativeObject? Find(NativeFile file, NativeGroup group, string path, ref int followed)
    {
        NativeObject? found = path.StartsWith('/') ? file : group;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (found is not NativeGroup parent || LinksOf(parent).FirstOrDefault(l => l.Name == part) is not { } link)
            {
                return null;
            }
            // The file of this path segment: a link may have led to another file.
            var within = (NativeFile)parent.Internal("Context")!.Internal("File")!;
            found = link.Target is null ? At(within, link) : Follow(within, parent, link, ref followed);
        }
        return found;
    }

    private NativeObject? Follow(NativeFile file, NativeGroup group, Link link, ref int followed)
    {
        if (++followed > MostLinks)
        {
            return null;
        }
        if (link.File is null)
        {
            return Find(file, group, link.Target!, ref followed);
        }
        if (Beside(file, link.File) is not { } path)
        {
            return null;
        }
        NativeFile other = Open(path);
        return Find(other, other, "/" + link.Target, ref followed);
    }

    private static NativeObject At(NativeFile file, Link link)
    {
        object made = reference.Invoke([link.Name, link.Address, file]);
        return (NativeObject)made.Call("Dereference")!;
    }

    private static IEnumerable<Link> LinksOf(NativeGroup group)
    {
        var header = (IEnumerable)group.Internal("Header")!.Internal("HeaderMessages")!;
        object[] messages = [.. header.Cast<object>().Select(static m => m.Internal("Data")!)];
        if (Array.Find(messages, static m => m.GetType().Name == "SymbolTableMessage") is { } table)
        {
            return OfTable(group, table);
        }
        object information = Array.Find(messages, static m => m.GetType().Name == "LinkInfoMessage")
            ?? throw new InvalidDataException("a group has no links");
        IEnumerable links = (ulong)information.Internal("BTree2NameIndexAddress")! == Undefined
            ? messages.Where(static m => m.GetType().Name == "LinkMessage")
            : (IEnumerable)group.Call("EnumerateLinkMessagesFromLinkInfoMessage", information)!;
        return links.Cast<object>().Select(static l => Of((string)l.Internal("LinkName")!, l.Internal("LinkInfo")!));
    }

    private static Link Of(string name, object target) => target.GetType().Name switch
    {
        "HardLinkInfo" => new(name, (ulong)target.Internal("HeaderAddress")!, null, null),
        "SoftLinkInfo" => new(name, Undefined, null, (string)target.Internal("Value")!),
        "ExternalLinkInfo" => new(name, Undefined, (string)target.Internal("FilePath")!, (string)target.Internal("FullObjectPath")!),
        _ => throw new InvalidDataException("it has a link of an unknown kind"),
    };

    /// <summary>Links of a group in the older layout: a tree of tables, and a heap of names.</summary>
    private static IEnumerable<Link> OfTable(NativeGroup group, object table)
    {
        object heap = table.Internal("LocalHeap")!;
        Type key = LibraryInternals.TypeOf("BTree1GroupKey");
        Delegate decode = typeof(NativeGroup).GetMethod("DecodeGroupKey", LibraryInternals.Members)!
            .CreateDelegate(typeof(Func<>).MakeGenericType(key), group);
        foreach (object node in (IEnumerable)group.Call("EnumerateSymbolTableNodes", table.Call("GetBTree1", decode))!)
        {
            foreach (object entry in (IEnumerable)node.Internal("GroupEntries")!)
            {
                object? pad = entry.Internal("ScratchPad");
                yield return new(
                    Name(entry.Internal("LinkNameOffset")!), (ulong)entry.Internal("HeaderAddress")!, null,
                    pad?.GetType().Name == "SymbolicLinkScratchPad" ? Name(Convert.ToUInt64(pad.Internal("LinkValueOffset"), null)) : null);
            }
        }

        string Name(object offset) => (string)heap.Call("GetObjectName", offset)!;
    }

    /// <summary>A name in a group.</summary>
    /// <param name="Name">The name.</param>
    /// <param name="Address">Where the object lies, without a target.</param>
    /// <param name="File">Another file; null for the same one.</param>
    /// <param name="Target">The path that it stands for; null for an object.</param>
    private sealed record Link(string Name, ulong Address, string? File, string? Target);
}
