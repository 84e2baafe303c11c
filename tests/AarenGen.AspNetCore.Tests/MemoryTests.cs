using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using AarenGen.AspNetCore.Grpc;
using AarenGen.Serving;

namespace AarenGen.AspNetCore.Tests;

/// <summary>What requests hold is bounded in sum, and small requests go on whatever large ones do.</summary>
public sealed class MemoryTests
{
    private const int Sent = 600 << 10;

    private static readonly byte[] Half = Encoding.ASCII.GetBytes(
        $"POST /small/slow HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {Sent + 13}\r\n\r\n"
        + new string(' ', Sent));

    /// <summary>A socket that has sent a body but for its end.</summary>
    private static async Task<Socket> SendHalf(StreamsApp app)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, app.Address.Port);
        await socket.SendAsync(Half);
        return socket;
    }

    private static async Task<string> Answer(Socket socket)
    {
        var bytes = new byte[4096];
        return Encoding.ASCII.GetString(bytes, 0, await socket.ReceiveAsync(bytes));
    }

    [Fact]
    public async Task Bodies_beyond_the_budget_are_refused_and_small_ones_are_not()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { MaxBufferedBytes = 1 << 20 });
        Socket[] sockets = [await SendHalf(app), await SendHalf(app)];
        Task<string>[] answers = [.. sockets.Select(Answer)];
        // Whichever came second.
        Task<string> refused = await Task.WhenAny(answers);
        Assert.StartsWith("HTTP/1.1 503 ", await refused, StringComparison.Ordinal);
        Assert.Contains("\nRetry-After: ", await refused, StringComparison.Ordinal);
        int held = 1 - Array.IndexOf(answers, refused);

        Assert.Equal(1, (await app.Step("a", 1, 1, 2)).Sequence);
        string large = """{"token":[1,2]}""" + new string(' ', Sent);
        await app.Refused(HttpStatusCode.ServiceUnavailable, "/small/b", large);
        // The body is small, and its tokens and their answer are not.
        string many = $$"""{"tokens":[{{string.Join(',', Enumerable.Repeat("""{"id":"c","token":[1,2]}""", 2600))}}]}""";
        Assert.InRange(many.Length, 0, 1 << 16);
        await app.Refused(HttpStatusCode.ServiceUnavailable, "/small", many);
        Assert.Equal(1, app.Service.StreamCount);
        Assert.False(answers[held].IsCompleted);

        await sockets[held].SendAsync("{\"token\":[1]}"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 400 ", await answers[held], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await app.Post("/small/b", large)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await app.Post("/small", many)).StatusCode);
        Array.ForEach(sockets, static s => s.Dispose());
    }

    [Fact]
    public async Task A_client_that_is_gone_gives_back_what_it_held()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { MaxBufferedBytes = 1 << 20 });
        string large = """{"token":[1,2]}""" + new string(' ', Sent);
        for (int i = 1; i <= 5; i++)
        {
            (await SendHalf(app)).Dispose();
            HttpStatusCode status;
            do
            {
                status = (await app.Post("/small/b", large)).StatusCode;
            }
            while (status == HttpStatusCode.ServiceUnavailable);
            Assert.Equal(HttpStatusCode.OK, status);
        }
    }

    [Fact]
    public async Task A_body_that_stops_is_refused_though_its_mean_rate_is_high()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { MaxBodyTime = TimeSpan.FromSeconds(1) });
        using Socket socket = await SendHalf(app);
        string answer = await Answer(socket);
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("The body comes too slowly.", answer, StringComparison.Ordinal);
        Assert.Equal(1, (await app.Step("a", 1, 1, 2)).Sequence);
    }

    [Fact]
    public void A_budget_is_never_exceeded_but_by_one_alone()
    {
        var budget = new MemoryBudget(100);
        Assert.True(budget.TryChange(0, 1000));
        Assert.False(budget.TryChange(0, 1));
        Assert.True(budget.TryChange(1000, 60));
        Assert.True(budget.TryChange(0, 40));
        Assert.False(budget.TryChange(40, 41));
        Assert.True(budget.TryChange(40, 0));
        Assert.True(budget.TryChange(60, 500));
        budget.Return(500);

        long held = 0, most = 0;
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                if (budget.TryChange(0, 30))
                {
                    long now = Interlocked.Add(ref held, 30);
                    // Only the largest is of interest, and any thread may write it.
                    most = Math.Max(most, now);
                    Interlocked.Add(ref held, -30);
                    budget.Return(30);
                }
            }
        });
        Assert.InRange(most, 30, 90);
    }

    [Fact]
    public void Buffers_are_kept_by_their_bytes()
    {
        var pool = new BuffersPool<Sized>(static () => new());
        Sized[] small = [.. Enumerable.Range(0, 40).Select(_ => pool.Rent())];
        foreach (Sized buffers in small)
        {
            buffers.Capacity = 1 << 20;
            pool.Return(buffers);
        }
        Assert.Equal(16, small.Count(static b => b.IsCleared));
        Assert.Equal(16 << 20, pool.KeptBytes);
        Assert.True(pool.Rent().IsCleared);
        Assert.Equal(15 << 20, pool.KeptBytes);
        var large = new Sized { Capacity = (1 << 20) + 1 };
        pool.Return(large);
        Assert.False(large.IsCleared);
    }

    [Fact]
    public async Task A_call_waits_for_messages_tokens_and_bytes_and_one_message_always_enters()
    {
        var budget = new MemoryBudget(1000);
        CallWindow first = new(mostTokens: 300, budget), second = new(mostTokens: 300, budget);
        for (int i = 0; i < CallWindow.MaxMessages; i++)
        {
            Assert.True(first.EnterAsync(1, 2, default).AsTask().IsCompletedSuccessfully);
        }
        Task waiting = first.EnterAsync(1, 2, default).AsTask();
        Assert.False(waiting.IsCompleted);
        first.Leave(1, 2);
        await waiting;

        // Of the 1000 bytes 512 are taken.
        Assert.True(second.EnterAsync(200, 400, default).AsTask().IsCompletedSuccessfully);
        Task bytes = second.EnterAsync(1, 400, default).AsTask();
        Assert.False(bytes.IsCompleted);
        second.Leave(200, 400);
        await bytes;
        second.Leave(1, 400);
        Assert.True(second.EnterAsync(5000, 5000, default).AsTask().IsCompletedSuccessfully);
        Task tokens = second.EnterAsync(1, 0, default).AsTask();
        Assert.False(tokens.IsCompleted);
        second.Leave(5000, 5000);
        await tokens;
    }

    private sealed class Sized : IBuffers
    {
        public long Capacity { get; set; }

        public bool IsCleared { get; private set; }

        public void Clear() => IsCleared = true;
    }
}
