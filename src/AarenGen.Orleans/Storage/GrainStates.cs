using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace AarenGen.Orleans;

/// <summary>
/// The states of one grain in a storage provider, by name. What the provider says when it fails is for the log: it may name addresses and
/// accounts, and messages reach whoever sends tokens.
/// </summary>
/// <param name="storage">The storage provider.</param>
/// <param name="grain">The grain.</param>
/// <param name="failures">Is told whether the storage failed.</param>
/// <param name="logger">Is told why.</param>
internal sealed partial class GrainStates(IGrainStorage storage, GrainId grain, RecentFailures failures, ILogger logger)
{
    /// <summary>Reads a state.</summary>
    /// <returns>Its bytes, none where there is no state; and what a write that replaces it must name.</returns>
    /// <exception cref="IOException">The provider failed.</exception>
    public async Task<(byte[] Data, string? ETag)> ReadAsync(string name)
    {
        var state = new GrainState<RawBytes>(new());
        try
        {
            await storage.ReadStateAsync(name, grain, state).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Failed("read", name, error);
        }
        failures.Remove(grain);
        return (state.RecordExists ? state.State?.Data ?? [] : [], state.ETag);
    }

    /// <summary>Writes a state in place of the one that was read.</summary>
    /// <returns>What the next write must name.</returns>
    /// <exception cref="StateConflictException">There is another state than the named one.</exception>
    /// <exception cref="IOException">The provider failed; the state may have been written nevertheless.</exception>
    public async Task<string?> WriteAsync(string name, byte[] data, string? etag)
    {
        var state = new GrainState<RawBytes>(new() { Data = data }, etag);
        try
        {
            await storage.WriteStateAsync(name, grain, state).ConfigureAwait(false);
        }
        catch (InconsistentStateException error)
        {
            throw new StateConflictException(error);
        }
        catch (Exception error)
        {
            throw Failed("written", name, error);
        }
        failures.Remove(grain);
        return state.ETag;
    }

    /// <summary>Removes a state.</summary>
    /// <returns>What the next write must name.</returns>
    /// <exception cref="StateConflictException">There is another state than the named one.</exception>
    /// <exception cref="IOException">The provider failed; the state may have been removed nevertheless.</exception>
    public async Task<string?> ClearAsync(string name, string? etag)
    {
        var state = new GrainState<RawBytes>(new(), etag) { RecordExists = true };
        try
        {
            await storage.ClearStateAsync(name, grain, state).ConfigureAwait(false);
        }
        catch (InconsistentStateException error)
        {
            throw new StateConflictException(error);
        }
        catch (Exception error)
        {
            throw Failed("removed", name, error);
        }
        failures.Remove(grain);
        return state.ETag;
    }

    private IOException Failed(string what, string name, Exception error)
    {
        string message = $"The grain storage failed: state '{name}' could not be {what}; the log of the silo says why.";
        // The first failure is a warning, and those after it are details.
        LogFailed(failures.Add(grain, message) ? LogLevel.Warning : LogLevel.Debug, error, name, grain, what);
        return new(message, error);
    }

    [LoggerMessage(EventId = 1, Message = "State '{State}' of {Grain} could not be {What}.")]
    private partial void LogFailed(LogLevel level, Exception exception, string state, GrainId grain, string what);
}

/// <summary>A state is another one than its writer knew: somebody else has written it, or a write that seemed to fail.</summary>
internal sealed class StateConflictException(Exception error) : Exception("A state is another one than its writer knew.", error);
