namespace AarenGen;

/// <summary>
/// What a model last gave in a series, apart from the series, which goes on elsewhere: a service of streams answers with it. Its typed view
/// is that of <c>GetForecast</c>, <c>GetClassification</c>, <c>GetNextEvent</c> or <c>GetDecision</c> of the model, and stays valid.
/// </summary>
/// <remarks>Thread safety: any number of threads may read it.</remarks>
/// <typeparam name="TModel">The model.</typeparam>
public sealed class SeriesOutput<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <param name="steps">How the series reads records.</param>
    /// <param name="key">The series' key.</param>
    /// <param name="saved">What <see cref="RecordSteps{TModel}.Write"/> wrote.</param>
    /// <exception cref="ModelFileException">It is damaged.</exception>
    internal SeriesOutput(RecordSteps<TModel> steps, string key, byte[] saved)
    {
        Core = steps.Layout.CreateCore(key);
        using var reader = new BinaryReader(new MemoryStream(saved));
        (TokenCount, IsNew) = RecordSteps<TModel>.Read(Core, reader);
    }

    /// <summary>The key of the series.</summary>
    public string Key => Core.Key;

    /// <summary>Tokens that the series has read: see <see cref="SeriesState{TModel}.TokenCount"/>.</summary>
    public long TokenCount { get; }

    /// <summary>As <see cref="SeriesState{TModel}.LastTime"/>.</summary>
    public DateTimeOffset? LastTime => TokenCount == 0 ? null : Core.LastTime;

    /// <summary>Whether the model has given an output in the series.</summary>
    public bool HasOutput => Core.HasOutput;

    /// <summary>
    /// Whether the last record gave the output, so that <c>Step</c> would have returned it; if not, it is that of an earlier record, or
    /// there is none.
    /// </summary>
    public bool IsNew { get; }

    internal SeriesCore Core { get; }
}
