namespace AarenGen;

/// <summary>
/// A stream of records of one series, all but the state of the model's layers: what tasks share. A token is built here, and the stream of
/// the task steps the model.
/// </summary>
internal abstract class SeriesCore
{
    private readonly float[] outputs;

    protected SeriesCore(RecordLayout layout, string key)
    {
        Key = key;
        outputs = new float[layout.Description.OutputWidth];
    }

    /// <summary>The series' key; set where the core takes the place of another series.</summary>
    public string Key { get; set; }

    /// <summary>Counts what makes views of the outputs invalid.</summary>
    public long Version { get; protected set; }

    /// <summary>Whether there was a record.</summary>
    public bool HasBegun { get; protected set; }

    /// <summary>Whether the model has given an output.</summary>
    public bool HasOutput { get; protected set; }

    /// <summary>The last ones that the model has given.</summary>
    public ReadOnlySpan<float> Outputs => outputs;

    /// <summary>Of the last token: of its record, or the beginning of its interval. Only asked for where there was a token.</summary>
    public abstract DateTimeOffset? LastTime { get; }

    /// <summary>Bytes of a saved state.</summary>
    public abstract int SavedBytes { get; }

    protected Span<float> WritableOutputs => outputs;

    /// <summary>Makes a core like a new one.</summary>
    public virtual void Reset()
    {
        HasBegun = HasOutput = false;
        outputs.AsSpan().Fill(float.NaN);
        Version++;
    }

    /// <summary>Makes another core of the same layout a copy.</summary>
    public virtual void CopyTo(SeriesCore other)
    {
        outputs.AsSpan().CopyTo(other.outputs);
        (other.HasBegun, other.HasOutput) = (HasBegun, HasOutput);
        other.Version++;
    }

    /// <summary>Whether a stream of that many tokens can be at this point: before the first record there are none.</summary>
    public virtual bool Fits(long tokens) => HasBegun || tokens == 0;

    /// <summary>Writes all that a saved state needs, in a fixed order.</summary>
    public abstract void Write(BinaryWriter writer);

    /// <summary>Reads what was saved into a new core.</summary>
    /// <exception cref="ModelFileException">That cannot be.</exception>
    public abstract void Read(BinaryReader reader);

    /// <summary>The core that a view reads, as long as it is valid.</summary>
    /// <param name="core">The core; null in the default value of a view's type.</param>
    /// <param name="version">The version of the core that the view is of.</param>
    /// <param name="what">What the view is, such as "forecast".</param>
    /// <exception cref="InvalidOperationException">The stream has gone on, or there is no core.</exception>
    public static TCore Check<TCore>(TCore? core, long version, string what) where TCore : SeriesCore
    {
        if (core is null)
        {
            throw new InvalidOperationException($"This is no {what} but the default value of its type; take one from Step.");
        }
        if (core.Version != version)
        {
            throw new InvalidOperationException(
                $"The stream has gone on, and its outputs are those of a later {what}: read a {what} before the next Step.");
        }
        return core;
    }

    protected static void Write(BinaryWriter writer, ReadOnlySpan<float> numbers)
    {
        foreach (float number in numbers)
        {
            writer.Write(number);
        }
    }

    protected static void Read(BinaryReader reader, Span<float> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = reader.ReadSingle();
        }
    }

    /// <summary>The mistake of a saved state whose checksum fits, and whose numbers do not.</summary>
    protected static ModelFileException Impossible() =>
        new("The saved state of a series holds numbers that cannot be; use an older copy.");
}
