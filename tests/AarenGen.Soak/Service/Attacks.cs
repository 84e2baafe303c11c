using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using AarenGen.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace AarenGen.Soak;

/// <summary>Clients that send what they should not, in a process of their own.</summary>
/// <param name="http">The server's address of HTTP/1.1.</param>
/// <param name="grpc">That of HTTP/2.</param>
/// <param name="time">How long.</param>
internal sealed class Attacks(Uri http, Uri grpc, TimeSpan time) : IDisposable
{
    public const string Command = "hostile-client";

    /// <summary>The kinds, and the answers that each may get; others are mistakes of the server.</summary>
    public static IReadOnlyDictionary<string, string[]> Kinds { get; } = new Dictionary<string, string[]>
    {
        [nameof(Huge)] = ["400", "413", "414", "431", "closed", "ResourceExhausted"],
        [nameof(Slow)] = ["400", "408", "503", "200", "closed", "waiting"],
        [nameof(Malformed)] = ["200", "400", "404", "405", "408", "411", "413", "414", "415", "431", "501", "505", "closed"],
        [nameof(Replayed)] = ["repeated", "stale"],
        [nameof(Connections)] = ["408", "closed", "waiting"],
    };

    /// <summary>How many connections are open at the same time in the attack of that name.</summary>
    public const int MostConnections = 10_000;

    private const int Attackers = 8, SlowHeads = 400, SlowBodies = 100, SilentReaders = 20, MaxBody = 4 << 20,
        AgainMilliseconds = 3000, CallSeconds = 10, SlowBytes = 200;

    private readonly ConcurrentDictionary<string, int> answers = [];
    private readonly CancellationTokenSource ended = new(time);
    private readonly long started = Stopwatch.GetTimestamp();

    public void Dispose() => ended.Dispose();

    /// <summary>The number of open connections of an attack, by its seconds: in a short one, as many as can be opened.</summary>
    public static int ConnectionsIn(double seconds) => seconds < 30 ? MostConnections / 10 : MostConnections;

    /// <summary>Attacks, and says what it was answered.</summary>
    public static async Task RunAsync(string http, string grpc, string kind, double seconds)
    {
        using var attacks = new Attacks(new(http), new(grpc), TimeSpan.FromSeconds(seconds));
        await (kind switch
        {
            nameof(Huge) => attacks.Huge(),
            nameof(Slow) => attacks.Slow(),
            nameof(Malformed) => attacks.Malformed(),
            nameof(Replayed) => attacks.Replayed(),
            _ => attacks.Connections(),
        });
        Console.WriteLine(JsonSerializer.Serialize(attacks.answers.ToDictionary()));
    }

    /// <summary>Bodies, heads and messages without end.</summary>
    private Task Huge()
    {
        byte[] chunk = [.. Encoding.ASCII.GetBytes("10000\r\n"), .. new byte[1 << 16], .. "\r\n"u8];
        string tokens = string.Join(',', Enumerable.Repeat("""{"id":"huge","token":[1,2,3]}""", 20_000));
        string numbers = string.Join(',', Enumerable.Repeat("1", 200_000));
        var message = new StepRequest { Ids = { "huge" } };
        message.Values.AddRange(Enumerable.Repeat(1f, 2 << 20));
        return AllAsync((turn, random) => (turn % 6) switch
        {
            0 => RawAsync(Head("POST", ServerHost.Prefix, "Content-Length: 1000000000") + "{\"tokens\":["),
            1 => EndlessAsync(chunk),
            2 => RawAsync(Post(ServerHost.Prefix, $$"""{"tokens":[{{tokens}}]}""")),
            3 => RawAsync(Head("GET", $"{ServerHost.Prefix}/a", "X-Huge: " + new string('x', 1 << 16))),
            4 => RawAsync(turn % 12 == 4 ? Head("GET", $"{ServerHost.Prefix}/{new string('x', 1 << 15)}")
                : Post($"{ServerHost.Prefix}/huge", $$"""{"token":[{{numbers}}]}""")),
            _ => CallAsync(message),
        });
    }

