using System.Runtime.InteropServices;

namespace AarenGen.Serving;

/// <summary>Steps the tokens of a pool: finds their streams, has the tokens logged, then stepped. Used with the gate held.</summary>
internal sealed class PoolSteps<TModel>(
    StreamRows<TModel> rows, PoolMemory<TModel> memory, PoolStore? store, PoolLocks locks, PoolClock clock, PoolMetrics metrics,
    int maxEmptyIntervals)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Maximum number of tokens that are stepped together: a row has 16 bits for its place among them.</summary>
    public const int MaxTokens = 1 << 15;

    private readonly StepBatch<TModel> batch = new(rows, maxEmptyIntervals);
    private readonly List<int> missing = [];
    private int[] rowOf = [];

    /// <summary>Steps tokens, at most <see cref="MaxTokens"/>, which get their results.</summary>
    public async ValueTask StepAsync(List<PendingToken> tokens, bool isLogged)
    {
        if (tokens.Count == 0)
        {
            return;
        }
        if (rowOf.Length < tokens.Count)
        {
            rowOf = new int[tokens.Count];
        }
        batch.Begin(tokens.Count, clock.Now, isReplay: !isLogged);
        try
        {
            if (!FindRows(CollectionsMarshal.AsSpan(tokens)))
            {
                await FindMissingAsync(tokens).ConfigureAwait(false);
            }
            AddToBatch(CollectionsMarshal.AsSpan(tokens));
            if (store is not null && isLogged && batch.AcceptedCount > 0)
            {
                AddToLog(store.Log);
                try
                {
                    await store.AppendAsync().ConfigureAwait(false);
                }
                catch (IOException error)
                {
                    batch.Fail(StepStatus.Unavailable, "The token could not be written to the store: " + error.Message);
                    return;
                }
            }
            try
            {
                batch.Step();
            }
            catch (Exception error)
            {
                // The log says more than memory knows, or states have read what their rows have not. Before it nothing had changed.
                locks.Fault = error;
                throw;
            }
        }
        finally
        {
            batch.End();
        }
        metrics.BatchTokens.Record(tokens.Count);
    }

    private void AddToBatch(ReadOnlySpan<PendingToken> tokens)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            if (rowOf[i] >= 0)
            {
                batch.Add(tokens[i], rowOf[i]);
            }
        }
    }

    private void AddToLog(StreamLog log)
    {
        log.Begin();
        for (int i = 0; i < batch.AcceptedCount; i++)
        {
            StepBatch<TModel>.Place place = batch.PlaceOf(i);
            log.Add(place.Kind, rows.Id(place.Row), place.Sequence, batch.Token(i));
        }
    }

    /// <summary>Finds the rows of tokens; false: some streams are not in memory.</summary>
    private bool FindRows(ReadOnlySpan<PendingToken> tokens)
    {
        missing.Clear();
        for (int i = 0; i < tokens.Length; i++)
        {
            rowOf[i] = rows.Find(tokens[i].Id, tokens[i].Hash);
            if (rowOf[i] >= 0)
            {
                batch.Pin(rowOf[i]);
            }
            else
            {
                missing.Add(i);
            }
        }
        return missing.Count == 0;
    }

    /// <summary>Brings the streams of other tokens into memory; tokens of those that cannot come get their results.</summary>
    private async ValueTask FindMissingAsync(List<PendingToken> tokens)
    {
        string? failure = null;
        Dictionary<string, string>? damaged = null;
        if (store is not null)
        {
            string[] ids = [.. missing.Select(i => tokens[i].Group.IdText(tokens[i].Index)).Distinct()];
            try
            {
                await memory.MakeRoomAsync(ids.Length).ConfigureAwait(false);
                damaged = await memory.LoadAsync(ids).ConfigureAwait(false);
            }
            catch (IOException error)
            {
                failure = "The stream could not be read from the store, or another one could not make room for it: " + error.Message;
            }
        }
        foreach (int i in missing)
        {
            PendingToken token = tokens[i];
            int row = rows.Find(token.Id, token.Hash);
            if (row < 0)
            {
                string? refused = failure ?? damaged?.GetValueOrDefault(token.Group.IdText(token.Index));
                row = refused is null ? rows.TryAdd(token.Id, token.Hash) : -1;
                if (row < 0)
                {
                    token.Set(
                        StepStatus.Unavailable, 0,
                        refused ?? $"There are {rows.Quota} streams in memory, as many as may be; allow more of them, remove some, or use "
                            + "a store.");
                    continue;
                }
            }
            batch.Pin(row);
            rowOf[i] = row;
        }
    }
}
