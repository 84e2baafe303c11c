using System.Text;

namespace AarenGen.Orleans;

/// <summary>What is kept of a model: how its streams are placed, and its weights. Written as <see cref="BinaryWriter"/> does.</summary>
/// <param name="Declaration">The fingerprint of its declaration.</param>
/// <param name="Placement">In which grains its streams are.</param>
/// <param name="Shards">How many shards there are; 0: each stream has a grain of its own.</param>
/// <param name="Current">The weights that step; null: the first ones have not been stored yet.</param>
/// <param name="Previous">Those before them, which a shard may still need for its log.</param>
/// <param name="Staged">Weights that are being stored, or were not stored to their end.</param>
/// <param name="IsEverywhere">Whether all shards step with the current weights.</param>
internal sealed record StoredModel(
    string Declaration, StreamPlacement Placement, int Shards, WeightsInfo? Current, WeightsInfo? Previous, WeightsInfo? Staged,
    bool IsEverywhere)
{
    public const string Name = "model";

    private const byte Version = 2;

    /// <summary>The version of the next weights that are stored, which none has had before.</summary>
    public long NextVersion => Math.Max(Current?.Version ?? 0, Staged?.Version ?? 0) + 1;

    public byte[] Write()
    {
        using var data = new MemoryStream();
        using var writer = new BinaryWriter(data, Encoding.UTF8);
        writer.Write(Version);
        writer.Write(Declaration);
        writer.Write((byte)Placement);
        writer.Write(Shards);
        writer.Write(IsEverywhere);
        foreach (WeightsInfo? weights in new[] { Current, Previous, Staged })
        {
            writer.Write(weights is not null);
            if (weights is not null)
            {
                writer.Write(weights.Version);
                writer.Write(weights.Fingerprint);
                writer.Write(weights.Pieces);
            }
        }
        writer.Flush();
        return data.ToArray();
    }

    /// <exception cref="IOException">It was written by another version, or is damaged.</exception>
    public static StoredModel Read(byte[] data)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(data), Encoding.UTF8);
            if (reader.ReadByte() == Version)
            {
                string declaration = reader.ReadString();
                (var placement, int shards) = ((StreamPlacement)reader.ReadByte(), reader.ReadInt32());
                bool isEverywhere = reader.ReadBoolean();
                return new(declaration, placement, shards, Weights(reader), Weights(reader), Weights(reader), isEverywhere);
            }
        }
        catch (EndOfStreamException)
        {
            // As if it were of another version.
        }
        throw new IOException("The state of a model was written by another version of AarenGen, or is damaged; restore a backup.");
    }

    private static WeightsInfo? Weights(BinaryReader reader) =>
        reader.ReadBoolean() ? new(reader.ReadInt64(), reader.ReadString(), reader.ReadInt32()) : null;
}