    /// <summary>Heads and bodies that come byte by byte, bodies that stop before their end, and answers that nobody reads.</summary>
    private async Task Slow()
    {
        byte[] body = new byte[MaxBody - SlowBytes - 1];
        body.AsSpan().Fill((byte)' ');
        string batch = Post(ServerHost.Prefix, $$"""
            {"tokens":[{{string.Join(',', Enumerable.Repeat("""{"id":"silent","token":[1,2,3]}""", 4096))}}]}
            """);
        await Task.WhenAll(
        [
            .. Enumerable.Range(0, SlowHeads).Select(i => AgainAsync(
                (double)i / SlowHeads, connection => TrickleAsync(
                    connection, Head("POST", $"{ServerHost.Prefix}/slow", "Content-Length: 99") + "{"))),
            .. Enumerable.Range(0, SlowBodies).Select(i => AgainAsync((double)i / SlowBodies, async connection =>
            {
                await connection.TrySendAsync(Head("POST", $"{ServerHost.Prefix}/slow", $"Content-Length: {MaxBody - 1}"));
                await connection.TrySendAsync(body);
                await TrickleAsync(connection, new string(' ', SlowBytes));
            })),
            .. Enumerable.Range(0, SilentReaders).Select(i => AgainAsync((double)i / SilentReaders, async connection =>
            {
                // Until the server, whose answers nobody takes, reads no more.
                while (!ended.IsCancellationRequested && await connection.TrySendAsync(batch).WaitAsync(Left()))
                {
                }
            })),
        ]);
    }

    /// <summary>What is not HTTP, not JSON, not a token, or not quite.</summary>
    private Task Malformed()
    {
        string prefix = ServerHost.Prefix, good = """{"tokens":[{"id":"bad","sequence":0,"token":[1,-2.5e3,0]}]}""";
        string[] requests =
        [
            "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", $"GET {prefix} HTTP/9.9\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Head("GET", $"{prefix}/%00"), Head("GET", $"{prefix}/%FF%FE"),
            Head("GET", $"{prefix}/../../etc/passwd"), Head("GET", $"{prefix}/a%2Fb/../c/."), Head("BREW", $"{prefix}/a"),
            Head("PUT", $"{prefix}/a", "Content-Length: 0"), Head("DELETE", $"{prefix}/nobody"), Head("GET", $"{prefix}/nobody"),
            Head("POST", prefix, "Transfer-Encoding: chunked") + "zz\r\n", Head("POST", prefix, "Content-Length: -1"),
            Head("POST", prefix, "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n",
            Head("POST", prefix, "Content-Length: 4", "Content-Length: 5") + "{}   ",
            Head("POST", $"{prefix}/a").Replace("application/json", "text/plain", StringComparison.Ordinal),
            Post($"{prefix}/a", """{"token":[1,2]}"""), Post($"{prefix}/a", """{"token":[1e400,2,3]}"""),
            Post($"{prefix}/a", """{"token":[1,null,3]}"""), Post($"{prefix}/a", """{"\ud800":1}"""), Post($"{prefix}/a", ""),
            Post($"{prefix}/a", """{"sequence":9223372036854775807,"token":[1,2,3]}"""), Post(prefix, new string('[', 100_000)),
            Post(prefix, good.Replace("bad", new string('é', 200), StringComparison.Ordinal)),
        ];
        return AllAsync((turn, random) => RawAsync(
            turn % 2 == 0 ? requests[turn / 2 % requests.Length] : Post(prefix, Mutated(good, random))));
    }

    /// <summary>A batch that was read before, again and again.</summary>
    private async Task Replayed()
    {
        using var client = new HttpClient { BaseAddress = http };
        string Tokens(long sequence) => string.Join(',', Enumerable.Range(0, 32).Select(
            i => string.Create(CultureInfo.InvariantCulture, $$"""{"id":"replayed-{{i}}","sequence":{{sequence}},"token":[1,2,3]}""")));
        string body = $$"""{"tokens":[{{Tokens(1)}},{{Tokens(2)}}]}""";
        await StepAsync();
        await AllAsync(async (_, _) =>
        {
            foreach (string status in await StepAsync())
            {
                Count(status);
            }
            return null;
        });

        async Task<string[]> StepAsync()
        {
            using HttpResponseMessage response = await client.PostAsync(
                ServerHost.Prefix, new StringContent(body, Encoding.UTF8, "application/json"));
            using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            return json.RootElement.TryGetProperty("results", out JsonElement results)
                ? [.. results.EnumerateArray().Select(static r => r.GetProperty("status").GetString()!)]
                : [((int)response.StatusCode).ToString(CultureInfo.InvariantCulture)];
        }
    }

    /// <summary>Connections on which nothing comes, or half a head.</summary>
    public Task Connections() => Task.WhenAll(Enumerable.Range(0, ConnectionsIn(time.TotalSeconds)).Select(i => AgainAsync(
        0, connection => i % 2 == 0 ? Task.CompletedTask : connection.TrySendAsync(Head("POST", $"{ServerHost.Prefix}/a")[..20]))));

    private static string Head(string method, string path, params string[] headers) =>
        $"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        + $"{string.Concat(headers.Select(static h => h + "\r\n"))}\r\n";

    private static string Post(string path, string body) =>
        Head("POST", path, $"Content-Length: {Encoding.UTF8.GetByteCount(body)}") + Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(body));

