using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AarenGen.Fuzzing;

/// <summary>Saved states of a series of records.</summary>
internal sealed class SeriesTarget : FuzzTarget<SeriesState<RecordModel>>
{
    private static readonly RecordModel model = RecordModel.Create(1);
    private static readonly DateTimeOffset begin = new(2025, 3, 29, 20, 0, 0, TimeSpan.Zero);

    public override string Name => "series";

    public override bool IsRefusal(Exception exception) => exception is ModelFileException;

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        foreach (int records in (int[])[0, 1, 2, 9])
        {
            SeriesState<RecordModel> state = model.CreateSeriesState("a");
            for (int i = 0; i < records; i++)
            {
                // Two of three records complete no interval.
                FuzzReading record = Reading(begin.AddMinutes(20 * i), i), ahead = Reading(record.Time.AddHours(2), i);
                model.Step(state, record, [ahead]);
            }
            using var saved = new MemoryStream();
            state.Save(saved);
            yield return saved.ToArray();
            if (records == 9)
            {
                // Each eight bytes in turn hold numbers that counts, intervals and values must not have.
                int end = (int)saved.Length - SHA256.HashSizeInBytes;
                foreach (long number in (long[])[-1, long.MinValue, long.MaxValue, BitConverter.DoubleToInt64Bits(double.PositiveInfinity)])
                {
                    for (int at = 136; at < Math.Min(end - sizeof(long), 136 + 400); at += 3)
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
        // The stream continues with any loaded state, and has its last forecast.
        var state = (SeriesState<RecordModel>)read;
        if (model.GetForecast(state) is { } forecast)
        {
            _ = forecast.TimeOf(2);
            _ = forecast.Load.Anomaly + forecast.Load[2].Quantile(0.9);
        }
        DateTimeOffset next = state.LastTime?.AddHours(1) ?? begin;
        for (int i = 0; i < 6; i++)
        {
            try
            {
                FuzzReading record = Reading(next.AddMinutes(30 * i), i);
                model.Step(state, record, [Reading(record.Time.AddHours(2), i)]);
            }
            catch (RecordException)
            {
                // The state stands elsewhere in time, or its sums are too large for one more value.
            }
        }
    }

    protected override SeriesState<RecordModel> ReadFile(string path)
    {
        SeriesState<RecordModel> state = model.CreateSeriesState("a");
        state.Load(path);
        return state;
    }

    protected override void Write(SeriesState<RecordModel> value, string path) => value.Save(path);

    protected override bool AreEqual(SeriesState<RecordModel> first, SeriesState<RecordModel> second)
    {
        using MemoryStream one = new(), other = new();
        first.Save(one);
        second.Save(other);
        return one.ToArray().AsSpan().SequenceEqual(other.ToArray());
    }

    private static FuzzReading Reading(DateTimeOffset time, int i) => new()
    {
        Sensor = "a", Time = time, Load = i % 4 == 3 ? null : i, IsOn = i % 2 == 0, Visitors = 3 * i, Plan = i, Site = FuzzSite.South,
    };
}
