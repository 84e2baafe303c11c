namespace AarenGen.Serving.Tests;

public sealed class SavedStreamTests
{
    private const int Streams = 700;

    private static readonly string[] Ids = [.. Enumerable.Range(0, Streams).Select(static i => $"sensor {i}")];

    private readonly SmallModel model = SmallModel.Create(3);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Streams_go_on_in_another_place(bool fromStore, bool toStore)
    {
        using var file = new MemoryStream();
        float[] expected;
        await using (IStreamStore? store = Store(fromStore))
        await using (var service = await StreamService<SmallModel>.StartAsync(model, store, new() { Shards = 3 }))
        {
            await StepAsync(service, 1);
            await StepAsync(service, 2);
            await service.SaveAsync(file);
            expected = await StepAsync(service, 3);
        }
        file.Position = 0;
        await using IStreamStore? other = Store(toStore);
        await using var second = await StreamService<SmallModel>.StartAsync(model, other, new() { Shards = 2 });

        Assert.Equal(Streams, await second.LoadAsync(file));

        Assert.Equal(file.Length, file.Position);
        Assert.Equal(2, (await second.FindAsync(Ids[5]))!.Value.Sequence);
        Assert.Equal(expected, await StepAsync(second, 3));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Damage_anywhere_leaves_no_streams(bool hasStore)
    {
        using var file = new MemoryStream();
        await using (var pool = new StreamPool<SmallModel>(model))
        {
            await StepAsync(pool, 1);
            await pool.SaveAsync(file);
        }
        byte[] bytes = file.ToArray();
        await using IStreamStore? store = Store(hasStore);
        await using StreamPool<SmallModel> target = store is null
            ? new StreamPool<SmallModel>(model) : await StreamPool<SmallModel>.OpenAsync(model, store);
        var random = new Random(4);
        for (int i = 0; i < 40; i++)
        {
            byte[] damaged = [.. bytes];
            int at = i switch { 0 => 0, 1 => 9, 2 => 20, 3 => bytes.Length - 1, 4 => bytes.Length - 9, _ => random.Next(bytes.Length) };
            damaged[at] ^= (byte)(1 << random.Next(8));
            byte[] read = i % 4 == 3 ? bytes[..random.Next(bytes.Length)] : damaged;

            await Assert.ThrowsAsync<ModelFileException>(() => target.LoadAsync(new MemoryStream(read)));

            Assert.Equal(0, target.Count);
            Assert.Null(await target.FindAsync(Ids[0]));
        }
        Assert.Equal(Streams, await target.LoadAsync(new MemoryStream(bytes)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => target.LoadAsync(new MemoryStream(bytes)));
    }

    [Fact]
    public async Task Streams_of_another_declaration_and_other_files_are_refused()
    {
        using var file = new MemoryStream();
        await using var pool = new StreamPool<SmallModel>(model);
        await StepAsync(pool, 1);
        await pool.SaveAsync(file);
        await using var other = new StreamPool<OtherModel>(OtherModel.Create(3));
        file.Position = 0;

        Assert.Contains(
            "another declaration", (await Assert.ThrowsAsync<ModelFileException>(() => other.LoadAsync(file))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "no streams",
            (await Assert.ThrowsAsync<ModelFileException>(() => other.LoadAsync(new MemoryStream(new byte[200])))).Message,
            StringComparison.Ordinal);
    }

    private static MemoryStreamStore? Store(bool isWanted) => isWanted ? new MemoryStreamStore(new()) : null;

    private static float[] Tokens(int sequence)
    {
        var random = new Random(sequence);
        return [.. Enumerable.Range(0, Streams * 3).Select(_ => random.NextSingle())];
    }

    private static async Task<float[]> StepAsync(StreamService<SmallModel> service, int sequence)
    {
        var outputs = new float[Streams * 2];
        var results = new StepResult[Streams];
        await service.StepManyAsync(Ids, Tokens(sequence), outputs, results);
        Assert.All(results, r => Assert.Equal(new(StepStatus.Accepted, sequence), r));
        return outputs;
    }

    private static async Task StepAsync(StreamPool<SmallModel> pool, int sequence)
    {
        var results = new StepResult[Streams];
        await pool.StepManyAsync(Ids, Tokens(sequence), new float[Streams * 2], results);
        Assert.All(results, r => Assert.Equal(new(StepStatus.Accepted, sequence), r));
    }
}