    private static string Mutated(string text, Random random)
    {
        var changed = new StringBuilder(text);
        for (int change = random.Next(1, 5); change > 0; change--)
        {
            int at = random.Next(changed.Length);
            _ = random.Next(3) switch
            {
                0 => changed.Insert(at, (char)random.Next(128)),
                1 => changed.Remove(at, 1),
                _ => changed.Insert(at, text[random.Next(text.Length)..]),
            };
        }
        return changed.ToString();
    }

    /// <summary>Several attackers, each with a request after the other, about fifty a second.</summary>
    private Task AllAsync(Func<int, Random, Task<string?>> attack) => Task.WhenAll(Enumerable.Range(0, Attackers).Select(i => Task.Run(
        async () =>
        {
            var random = new Random(i);
            for (int turn = i; !ended.IsCancellationRequested; turn++)
            {
                if (await attack(turn, random) is { } answer)
                {
                    Count(answer);
                }
                await Task.Delay(20);
            }
        })));

    /// <summary>Opens a connection, does something with it, and waits for its end; again and again.</summary>
    /// <param name="phase">When it begins in the first quarter of the time: these clients are slow, and no flood.</param>
    /// <param name="attack">What it does.</param>
    private async Task AgainAsync(double phase, Func<RawConnection, Task> attack)
    {
        await Task.Delay(phase * time / 4);
        while (!ended.IsCancellationRequested)
        {
            try
            {
                using RawConnection connection = await RawConnection.OpenAsync(http);
                await attack(connection);
                while (!connection.HasAnswer && !ended.IsCancellationRequested)
                {
                    await Task.Delay(500);
                }
                Count(connection.HasAnswer ? await connection.StatusAsync() : "waiting");
            }
            catch (TimeoutException)
            {
                Count("waiting");
            }
            catch (SocketException)
            {
                Count("closed");
            }
            await Task.Delay(AgainMilliseconds);
        }
    }

    private async Task TrickleAsync(RawConnection connection, string text)
    {
        for (int i = 0; i < text.Length && !connection.HasAnswer && !ended.IsCancellationRequested; i++)
        {
            await connection.TrySendAsync(text[i..(i + 1)]);
            await Task.Delay(1000);
        }
    }

    private async Task<string?> RawAsync(string request)
    {
        using RawConnection connection = await RawConnection.OpenAsync(http);
        await connection.TrySendAsync(request);
        return await connection.StatusAsync();
    }

    private async Task<string?> EndlessAsync(byte[] chunk)
    {
        using RawConnection connection = await RawConnection.OpenAsync(http);
        await connection.TrySendAsync(Head("POST", ServerHost.Prefix, "Transfer-Encoding: chunked"));
        while (!connection.HasAnswer && await connection.TrySendAsync(chunk))
        {
        }
        return await connection.StatusAsync();
    }

    private async Task<string?> CallAsync(StepRequest message)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(grpc);
        try
        {
            // At times the client library never ends the writing of a message whose connection the server has closed.
            using AsyncDuplexStreamingCall<StepRequest, StepReply> call = new Streams.StreamsClient(channel).Step(
                deadline: DateTime.UtcNow.AddSeconds(CallSeconds));
            await call.RequestStream.WriteAsync(message).WaitAsync(TimeSpan.FromSeconds(CallSeconds));
            await call.ResponseStream.MoveNext(default).WaitAsync(TimeSpan.FromSeconds(CallSeconds));
            return "answered";
        }
        catch (TimeoutException)
        {
            return "closed";
        }
        catch (RpcException e)
        {
            return e.StatusCode == StatusCode.ResourceExhausted ? e.StatusCode.ToString() : "closed";
        }
    }

    private TimeSpan Left()
    {
        TimeSpan left = time - Stopwatch.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Count(string answer) => answers.AddOrUpdate(answer, 1, static (_, count) => count + 1);
}
