using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AarenGen.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace AarenGen.Benchmarks;

/// <summary>What a client found.</summary>
/// <param name="TokensPerSecond">Tokens that were answered.</param>
/// <param name="Median">Milliseconds of a request.</param>
/// <param name="P99">Of a hundred requests the slowest but one.</param>
/// <param name="P999">Of a thousand.</param>
/// <param name="Max">The slowest.</param>
/// <param name="First">The outputs of tokens that were sent before the load, to be compared.</param>
internal sealed record HttpFigures(double TokensPerSecond, double Median, double P99, double P999, double Max, float[] First);

/// <summary>
/// A client in a process of its own: requests one after the other on several connections, or at random times whatever the answers, each of
/// which counts from when it was due.
/// </summary>
internal static class HttpLoad
{
    public const string Batches = "batches", Grpc = "grpc";

    private const int BatchTokens = 256, Connections = 8, Calls = 4, Window = 32, MaxOpen = 4096, ComparedTokens = 4;

    /// <param name="url">The host.</param>
    /// <param name="kind"><see cref="Batches"/> or <see cref="Grpc"/>.</param>
    /// <param name="streams">Streams that take turns.</param>
    /// <param name="warmUp">
    /// Seconds of the highest load before: until the runtime has compiled what is used here, in this process and in the host.
    /// </param>
    /// <param name="seconds">How long.</param>
    /// <param name="tokensPerSecond">The load; 0: as high as it gets.</param>
    public static async Task RunAsync(string url, string kind, int streams, double warmUp, double seconds, double tokensPerSecond)
    {
        // They live as long as the process: the collector moves them before anything is measured, and not meanwhile.
        StepRequest[][] requests = kind == Grpc ? RequestsOf(streams) : [];
        HttpFigures warm = await LoadAsync(warmUp, 0);
        GC.Collect();
        GC.Collect();
        HttpFigures figures = await LoadAsync(seconds, tokensPerSecond);
        // States go on, so that only the first outputs are those of new streams.
        Console.WriteLine(JsonSerializer.Serialize(figures with { First = warm.First }));

        Task<HttpFigures> LoadAsync(double seconds, double tokensPerSecond) => kind == Batches
            ? BatchesAsync(url, streams, TimeSpan.FromSeconds(seconds), tokensPerSecond)
            : GrpcAsync(url, requests, TimeSpan.FromSeconds(seconds), tokensPerSecond);
    }

