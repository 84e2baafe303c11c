using AarenGen.Serialization;

namespace AarenGen;

/// <summary>
/// The base of models with a task, which are trained from records and take records of streams. The members of
/// <see cref="SequenceModel{TSelf}"/>, which take tokens, work as in every model.
/// </summary>
/// <typeparam name="TSelf">The model.</typeparam>
/// <typeparam name="TRecord">The type of its records.</typeparam>
public abstract class RecordModel<TSelf, TRecord> : SequenceModel<TSelf>
    where TSelf : RecordModel<TSelf, TRecord>, IModelDefinition<TSelf>, IRecordBinding<TRecord>
{
    private protected RecordModel()
    {
    }

    /// <summary>Where the values of records stand in tokens.</summary>
    private protected abstract RecordLayout TaskLayout { get; }

    /// <summary>
    /// What standardises the tokens of records to train on; null where nothing does, or where statistics are not fitted yet: they then
    /// depend on the records.
    /// </summary>
    private protected Standardizer? FittedStandardizer => Statistics is { IsFitted: true } ? Standardizer : null;

    /// <summary>Creates the state of a series at its beginning.</summary>
    /// <param name="key">The series' key; empty where records have none.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="key"/> has more than 1,048,576 characters; or, with <see cref="StandardizeAttribute.PerSeries"/>, more than 1,024
    /// bytes of UTF-8, half a character or a null character.
    /// </exception>
    public SeriesState<TSelf> CreateSeriesState(string key = "")
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length > SeriesSnapshot.MaxKey)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"The key has {key.Length} characters, and a saved state holds one of at most ")
                + FormattableString.Invariant($"{SeriesSnapshot.MaxKey}; name the series by a shorter text."), nameof(key));
        }
        return new(TaskLayout, key, CreateStateOf(TaskLayout.StatisticsOf(key)));
    }

    /// <summary>Creates a collection of the states of series, which makes a new one for each new key.</summary>
    public SeriesStateCollection<TSelf> CreateSeriesStates() => new(TaskLayout, CreateSeriesState);
}
