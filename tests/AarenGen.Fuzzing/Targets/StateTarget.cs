using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AarenGen.Fuzzing;

/// <summary>Saved states of streams.</summary>
internal sealed class StateTarget : FuzzTarget<StreamState<StatefulModel>>
{
    /// <summary>Magic and version, fingerprints of declaration and weights, count of tokens, number of doubles.</summary>
    private const int HeaderBytes = 8 + 64 + 3 * sizeof(long);

    /// <summary>A changed fingerprint of weights makes a state of others, with which the stream continues as well.</summary>
    private static readonly StatefulModel model = Accepting();

    public override string Name => "states";

    /// <summary>What is another format brings two lines of Python.</summary>
    public override bool RefusesInOneLine => false;

    public override bool IsRefusal(Exception exception) => exception is ModelFileException;

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        var output = new float[StatefulModel.OutputWidth];
        foreach (int tokens in (int[])[0, 1, 7, 50])
        {
            StreamState<StatefulModel> state = model.CreateState();
            for (int t = 0; t < tokens; t++)
            {
                model.Step(state, [t, 1f / (t + 1)], output);
            }
            using var saved = new MemoryStream();
            state.Save(saved);
            yield return saved.ToArray();
            if (tokens == 7)
            {
                // Every number negative in turn: counts of tokens and places in rings are among them.
                int first = HeaderBytes, end = (int)saved.Length - SHA256.HashSizeInBytes;
                for (int at = first; at + sizeof(double) <= end; at += sizeof(double))
                {
                    byte[] body = saved.ToArray()[..end];
                    BinaryPrimitives.WriteDoubleLittleEndian(body.AsSpan(at), -5);
                    yield return [.. body, .. SHA256.HashData(body)];
                }
            }
        }
    }

    /// <summary>A change that the checksum gives away, or one that it does not.</summary>
    public override byte[] Mutate(byte[] input, Mutator mutator)
    {
        if (mutator.Random.Next(3) == 0 || input.Length <= SHA256.HashSizeInBytes)
        {
            return mutator.Mutate(input);
        }
        byte[] body = mutator.MutateBytes(input[..^SHA256.HashSizeInBytes]);
        return [.. body, .. SHA256.HashData(body)];
    }

    public override void Verify(object read, string path)
    {
        base.Verify(read, path);
        // The stream continues with any loaded state.
        var state = (StreamState<StatefulModel>)read;
        SavedStateInfo info = ModelFileInfo.Read(path).States.Single();
        if (info.TokenCount != state.TokenCount || info.WeightFingerprint != state.WeightFingerprint)
        {
            throw new FuzzException("The file tells something else of the state than the state.");
        }
        var output = new float[StatefulModel.OutputWidth];
        for (int t = 0; t < 4; t++)
        {
            model.Step(state, [1, 2], output);
        }
    }

    private static StatefulModel Accepting()
    {
        StatefulModel model = StatefulModel.Create(1);
        model.AcceptedStates = StateAcceptance.SameDeclaration;
        return model;
    }

    protected override StreamState<StatefulModel> ReadFile(string path)
    {
        StreamState<StatefulModel> state = model.CreateState();
        state.Load(path);
        return state;
    }

    protected override void Write(StreamState<StatefulModel> value, string path) => value.Save(path);

    protected override bool AreEqual(StreamState<StatefulModel> first, StreamState<StatefulModel> second)
    {
        using MemoryStream one = new(), other = new();
        first.Save(one);
        second.Save(other);
        return one.ToArray().AsSpan().SequenceEqual(other.ToArray());
    }
}