    private static async Task<HttpFigures> BatchesAsync(string url, int streams, TimeSpan time, double tokensPerSecond)
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 256, UseProxy = false };
        using var client = new HttpClient(handler) { BaseAddress = new(url) };
        byte[][] different =
            [.. SensorBatch.All(streams, BatchTokens, seed: 0).Where(static b => b.Streams.Length == BatchTokens).Select(BodyOf)];
        var bodies = new ConcurrentQueue<byte[]>(Enumerable.Range(0, MaxOpen).Select(i => different[i % different.Length]));
        // Streams of their own, each with tokens that differ: outputs are the same only where states were kept.
        var compared = new SensorBatch([.. Enumerable.Range(streams, BatchTokens)]);
        var first = new List<float>();
        for (int sequence = 1; sequence <= ComparedTokens; sequence++)
        {
            compared.SetTokens(sequence);
            first.AddRange(OutputsOf(await PostAsync(BodyOf(compared))));
        }
        var taken = new ConcurrentBag<double>();
        long started = Stopwatch.GetTimestamp(), tokens = 0;
        if (tokensPerSecond == 0)
        {
            await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
            {
                while (Stopwatch.GetElapsedTime(started) < time && bodies.TryDequeue(out byte[]? body))
                {
                    await SendAsync(body, Stopwatch.GetTimestamp());
                }
            })));
        }
        else
        {
            var open = new ConcurrentDictionary<Task, bool>();
            await AtRandomTimes(seed: 0, time, BatchTokens / tokensPerSecond, (due, _) =>
            {
                if (!bodies.TryDequeue(out byte[]? body))
                {
                    throw new InvalidDataException("The host does not keep up with the load.");
                }
                Task sent = SendAsync(body, due);
                open[sent] = true;
                sent.ContinueWith(t => open.TryRemove(t, out _), TaskContinuationOptions.OnlyOnRanToCompletion);
                return Task.CompletedTask;
            });
            await Task.WhenAll(open.Keys);
        }
        return Figures(taken, tokens / Stopwatch.GetElapsedTime(started).TotalSeconds, [.. first]);

        async Task SendAsync(byte[] body, long due)
        {
            byte[] answer = await PostAsync(body);
            taken.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
            // Each token has its output.
            if (answer.AsSpan().Count("\"accepted\""u8) != BatchTokens)
            {
                throw new InvalidDataException("A token was not accepted: " + Encoding.UTF8.GetString(answer)[..200]);
            }
            Interlocked.Add(ref tokens, BatchTokens);
            bodies.Enqueue(body);
        }

        async Task<byte[]> PostAsync(byte[] body)
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using HttpResponseMessage response = await client.PostAsync(HttpHost.Path, content);
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadAsByteArrayAsync();
        }
    }

    private static async Task<HttpFigures> GrpcAsync(string url, StepRequest[][] requests, TimeSpan time, double tokensPerSecond)
    {
        var taken = new ConcurrentBag<double>();
        float[] first = [];
        var buffered = new WriteOptions(WriteFlags.BufferHint);
        using GrpcChannel channel = GrpcChannel.ForAddress(url, new() { HttpHandler = new SocketsHttpHandler { UseProxy = false } });
        await channel.ConnectAsync();
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Calls).Select(c => Task.Run(async () =>
        {
            using AsyncDuplexStreamingCall<StepRequest, StepReply> call = new Streams.StreamsClient(channel).Step();
            var sent = new ConcurrentQueue<long>();
            using var window = new SemaphoreSlim(tokensPerSecond == 0 ? Window : MaxOpen);
            Task reading = Task.Run(async () =>
            {
                await foreach (StepReply reply in call.ResponseStream.ReadAllAsync())
                {
                    sent.TryDequeue(out long due);
                    taken.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
                    window.Release();
                    if (reply.Statuses is not [V1.Status.Accepted])
                    {
                        throw new InvalidDataException("A token was not accepted: " + reply);
                    }
                    if (c == 0 && first.Length == 0)
                    {
                        first = [.. reply.Outputs];
                    }
                }
            });
            int next = 0;
            if (tokensPerSecond == 0)
            {
                while (Stopwatch.GetElapsedTime(started) < time)
                {
                    await window.WaitAsync();
                    await SendAsync(Stopwatch.GetTimestamp(), more: window.CurrentCount > 0);
                }
            }
            else
            {
                await AtRandomTimes(seed: c, time, Calls / tokensPerSecond, async (due, more) =>
                {
                    await window.WaitAsync();
                    await SendAsync(due, more);
                });
            }
            await call.RequestStream.CompleteAsync();
            await reading;

            // As a gateway would: what is due is sent together, each token a message.
            Task SendAsync(long due, bool more)
            {
                sent.Enqueue(due);
                call.RequestStream.WriteOptions = more ? buffered : WriteOptions.Default;
                return call.RequestStream.WriteAsync(requests[c][next++ % requests[c].Length]);
            }
        })));
        return Figures(taken, taken.Count / Stopwatch.GetElapsedTime(started).TotalSeconds, first);
    }

    /// <summary>Does something at exponentially distributed times; a thread sleeps between, to a millisecond.</summary>
    /// <param name="seed">Of the times.</param>
    /// <param name="time">How long.</param>
    /// <param name="meanSeconds">Between two times.</param>
    /// <param name="act">Is told when it was due, and whether the next is due already.</param>
    private static Task AtRandomTimes(int seed, TimeSpan time, double meanSeconds, Func<long, bool, Task> act)
    {
        var done = new TaskCompletionSource();
        var thread = new Thread(() =>
        {
            try
            {
                var random = new Random(seed);
                long started = Stopwatch.GetTimestamp();
                double due = started + Pause();
                while (Stopwatch.GetElapsedTime(started) < time)
                {
                    while (Stopwatch.GetTimestamp() < due)
                    {
                        Thread.Sleep(1);
                    }
                    double next = due + Pause();
                    act((long)due, next <= Stopwatch.GetTimestamp()).GetAwaiter().GetResult();
                    due = next;
                }
                done.SetResult();

                double Pause() => -Math.Log(1 - random.NextDouble()) * meanSeconds * Stopwatch.Frequency;
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        thread.Start();
        return done.Task;
    }

    private static HttpFigures Figures(ConcurrentBag<double> taken, double tokensPerSecond, float[] first)
    {
        double[] all = [.. taken];
        return new(
            tokensPerSecond, Statistics.Median(all), Statistics.Quantile(all, .99), Statistics.Quantile(all, .999), all.Max(), first);
    }

    private static byte[] BodyOf(SensorBatch batch)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("tokens");
            for (int i = 0; i < batch.Streams.Length; i++)
            {
                json.WriteStartObject();
                json.WriteString("id", SensorFleet.Id(batch.Streams[i]));
                json.WriteStartArray("token");
                foreach (float value in batch.Tokens.Slice(i * SensorFleet.InputWidth, SensorFleet.InputWidth))
                {
                    json.WriteNumberValue(value);
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static float[] OutputsOf(byte[] answer)
    {
        using var json = JsonDocument.Parse(answer);
        return [.. json.RootElement.GetProperty("results").EnumerateArray()
            .SelectMany(static r => r.GetProperty("output").EnumerateArray()).Select(static v => v.GetSingle())];
    }

    /// <summary>The requests of each call, in turns one of each of its streams.</summary>
    private static StepRequest[][] RequestsOf(int streams) =>
    [
        .. Enumerable.Range(0, Calls).Select(
            c => (StepRequest[])[.. Enumerable.Range(0, streams / Calls).Select(i => RequestOf(i * Calls + c))]),
    ];

    private static StepRequest RequestOf(int stream)
    {
        float[] token = new float[SensorFleet.InputWidth];
        SensorFleet.Token(stream, 1, token);
        return new() { Ids = { SensorFleet.Id(stream) }, Values = { token } };
    }
}
