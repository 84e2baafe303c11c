using System.Security.Cryptography;

namespace AarenGen.Fuzzing;

/// <summary>What files of all kinds tell without the class of their model.</summary>
internal sealed class InfoTarget : FuzzTarget
{
    private static readonly FuzzTarget[] kinds = [new WeightsTarget(), new CompiledTarget(), new StateTarget(), new SeriesTarget()];

    public override string Name => "info";

    public override bool RefusesInOneLine => false;

    public override IReadOnlyList<string> Words => SafetensorsText.Words;

    public override bool IsRefusal(Exception exception) => exception is ModelFileException;

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        foreach (FuzzTarget kind in kinds)
        {
            // Of states, some follow each other.
            byte[][] seeds = [.. kind.Seeds(folder).Take(6)];
            foreach (byte[] seed in seeds)
            {
                yield return seed;
            }
            yield return [.. seeds[0], .. seeds[^1]];
        }
        RecordModel model = RecordModel.Create(1);
        SeriesStateCollection<RecordModel> states = model.CreateSeriesStates();
        _ = (states["a"], states["größe"]);
        using var saved = new MemoryStream();
        states.Save(saved);
        yield return saved.ToArray();
    }

    /// <summary>Changes text where there is a header, and numbers that a checksum hides elsewhere.</summary>
    public override byte[] Mutate(byte[] input, Mutator mutator)
    {
        if (input.Length <= SHA256.HashSizeInBytes || input[0] != 'A' || mutator.Random.Next(3) == 0)
        {
            return SafetensorsText.Mutate(input, mutator);
        }
        byte[] body = mutator.MutateBytes(input[..^SHA256.HashSizeInBytes]);
        return [.. body, .. SHA256.HashData(body)];
    }

    public override object Read(string path) => ModelFileInfo.Read(path);

    /// <summary>There is nothing to write; what was read has an end.</summary>
    public override void Verify(object read, string path)
    {
        var info = (ModelFileInfo)read;
        if (info.Tensors.Any(static t => t.Bytes < 0) || info.States.Any(static s => s.TokenCount < 0 || s.Bytes <= 0))
        {
            throw new FuzzException("It tells of something less than nothing.");
        }
    }
}
