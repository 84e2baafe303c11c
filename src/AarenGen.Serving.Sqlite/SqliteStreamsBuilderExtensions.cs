namespace AarenGen.Serving.Sqlite;

/// <summary>Keeps the streams of a host in SQLite.</summary>
public static class SqliteStreamsBuilderExtensions
{
    /// <summary>Keeps the streams in a folder, with <see cref="SqliteStreamStore"/>.</summary>
    /// <param name="builder">The builder of the streams.</param>
    /// <param name="folder">The folder; on a disk of this machine. It is created where it is missing, when the host starts.</param>
    /// <param name="options">How the store works; null: the defaults.</param>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidOperationException">It was said before where the streams are kept.</exception>
    public static StreamsBuilder<TModel> UseSqlite<TModel>(
        this StreamsBuilder<TModel> builder, string folder, SqliteStreamStoreOptions? options = null)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return builder.UseStore(async (_, cancellation) =>
            await SqliteStreamStore.OpenAsync(folder, options, cancellation).ConfigureAwait(false));
    }
}
