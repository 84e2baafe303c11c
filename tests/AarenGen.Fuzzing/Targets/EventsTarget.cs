using System.Globalization;
using System.Text;
using Experiments;
using AarenGen.Data;

namespace AarenGen.Fuzzing;

/// <summary>Event sequences: their times and, behind a line of dashes in one input, their marks.</summary>
internal sealed class EventsTarget : FuzzTarget<EventSequence[]>
{
    private const string Divider = "---";

    public override string Name => "events";

    public override IReadOnlyList<string> Words { get; } =
        [" ", "\t", "\n", "\r\n", "\n\n", Divider, "0", "1 1 1", "1e300 1e300", "5e-324", "\u00a0", "\u2028", "\v", "1577836800"];

    public override bool IsRefusal(Exception exception) => exception is TableException;

    public override IEnumerable<byte[]> Seeds(string folder) =>
        ((string[])["0 1 2.5\n3 3 4e2\n", "1577836800 1577836801\n", $"0 1 2\n5 6\n{Divider}\n0 1 0\n2 3\n"])
            .Select(Encoding.UTF8.GetBytes);

    protected override EventSequence[] ReadFile(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int divider = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Divider + "\n"));
        if (divider < 0)
        {
            return EventFile.Read(path);
        }
        string times = path + ".times", marks = path + ".marks";
        File.WriteAllBytes(times, bytes[..divider]);
        File.WriteAllBytes(marks, bytes[(divider + Divider.Length + 1)..]);
        return EventFile.Read(times, marks);
    }

    protected override void Write(EventSequence[] value, string path)
    {
        IEnumerable<string> lines = value.Select(static s =>
            string.Join(' ', s.Times.Select(static t => t.ToString("R", CultureInfo.InvariantCulture))));
        if (value[0].Marks is not null)
        {
            lines = [.. lines, Divider, .. value.Select(static s => string.Join(' ', s.Marks!))];
        }
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
    }

    protected override bool AreEqual(EventSequence[] first, EventSequence[] second) =>
        first.Length == second.Length
        && first.Zip(second).All(static p =>
            p.First.Times.AsSpan().SequenceEqual(p.Second.Times) && p.First.Marks.AsSpan().SequenceEqual(p.Second.Marks));
}
