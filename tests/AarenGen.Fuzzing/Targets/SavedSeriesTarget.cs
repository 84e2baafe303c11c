using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AarenGen.Fuzzing;

/// <summary>Saved states of a series of records.</summary>
internal abstract class SavedSeriesTarget<TModel> : FuzzTarget<SeriesState<TModel>>
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Magic, version and two fingerprints; a file has the key and what the series' core writes behind them.</summary>
    private const int HeaderBytes = 136;

    /// <summary>What is another format brings two lines of Python.</summary>
    public override bool RefusesInOneLine => false;

    public override bool IsRefusal(Exception exception) => exception is ModelFileException;

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        foreach (int records in (int[])[0, 1, 2, 9])
        {
            using var saved = new MemoryStream();
            Create(records).Save(saved);
            yield return saved.ToArray();
            if (records == 9)
            {
                // Each eight bytes in turn hold numbers that counts, intervals and values must not have.
                int end = (int)saved.Length - SHA256.HashSizeInBytes;
                foreach (long number in (long[])[-1, long.MinValue, long.MaxValue, BitConverter.DoubleToInt64Bits(double.PositiveInfinity)])
                {
                    for (int at = HeaderBytes; at < Math.Min(end - sizeof(long), HeaderBytes + 400); at += 3)
                    {
                        byte[] body = saved.ToArray()[..end];
                        MemoryMarshal.Write(body.AsSpan(at), in number);
                        yield return [.. body, .. SHA256.HashData(body)];
                    }
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
        Continue((SeriesState<TModel>)read);
    }

    /// <summary>A changed fingerprint of weights makes a state of others, with which the stream continues as well.</summary>
    protected static TModel CreateModel()
    {
        TModel model = SequenceModel<TModel>.Create(1);
        model.AcceptedStates = StateAcceptance.SameDeclaration;
        return model;
    }

    /// <summary>A state of the series "a" after some records; of none, a new one.</summary>
    protected abstract SeriesState<TModel> Create(int records);

    /// <summary>The stream continues with any loaded state, and has its last prediction.</summary>
    protected abstract void Continue(SeriesState<TModel> state);

    protected override SeriesState<TModel> ReadFile(string path)
    {
        SeriesState<TModel> state = Create(0);
        state.Load(path);
        return state;
    }

    protected override void Write(SeriesState<TModel> value, string path) => value.Save(path);

    protected override bool AreEqual(SeriesState<TModel> first, SeriesState<TModel> second)
    {
        using MemoryStream one = new(), other = new();
        first.Save(one);
        second.Save(other);
        return one.ToArray().AsSpan().SequenceEqual(other.ToArray());
    }
}
