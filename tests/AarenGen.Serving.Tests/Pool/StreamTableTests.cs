using System.Text;

namespace AarenGen.Serving.Tests;

/// <summary>The table of streams and the memory of ids, against a dictionary.</summary>
public sealed class StreamTableTests
{
    [Theory]
    [InlineData(0, 30)]
    [InlineData(1, 300)]
    [InlineData(2, 5000)]
    public void A_table_does_what_a_dictionary_does(int seed, int ids)
    {
        var random = new Random(seed);
        var table = new StreamTable(stateDoubles: 2, valueFloats: 3);
        var expected = new Dictionary<string, (int Row, double State, float Value)>();
        for (int i = 0; i < 20 * ids + 2000; i++)
        {
            // At times most leave, so that runs of taken places are broken up.
            bool isLeaving = i / ids % 4 == 3;
            string id = Id(random.Next(ids));
            byte[] bytes = Encoding.UTF8.GetBytes(id);
            int row = table.Find(bytes, StreamTable.HashOf(bytes));
            Assert.Equal(expected.TryGetValue(id, out var known) ? known.Row : -1, row);
            if (row < 0 && !isLeaving)
            {
                row = table.Add(bytes, StreamTable.HashOf(bytes));
                Assert.Equal(default, table[row] with { IdStart = 0, IdLength = 0 });
                Assert.Equal([0.0, 0.0], table.State(row).ToArray());
                Assert.Equal([0f, 0f, 0f], table.Values(row).ToArray());
                expected[id] = (row, random.NextDouble(), random.NextSingle());
                (table.State(row)[1], table.Values(row)[2], table[row].Sequence) = (expected[id].State, expected[id].Value, i);
            }
            else if (row >= 0 && random.Next(isLeaving ? 1 : 3) == 0)
            {
                table.Remove(row);
                expected.Remove(id);
            }
            Assert.Equal(expected.Count, table.Count);
        }
        Assert.True(table.Capacity >= expected.Count);
        foreach ((string id, (int row, double state, float value)) in expected)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(id);
            Assert.Equal(row, table.Find(bytes, StreamTable.HashOf(bytes)));
            Assert.Equal(bytes, table.Id(row).ToArray());
            Assert.Equal((state, value), (table.State(row)[1], table.Values(row)[2]));
            Assert.Same(table.StateStorage(row), table.StateStorage(row));
            Assert.Equal(state, table.StateStorage(row)[table.StateStart(row) + 1]);
        }
    }

    [Fact]
    public void Rows_and_places_are_used_again()
    {
        var table = new StreamTable(stateDoubles: 1, valueFloats: 0);
        long memory = 0;
        for (int round = 0; round < 5; round++)
        {
            int[] rows = [.. Enumerable.Range(0, 1000).Select(i => Add(table, Id(1000 * round + i)))];
            memory = round == 0 ? table.MemoryBytes : memory;
            Array.ForEach(rows, table.Remove);
            Assert.Equal(0, table.Count);
        }
        // Ids have other lengths in each round.
        Assert.InRange(table.MemoryBytes, memory, 2 * memory);
        Assert.InRange(table.Capacity, 1000, 1000 + (1 << 12));
    }

    [Fact]
    public void A_state_may_have_no_numbers()
    {
        var table = new StreamTable(stateDoubles: 0, valueFloats: 0);
        int row = Add(table, "a");
        Assert.True(table.State(row).IsEmpty);
        Assert.True(table.Values(row).IsEmpty);
    }

    [Fact]
    public void Ids_keep_their_bytes()
    {
        var random = new Random(5);
        var arena = new IdArena();
        var expected = new Dictionary<int, byte[]>();
        for (int i = 0; i < 50_000; i++)
        {
            if (random.Next(5) < 3)
            {
                byte[] id = new byte[random.Next(4) == 0 ? random.Next(1, IdArena.MaxBytes + 1) : random.Next(1, 34)];
                random.NextBytes(id);
                expected.Add(arena.Add(id), id);
            }
            else if (expected.Count > 0)
            {
                (int start, byte[] id) = expected.ElementAt(random.Next(Math.Min(50, expected.Count)));
                Assert.Equal(id, arena.Get(start, id.Length).ToArray());
                arena.Release(start, id.Length);
                expected.Remove(start);
            }
        }
        Assert.All(expected, e => Assert.Equal(e.Value, arena.Get(e.Key, e.Value.Length).ToArray()));
        // No two share a byte.
        Assert.Equal(
            expected.Sum(static e => (e.Value.Length + 3) / 4),
            expected.SelectMany(static e => Enumerable.Range(e.Key, (e.Value.Length + 3) / 4)).Distinct().Count());
    }

    [Fact]
    public void Released_ids_make_room_for_others_of_their_length()
    {
        var arena = new IdArena();
        int[] starts = [.. Enumerable.Range(0, 10_000).Select(i => arena.Add(BitConverter.GetBytes(7L * i).AsSpan(0, 5)))];
        long memory = arena.MemoryBytes;
        for (int round = 0; round < 3; round++)
        {
            Array.ForEach(starts, s => arena.Release(s, 5));
            starts = [.. Enumerable.Range(0, 10_000).Select(i => arena.Add(BitConverter.GetBytes(7L * i)))];
            Assert.Equal(10_000, starts.Distinct().Count());
            Array.ForEach(starts, s => arena.Release(s, 8));
            starts = [.. Enumerable.Range(0, 10_000).Select(i => arena.Add(BitConverter.GetBytes(7L * i).AsSpan(0, 5)))];
        }
        Assert.Equal(memory, arena.MemoryBytes);
    }

    private static int Add(StreamTable table, string id)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(id);
        return table.Add(bytes, StreamTable.HashOf(bytes));
    }

    /// <summary>Ids of many lengths, also longer than a granule of memory.</summary>
    private static string Id(int i) => (i % 7) switch
    {
        0 => $"{i}",
        1 => $"sensor/{i}/°C",
        2 => new string('x', i % 200) + i,
        _ => $"stream-{i:D9}",
    };
}
