namespace AarenGen.Fuzzing;

/// <summary>Saved states of a series of records.</summary>
internal abstract class SavedSeriesTarget<TModel> : SavedStateTarget<SeriesState<TModel>, TModel>
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Magic, version and two fingerprints; a file has the key and what the series' core writes behind them.</summary>
    private const int HeaderBytes = 136;

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        foreach (int records in (int[])[0, 1, 2])
        {
            yield return BytesOf(Create(records));
        }
        byte[] saved = BytesOf(Create(9));
        yield return saved;
        // Eight bytes here and there hold numbers that counts, intervals and values must not have.
        foreach (long number in (long[])[-1, long.MinValue, long.MaxValue, BitConverter.DoubleToInt64Bits(double.PositiveInfinity)])
        {
            foreach (byte[] changed in Overwrite(saved, number, Enumerable.Range(0, 134).Select(static i => HeaderBytes + 3 * i)))
            {
                yield return changed;
            }
        }
    }

    public override void Verify(object read, string path)
    {
        base.Verify(read, path);
        Continue((SeriesState<TModel>)read);
    }

    /// <summary>A state of the series "a" after some records; of none, a new one.</summary>
    protected abstract SeriesState<TModel> Create(int records);

    /// <summary>The stream continues with any loaded state, and has its last prediction.</summary>
    protected abstract void Continue(SeriesState<TModel> state);

    protected override SeriesState<TModel> ReadFile(string path)
    {
        SeriesState<TModel> state = Create(0);
        state.Load(path);
        return state;
    }

    protected override void Write(SeriesState<TModel> value, string path) => value.Save(path);

    protected override void Save(SeriesState<TModel> state, Stream stream) => state.Save(stream);
}
