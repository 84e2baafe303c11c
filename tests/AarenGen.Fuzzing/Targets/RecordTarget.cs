using System.Text;
using AarenGen.Data;

namespace AarenGen.Fuzzing;

/// <summary>Tables of records, which a model then streams: numbers, times and keys of any kind.</summary>
internal sealed class RecordTarget : FuzzTarget
{
    /// <summary>Empty intervals that a stream is led through: each is a step, and a million would take longer than a case may.</summary>
    private const int MaxGap = 1000;

    private static readonly RecordModel model = RecordModel.Create(1);

    public override string Name => "records";

    public override IReadOnlyList<string> Words { get; } =
        [
            "sensor", "time", "load", "is on", "visitors", "plan", "site", "North", "south", "7", "0", "1e38", "1e39", "-1e15", "1e300",
            "NaN", "inf", "-inf", "true", "no", "2147483648", "-0", "0001-01-01", "9999-12-31T23:59:59Z", "2025-03-30 02:30",
            "2025-10-26 02:30", "2025-01-01T00:00:00+14:00", "\"a\"\"b\"", ",", ";", "\n", "\t", "\u0000", "é", "🌡",
        ];

    public override bool IsRefusal(Exception exception) => exception is TableException or RecordException;

    public override string Extension(ReadOnlySpan<byte> input) => ".csv";

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        foreach (string text in (string[])
            [
                "sensor,time,load,is on,visitors,plan,site\na,2025-03-29T22:00:00Z,1.5,true,3,7,North\na,2025-03-30T01:10:00Z,,,,,\n",
                "Time;Sensor;Load;IsOn;Visitors;Plan;Site\n30.03.2025 01:00;a;1,5;1;2;3,5;south\n30.03.2025 04:00;b;2,5;0;;;7\n",
                "sensor,time,load,is_on,visitors,plan,site\na,1743296400,1e38,false,-5,1e14,0\na,1743300000,-1e38,false,6,1e14,0\n",
            ])
        {
            yield return Encoding.UTF8.GetBytes(text);
        }
    }

    public override object Read(string path) =>
        RecordModel.ReadTable(path, new() { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") }).ToArray();

    /// <summary>Each record is either taken, with finite outputs, or refused, and then leaves its state as it was.</summary>
    public override void Verify(object read, string path)
    {
        SeriesStateCollection<RecordModel> states = model.CreateSeriesStates();
        foreach (FuzzReading record in (FuzzReading[])read)
        {
            SeriesState<RecordModel> state;
            try
            {
                state = states[record.Sensor];
            }
            catch (ArgumentException)
            {
                // The key cannot name a series.
                continue;
            }
            if (state.LastTime is { } last && (record.Time - last).TotalHours > MaxGap)
            {
                continue;
            }
            byte[] before = Bytes(state);
            try
            {
                if (model.Step(state, record, []) is { } forecast && !float.IsFinite((float)forecast.Load[0].Median))
                {
                    throw new FuzzException("A forecast is not finite.");
                }
            }
            catch (RecordException)
            {
                if (!before.AsSpan().SequenceEqual(Bytes(state)))
                {
                    throw new FuzzException("A refused record changed its state.");
                }
            }
        }
        using var file = new MemoryStream();
        states.Save(file);
        file.Position = 0;
        SeriesStateCollection<RecordModel> loaded = model.CreateSeriesStates();
        loaded.Load(file);
        foreach (SeriesState<RecordModel> state in states)
        {
            if (!Bytes(state).AsSpan().SequenceEqual(Bytes(loaded[state.Key])))
            {
                throw new FuzzException("A state that was saved and loaded is another one.");
            }
        }
    }

    private static byte[] Bytes(SeriesState<RecordModel> state)
    {
        using var saved = new MemoryStream();
        state.Save(saved);
        return saved.ToArray();
    }
}
