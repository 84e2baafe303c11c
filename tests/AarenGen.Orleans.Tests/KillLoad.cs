using System.Diagnostics;
using AarenGen.Serving;
using Orleans.TestingHost;

namespace AarenGen.Orleans.Tests;

/// <summary>
/// Senders that number their tokens and send again what was not acknowledged, and that now and then reset or remove a stream, while
/// something happens to the cluster: each output must be that of one process that saw all of it.
/// </summary>
internal sealed class KillLoad(IStreamService<SmallModel> streams, SmallModel model)
{
    private const int Senders = 4, StreamsPerSender = 12, RoundsPerChange = 10;

    /// <summary>The number of the last acknowledged token of each stream; 0: the stream was removed.</summary>
    private readonly long[] last = new long[Senders * StreamsPerSender];
    private long acknowledged, unavailable, resets, removals;
    private volatile string? refusal;
    private volatile bool isEnding;
    private Task all = Task.CompletedTask;

    /// <summary>Acknowledged tokens.</summary>
    public long Acknowledged => Volatile.Read(ref acknowledged);

    /// <summary>Streams that were made to forget.</summary>
    public long Resets => Volatile.Read(ref resets);

    /// <summary>Streams that were removed.</summary>
    public long Removals => Volatile.Read(ref removals);

    /// <summary>Sendings that had to be repeated.</summary>
    public long Unavailable => Volatile.Read(ref unavailable);

    public void Start() => all = Task.WhenAll(Enumerable.Range(0, Senders).Select(s => Task.Run(() => SendAsync(s))));

    /// <summary>Waits until the given number of further tokens is acknowledged.</summary>
    public async Task WaitForAsync(int tokens)
    {
        long enough = Acknowledged + tokens;
        var time = Stopwatch.StartNew();
        while (Acknowledged < enough)
        {
            if (all.IsFaulted)
            {
                await all;
            }
            Assert.True(
                time.Elapsed < TimeSpan.FromMinutes(2), $"No token was acknowledged for long; {Unavailable} were refused: {refusal}");
            await Task.Delay(20);
        }
    }

    /// <summary>Ends the senders, and looks that the cluster has all acknowledged tokens and no other.</summary>
    public async Task EndAsync()
    {
        isEnding = true;
        await all;
        for (int i = 0; i < last.Length; i++)
        {
            Assert.Equal(last[i], (await streams.FindAsync(IdOf(i)))?.Sequence ?? 0);
        }
    }

    /// <summary>Kills a silo the given number of times, and starts another in its place each time.</summary>
    public static async Task<KillLoad> RunAsync(Cluster cluster, int kills, Action<string>? tell = null)
    {
        var load = new KillLoad(cluster.Streams, SequenceModel<SmallModel>.Create(Cluster.ModelSeed));
        load.Start();
        await load.WaitForAsync(500);
        var random = new Random(kills);
        for (int kill = 1; kill <= kills; kill++)
        {
            InProcessSiloHandle[] silos = [.. cluster.Host.GetActiveSilos()];
            await cluster.Host.KillSiloAsync(silos[random.Next(silos.Length)]);
            await load.WaitForAsync(300);
            await cluster.Host.StartAdditionalSiloAsync();
            await load.WaitForAsync(300);
            tell?.Invoke(
                $"{kill} kills: {load.Acknowledged} tokens acknowledged, {load.Unavailable} sent again, {load.Resets} resets, "
                + $"{load.Removals} removals");
        }
        await load.EndAsync();
        Assert.True(load.Resets > 0 && load.Removals > 0, $"{load.Resets} resets, {load.Removals} removals");
        return load;
    }

    private async Task RetryAsync(Func<Task> call)
    {
        var time = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (IOException error) when (time.Elapsed < TimeSpan.FromMinutes(2))
            {
                refusal = error.Message;
                await Task.Delay(20);
            }
        }
    }

    private static string IdOf(int stream) => $"sensor {stream}";

    private async Task SendAsync(int sender)
    {
        var reference = new Reference(model);
        int first = sender * StreamsPerSender;
        string[] ids = [.. Enumerable.Range(first, StreamsPerSender).Select(IdOf)];
        var sequences = new long[ids.Length];
        var tokens = new float[ids.Length * Reference.InputWidth];
        var expected = new float[ids.Length][];
        var outputs = new float[ids.Length * Reference.OutputWidth];
        var results = new StepResult[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            Next(i);
        }
        var random = new Random(sender);
        bool isPending = false;
        while (!isEnding || isPending)
        {
            if (!isPending && random.Next(RoundsPerChange) == 0)
            {
                await ChangeAsync(random.Next(ids.Length));
            }
            await streams.StepManyAsync(ids, tokens, outputs, results, sequences);
            isPending = false;
            for (int i = 0; i < ids.Length; i++)
            {
                if (results[i].HasOutput)
                {
                    Assert.Equal(sequences[i], results[i].Sequence);
                    Assert.Equal(expected[i], outputs[(i * Reference.OutputWidth)..((i + 1) * Reference.OutputWidth)]);
                    last[first + i] = sequences[i];
                    Interlocked.Increment(ref acknowledged);
                    Next(i);
                }
                else
                {
                    Assert.True(results[i].Status is StepStatus.Unavailable or StepStatus.Busy, results[i].ToString());
                    Interlocked.Increment(ref unavailable);
                    refusal = results[i].Message;
                    isPending = true;
                }
            }
            if (isPending)
            {
                await Task.Delay(20);
            }
        }

        // No token of the stream is on its way, and the one that comes next has not been sent.
        async Task ChangeAsync(int i)
        {
            bool isRemoved = random.Next(2) == 0;
            await RetryAsync(async () =>
            {
                if (isRemoved)
                {
                    await streams.RemoveAsync([ids[i]]);
                }
                else
                {
                    await streams.ResetAsync(ids[i]);
                }
            });
            Interlocked.Increment(ref isRemoved ? ref removals : ref resets);
            reference.Forget(ids[i]);
            sequences[i] = last[first + i] = isRemoved ? 0 : last[first + i];
            Next(i);
        }

        void Next(int i)
        {
            // The last token that is sent is acknowledged, too.
            float[] token = Reference.Token(ids[i], ++sequences[i]);
            token.CopyTo(tokens, i * Reference.InputWidth);
            expected[i] = reference.Step(ids[i], token);
        }
    }
}
