using System.Security.Cryptography;
using System.Text;

namespace AarenGen;

/// <summary>
/// What a service must know of a model whose streams read records, without knowing their type: their size, and how a series reads them.
/// </summary>
/// <param name="layout">That of the task.</param>
/// <param name="words">Words of an encoded record.</param>
internal abstract class RecordSteps<TModel>(RecordLayout layout, int words) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Bytes before those of the core: tokens so far, and whether the last record gave an output (i64 each).</summary>
    private const int HeaderBytes = 2 * sizeof(long);

    public RecordLayout Layout => layout;

    /// <summary>Words of an encoded record.</summary>
    public int Words => words;

    /// <summary>Bytes of what a series has beside the numbers of its stream.</summary>
    public int SavedBytes { get; } = HeaderBytes + layout.SavedBytes;

    /// <summary>Identifies model and task: 64 digits, others than those of the model alone.</summary>
    public string Fingerprint { get; } = Convert.ToHexStringLower(SHA256.HashData(
        [.. Encoding.ASCII.GetBytes("records 1 " + layout.Description.Fingerprint), .. layout.Fingerprint]));

    /// <summary>Takes a record; returns whether the model gave an output.</summary>
    /// <param name="model">The model.</param>
    /// <param name="state">The series, of the model's weights.</param>
    /// <param name="words">The record, [Words].</param>
    /// <param name="isAnew">Whether the series began anew before this record, since the weights are others.</param>
    /// <exception cref="RecordException">The record is wrong. The state is as it was.</exception>
    public abstract bool Step(TModel model, SeriesState<TModel> state, long[] words, bool isAnew);

    /// <summary>How many intervals without a record a record, or an advance, would complete; 0 where the task has no intervals.</summary>
    public abstract long CountEmptyIntervals(TModel model, SeriesState<TModel> state, long[] words);

    /// <summary>How many of them the model allows.</summary>
    public long MaxGap => layout is ForecastLayout forecast ? forecast.MaxGap : long.MaxValue;

    /// <summary>The moment until which the intervals of a series are complete, in ticks of UTC; null: it has none.</summary>
    public static long? CompleteUntil(SeriesState<TModel> state) => state.Core is ForecastCore { HasBegun: true } core ? core.Start : null;

    /// <summary>Makes a series begin anew with other weights.</summary>
    public abstract void BeginAnew(TModel model, SeriesState<TModel> state);

    /// <summary>Makes a state that takes the place of any series.</summary>
    public SeriesState<TModel> CreateState() => new(layout, "", new StreamState<TModel>());

    /// <summary>Writes what a series has beside the numbers of its stream.</summary>
    /// <param name="state">The series.</param>
    /// <param name="isNew">Whether its last record gave an output.</param>
    /// <param name="writer">Written to, <see cref="SavedBytes"/> bytes.</param>
    public static void Write(SeriesState<TModel> state, bool isNew, BinaryWriter writer)
    {
        writer.Write(state.TokenCount);
        writer.Write(isNew ? 1L : 0);
        state.Core.Write(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote into a core that was reset.</summary>
    /// <exception cref="ModelFileException">That cannot be.</exception>
    public static (long TokenCount, bool IsNew) Read(SeriesCore core, BinaryReader reader)
    {
        (long tokens, bool isNew) = (reader.ReadInt64(), reader.ReadInt64() != 0);
        core.Read(reader);
        return (tokens, isNew);
    }
}
