namespace AarenGen.Cuda.Tests;

/// <summary>A folder for one test's files.</summary>
public abstract class TemporaryFolder : IDisposable
{
    /// <summary>Beside the tests' own files, so that nothing that clears the system's temporary files meanwhile reaches it.</summary>
    protected string Folder { get; } = Directory.CreateDirectory(
        Path.Combine(AppContext.BaseDirectory, "temporary", Path.GetRandomFileName())).FullName;

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string At(string name) => Path.Combine(Folder, name);
}
