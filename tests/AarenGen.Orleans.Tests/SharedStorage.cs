using System.Collections.Concurrent;
using System.Globalization;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace AarenGen.Orleans.Tests;

/// <summary>A storage that survives silos, and can fail before or after it did what it was asked.</summary>
internal sealed class SharedStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(GrainId Grain, string Name), (byte[]? Data, long Version)> states = [];
    private readonly Lock access = new();
    private long versions;
    private int writes, reads;

    /// <summary>What becomes of a write: called before it, with the name of the state; null: nothing special.</summary>
    public Func<GrainId, string, StorageFault>? OnWrite { get; set; }

    /// <summary>Whether a read fails.</summary>
    public Func<GrainId, string, bool>? OnRead { get; set; }

    /// <summary>What a read waits for, given the name of the state; null: nothing.</summary>
    public Func<string, Task>? BeforeRead { get; set; }

    /// <summary>Is told the name of each state that was read.</summary>
    public Action<string>? AfterRead { get; set; }

    /// <summary>How long a write takes.</summary>
    public TimeSpan WriteTime { get; set; }

    /// <summary>Writes of longer states fail.</summary>
    public int MaxBytes { get; init; } = int.MaxValue;

    /// <summary>Bytes of the longest state that was written.</summary>
    public int LongestWrite { get; private set; }

    public int Writes => Volatile.Read(ref writes);

    public int Reads => Volatile.Read(ref reads);

    /// <summary>States that hold something.</summary>
    public IEnumerable<(GrainId Grain, string Name)> Names => states.Where(static s => s.Value.Data is not null).Select(static s => s.Key);

    public byte[] DataOf(GrainId grain, string name) => states[(grain, name)].Data!;

    public int CountReads(Func<string, bool> name) => readNames.Count(name);

    private readonly ConcurrentQueue<string> readNames = [];

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Interlocked.Increment(ref reads);
        readNames.Enqueue(stateName);
        await Task.Yield();
        await (BeforeRead?.Invoke(stateName) ?? Task.CompletedTask);
        if (OnRead?.Invoke(grainId, stateName) == true)
        {
            throw new TimeoutException("The storage did not answer.");
        }
        bool exists = states.TryGetValue((grainId, stateName), out (byte[]? Data, long Version) found);
        grainState.RecordExists = found.Data is not null;
        grainState.ETag = exists ? Text(found.Version) : null;
        grainState.State = (T)(object)new RawBytes { Data = found.Data is null ? [] : [.. found.Data] };
        AfterRead?.Invoke(stateName);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        byte[] data = [.. ((RawBytes)(object)grainState.State!).Data];
        lock (access)
        {
            writes++;
            LongestWrite = Math.Max(LongestWrite, data.Length);
        }
        if (data.Length > MaxBytes)
        {
            throw new ArgumentException("The state is too long.");
        }
        StorageFault fault = OnWrite?.Invoke(grainId, stateName) ?? StorageFault.None;
        if (WriteTime > TimeSpan.Zero)
        {
            await Task.Delay(WriteTime);
        }
        await Task.Yield();
        if (fault == StorageFault.Before)
        {
            throw new TimeoutException("The storage did not answer, and did nothing.");
        }
        if (fault == StorageFault.Conflict)
        {
            throw new InconsistentStateException($"State '{stateName}' of {grainId} has another ETag.");
        }
        grainState.ETag = Replace(stateName, grainId, grainState.ETag, data);
        grainState.RecordExists = true;
        if (fault == StorageFault.After)
        {
            throw new TimeoutException("The storage did not answer, and did it.");
        }
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = Replace(stateName, grainId, grainState.ETag, null);
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }

    private string Replace(string stateName, GrainId grainId, string? etag, byte[]? data)
    {
        lock (access)
        {
            bool exists = states.TryGetValue((grainId, stateName), out (byte[]? Data, long Version) found);
            if ((exists ? Text(found.Version) : null) != etag)
            {
                throw new InconsistentStateException($"State '{stateName}' of {grainId} has another ETag.", Text(found.Version), etag);
            }
            states[(grainId, stateName)] = (data, ++versions);
            return Text(versions);
        }
    }

    private static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);
}

internal enum StorageFault
{
    None,

    /// <summary>It does nothing and fails.</summary>
    Before,

    /// <summary>It does it and fails.</summary>
    After,

    /// <summary>It does nothing, since somebody else has just written the state.</summary>
    Conflict,
}
