namespace AarenGen.Fuzzing;

/// <summary>A file reader and its requirement: any bytes give a correct value or one of its own exceptions.</summary>
internal abstract class FuzzTarget
{
    /// <summary>As the command line calls it.</summary>
    public abstract string Name { get; }

    /// <summary>What the format is made of, for insertion.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>The exception by which this reader rejects a file.</summary>
    public abstract bool IsRefusal(Exception exception);

    /// <summary>Whether a refusal is one line.</summary>
    public virtual bool RefusesInOneLine => true;

    /// <summary>Small files to begin with, written by the product itself where it has a writer.</summary>
    /// <param name="folder">An empty folder to write in.</param>
    public abstract IEnumerable<byte[]> Seeds(string folder);

    /// <summary>How a file of these bytes must end to be read.</summary>
    public virtual string Extension(ReadOnlySpan<byte> input) => "";

    /// <summary>Changes a file somewhere.</summary>
    public virtual byte[] Mutate(byte[] input, Mutator mutator) => mutator.Mutate(input);

    /// <summary>Reads a file.</summary>
    /// <exception cref="Exception">The file is rejected (<see cref="IsRefusal"/>); or the reader is wrong.</exception>
    public abstract object Read(string path);

    /// <summary>Checks what was read: written and read again it is the same.</summary>
    /// <param name="read">By <see cref="Read"/>.</param>
    /// <param name="path">A file to write.</param>
    /// <exception cref="FuzzException">It is not.</exception>
    public abstract void Verify(object read, string path);
}

/// <summary>A reader whose result has a type.</summary>
internal abstract class FuzzTarget<T> : FuzzTarget where T : notnull
{
    public sealed override object Read(string path) => ReadFile(path);

    public override void Verify(object read, string path)
    {
        Write((T)read, path);
        T again = ReadFile(path);
        if (!AreEqual((T)read, again))
        {
            throw new FuzzException("What was read, written and read again is something else.");
        }
    }

    protected abstract T ReadFile(string path);

    protected abstract void Write(T value, string path);

    protected abstract bool AreEqual(T first, T second);
}
