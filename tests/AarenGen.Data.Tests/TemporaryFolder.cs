using System.IO.Compression;

namespace AarenGen.Data.Tests;

/// <summary>A folder for one test's files.</summary>
public abstract class TemporaryFolder : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-tables").FullName;

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string At(string name) => Path.Combine(folder, name);

    protected string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    protected string WriteCompressed(string name, string text)
    {
        using var stream = new StreamWriter(new GZipStream(File.Create(At(name)), CompressionLevel.Fastest));
        stream.Write(text);
        return At(name);
    }

    protected string WriteBytes(string name, byte[] bytes)
    {
        File.WriteAllBytes(At(name), bytes);
        return At(name);
    }
}
