using System.Globalization;

namespace AarenGen.Orleans;

/// <summary>
/// The weights of a model in pieces: each version under names of its own, so that two that are stored at the same time never mix.
/// </summary>
/// <param name="states">The states of the model's grain.</param>
internal sealed class StoredWeights(GrainStates states)
{
    /// <exception cref="IOException">The provider failed, or the piece is not there.</exception>
    public async Task<byte[]> ReadAsync(long version, int piece)
    {
        (byte[] data, _) = await states.ReadAsync(NameOf(version, piece));
        return data.Length > 0 ? data : throw new IOException($"Weights {version} are not kept any more; ask again.");
    }

    /// <summary>Reads weights whole.</summary>
    /// <exception cref="IOException">The provider failed, or a piece is not there.</exception>
    public async Task<byte[]> ReadAsync(WeightsInfo weights)
    {
        using var bytes = new MemoryStream();
        for (int piece = 0; piece < weights.Pieces; piece++)
        {
            bytes.Write(await ReadAsync(weights.Version, piece));
        }
        return bytes.ToArray();
    }

    /// <exception cref="IOException">The provider failed, or the piece is written elsewhere at the same moment.</exception>
    public async Task WriteAsync(long version, int piece, byte[] bytes)
    {
        (_, string? known) = await states.ReadAsync(NameOf(version, piece));
        try
        {
            await states.WriteAsync(NameOf(version, piece), bytes, known);
        }
        catch (StateConflictException error)
        {
            throw new IOException("The weights were written twice at the same moment; change them again.", error);
        }
    }

    /// <summary>Removes weights that nobody needs.</summary>
    /// <exception cref="IOException">The provider failed; some pieces may be removed.</exception>
    public async Task RemoveAsync(WeightsInfo weights)
    {
        for (int piece = 0; piece < weights.Pieces; piece++)
        {
            (byte[] data, string? known) = await states.ReadAsync(NameOf(weights.Version, piece));
            try
            {
                if (data.Length > 0)
                {
                    await states.ClearAsync(NameOf(weights.Version, piece), known);
                }
            }
            catch (StateConflictException error)
            {
                throw new IOException("The weights were written while they were removed; change them again.", error);
            }
        }
    }

    private static string NameOf(long version, int piece) => string.Create(CultureInfo.InvariantCulture, $"weights/{version}/{piece}");
}
