using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AarenGen.Fuzzing;

/// <summary>Saved states, whose files end with a checksum.</summary>
internal abstract class SavedStateTarget<TState, TModel> : FuzzTarget<TState>
    where TState : class
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>The refusal of another format has two more lines, of Python.</summary>
    public override bool RefusesInOneLine => false;

    public override bool IsRefusal(Exception exception) => exception is ModelFileException;

    /// <summary>A change that the checksum gives away, or one that it does not.</summary>
    public override byte[] Mutate(byte[] input, Mutator mutator) =>
        mutator.Random.Next(3) == 0 || input.Length <= SHA256.HashSizeInBytes
            ? mutator.Mutate(input) : WithChecksum(mutator.MutateBytes(input[..^SHA256.HashSizeInBytes]));

    /// <summary>A changed fingerprint of weights makes a state of others, with which the stream continues as well.</summary>
    protected static TModel CreateModel()
    {
        TModel model = SequenceModel<TModel>.Create(1);
        model.AcceptedStates = StateAcceptance.SameDeclaration;
        return model;
    }

    /// <summary>Copies of a file, each with the number at another place, and with the right checksum.</summary>
    protected static IEnumerable<byte[]> Overwrite<T>(byte[] file, T number, IEnumerable<int> places) where T : unmanaged
    {
        byte[] body = file[..^SHA256.HashSizeInBytes];
        foreach (int at in places.TakeWhile(at => at <= body.Length - Marshal.SizeOf<T>()))
        {
            byte[] changed = [.. body];
            MemoryMarshal.Write(changed.AsSpan(at), in number);
            yield return WithChecksum(changed);
        }
    }

    /// <summary>What a file of the state has.</summary>
    protected byte[] BytesOf(TState state)
    {
        using var saved = new MemoryStream();
        Save(state, saved);
        return saved.ToArray();
    }

    protected abstract void Save(TState state, Stream stream);

    protected override bool AreEqual(TState first, TState second) => BytesOf(first).AsSpan().SequenceEqual(BytesOf(second));

    private static byte[] WithChecksum(byte[] body) => [.. body, .. SHA256.HashData(body)];
}
